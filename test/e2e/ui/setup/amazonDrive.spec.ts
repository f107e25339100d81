import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { signInHost } from '../../harness/chromium';
import type { EditorSession } from '../../harness/session';
import { allowAccount, answerDriveWizard, signInPage } from '../../harness/window/driveSignIn';
import type { EditorWindow } from '../../harness/window/editorWindow';
import { CLICK_MS, eventually } from '../../harness/window/eventually';
import { currentPreview, openPreview } from '../../harness/window/previewPage';
import { withEditor } from '../../harness/withEditor';

const ANNA = 'anna@example.com';
const BEN = 'ben@example.com';

function addressesOf({ drive }: EditorSession) {
  return {
    endpoint: drive.endpoint,
    authUrl: drive.authUrl.replace('127.0.0.1', signInHost),
    tokenUrl: drive.tokenUrl,
  };
}

function machineSettings({ editor }: EditorSession): string {
  return readFileSync(editor.machineSettingsFile, 'utf8');
}

/** The names in the Accounts menu. */
async function accountsMenu(window: EditorWindow): Promise<string> {
  const accounts = window.page.locator('.activitybar').getByRole('button', { name: 'Accounts' });
  await window.menu.open(() => accounts.click({ timeout: CLICK_MS }));
  const text = await window.menu.text();
  await window.menu.close();
  return text;
}

withEditor(
  'Amazon Drive',
  {
    drive: true,
    settings: { 'cloudRemotes.remotes': [], 'cloudRemotes.changesInterval': 1 },
    workspaceName: 'site',
    files: { 'index.html': '<p>new</p>\n', 'css/main.css': 'body {}\n' },
    prepareDrive: (drive) => {
      const anna = drive.drive(ANNA);
      anna.putFile('site/index.html', '<p>old page</p>\n');
      anna.putFile('site/only-there.txt', 'only on the drive\n');
      anna.putFile('notes.txt', 'first note\n');
      for (let n = 0; n < 450; n++) anna.putFile(`many/letter ${String(n).padStart(3, '0')}.txt`, `${n}\n`);
      drive.drive(BEN).putFile('bens.txt', 'of Ben\n');
    },
  },
  (step) => {
    step('the wizard says that Amazon closed the service and asks for a compatible one', async (session) => {
      const { window } = session;
      await window.showRemotes();
      await window.palette.run('Cloud Remotes: Add Remote', window.quick.option(/Amazon Drive/));
      await window.quick.pick(/Amazon Drive/);
      await window.quick.expect(/Amazon closed Amazon Drive at the end of 2023/);
      await answerDriveWizard(window, { ...addressesOf(session), clientId: session.drive.publicClientId });
    });

    step('a denied sign-in offers the other methods', async (session) => {
      const { window } = session;
      const page = await signInPage(window, 'deny', async () => {
        await window.quick.pick(/Sign In…/);
        await allowAccount(window);
      });
      const toast = await window.messages.notification(/not signed in to Amazon Drive/);
      await page.close();
      assert.match((await toast.textContent()) ?? '', /Try another way\?/);
      await toast.getByRole('button', { name: /paste/i }).first().waitFor();
      await window.messages.clear();
    });

    step('the browser returns after the sign-in, and the test passes', async (session) => {
      const { window } = session;
      await window.quick.expectPlaceholder(/Whose drive is it/);
      const page = await signInPage(window, ANNA, async () => {
        await window.quick.pick(/Sign In…/);
        await allowAccount(window);
      });
      await window.quick.expect(/folder to start at/);
      assert.match((await page.locator('body').textContent()) ?? '', /signed in|close this/i);
      await page.close();
      await window.quick.answer('');
      await window.quick.answerTo(/The name of the remote/, 'drive');
      await window.quick.pick(/Save(?! Anyway)/);
      await window.tree.label('drive').waitFor();
      const saved = machineSettings(session);
      assert.match(saved, /"account": "anna@example\.com"/);
      assert.doesNotMatch(saved, /Atz[ar]|access_token|refresh/);
      await eventually(async () =>
        assert.match(await accountsMenu(window), /anna@example\.com \(Amazon Drive\)/),
      );
    });

    step('the drive is listed page by page, with files at its root', async ({ window }) => {
      await window.tree.expand('drive', 'many');
      const more = window.tree.row(/^Load more, 200 shown/);
      await window.tree.select(window.tree.label('letter 000.txt'));
      await window.tree.press('End', more);
      await window.click(more, window.tree.label('letter 200.txt'));
      await window.tree.press('End', window.tree.row(/^Load more, 400 shown/));
      await window.tree.press('Home', window.tree.label('many'));
      await window.tree.collapse(window.tree.label('many'));
      await window.editors.keepOpen(window.tree.label('notes.txt'), 'notes.txt');
      await window.editors.shows(/first note/);
    });

    step('a file is edited and saved', async ({ window, drive }) => {
      await window.editors.typeAtEnd('second note\n');
      await window.editors.save();
      assert.equal(drive.drive(ANNA).read('notes.txt').toString(), 'first note\nsecond note\n');
    });

    step('a save never overwrites a change by somebody else', async ({ window, drive }) => {
      await window.editors.typeAtEnd('mine\n');
      drive.drive(ANNA).putFile('notes.txt', 'theirs\n');
      await window.editors.save(false);
      const sides = window.page.locator('.monaco-diff-editor');
      await window.messages.answer(/notes\.txt was changed on drive/, 'Compare', sides);
      await sides.locator('.original .view-lines').filter({ hasText: 'theirs' }).waitFor();
      await sides.locator('.modified .view-lines').filter({ hasText: 'mine' }).waitFor();
      assert.equal(drive.drive(ANNA).read('notes.txt').toString(), 'theirs\n');
      await window.messages.clear();
      await window.editors.closeAll();
    });

    step('changes by others appear by themselves', async ({ window, drive }) => {
      drive.drive(ANNA).putFile('from a phone.txt', 'hello\n');
      await window.tree.label('from a phone.txt').waitFor();
    });

    step('the workspace is synced with a preview, deletes apart', async ({ window, drive }) => {
      const page = await openPreview(
        window,
        'Cloud Remotes: Sync Workspace to Remote',
        /site$/,
        'Sync to This Folder',
      );
      await page.button(/^Apply 2 changes/).waitFor();
      await page.apply();
      const anna = drive.drive(ANNA);
      assert.equal(anna.read('site/index.html').toString(), '<p>new</p>\n');
      assert.equal(anna.read('site/css/main.css').toString(), 'body {}\n');
      assert.equal(anna.read('site/only-there.txt').toString(), 'only on the drive\n');
      assert.ok(await currentPreview(window));
    });

    step('deleted files go to the trash and can be restored', async ({ window, drive }) => {
      await window.showRemotes();
      await window.menu.take(window.tree.label('notes.txt'), 'Delete', window.messages.box());
      await window.messages.answerDialog(/Delete drive:notes\.txt/, 'Delete');
      await window.tree.label('notes.txt').waitFor({ state: 'detached' });
      assert.equal(drive.drive(ANNA).node('notes.txt'), undefined);
      await window.tree.expand('Trash');
      const row = window.tree.row(/^notes\.txt, file in the trash/);
      await row.waitFor();
      await window.menu.take(row, 'Restore', window.tree.row(/^notes\.txt, file, /));
      assert.equal(drive.drive(ANNA).read('notes.txt').toString(), 'theirs\n');
    });

    step('an expired token is renewed silently', async ({ window, drive }) => {
      drive.expireAccessTokens(ANNA);
      drive.clearRequests();
      await window.palette.run('Cloud Remotes: Refresh All', () => drive.requests.length > 0);
      await window.tree.label('notes.txt').waitFor();
      await window.tree.expand('site');
      await window.tree.label('only-there.txt').waitFor();
    });

    step('a revoked sign-in becomes a row that signs in again', async ({ window, drive }) => {
      drive.revoke(ANNA);
      const row = window.tree.row(/expired or was revoked/);
      await window.palette.run('Cloud Remotes: Refresh All', row);
      assert.match((await row.textContent()) ?? '', /Sign-in expired/);
      const page = await signInPage(window, ANNA, async () => {
        await window.click(row, window.messages.box());
        await allowAccount(window);
      });
      await window.tree.label('notes.txt').waitFor();
      await page.close();
    });

    step('a second account can be signed in', async ({ window }) => {
      const page = await signInPage(window, BEN, async () => {
        await window.menu.take(window.tree.label('drive'), 'Sign In…', window.messages.box());
        await allowAccount(window);
      });
      await window.messages.answerDialog(
        /but drive is the drive of anna@example\.com/,
        /Use ben@example\.com/,
      );
      await window.tree.label('bens.txt').waitFor();
      await page.close();
      await eventually(async () => {
        const accounts = await accountsMenu(window);
        assert.match(accounts, /anna@example\.com/);
        assert.match(accounts, /ben@example\.com/);
      });
    });

    step('after a sign-out a row says so', async ({ window }) => {
      await window.palette.run('Cloud Remotes: Sign Out', window.quick.option(/ben@example\.com/));
      await window.quick.pick(/ben@example\.com/);
      await window.tree.row(/is not signed in/).waitFor();
      await eventually(async () => assert.doesNotMatch(await accountsMenu(window), /ben@example\.com/));
    });

    step('no token is in the logs, the settings or the page', async (session) => {
      const { window, editor } = session;
      assert.doesNotMatch(machineSettings(session), /Atz[ar]/);
      assert.doesNotMatch([...editor.logs().values()].join('\n'), /Atz[ar]\|/);
      assert.doesNotMatch(window.console.join('\n'), /Atz[ar]\|/);
    });
  },
);
