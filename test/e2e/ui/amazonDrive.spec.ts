import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { signInHost } from '../harness/chromium';
import { allowAccount, answerDriveWizard, signInPage } from '../harness/driveSignIn';
import type { EditorWindow } from '../harness/editorWindow';
import { actUntil, CLICK_MS, eventually } from '../harness/eventually';
import { currentPreview, openPreview } from '../harness/previewPage';
import type { EditorSession } from '../harness/session';
import { withEditor } from '../harness/withEditor';

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
  const menu = window.page.locator('.context-view .monaco-menu');
  await actUntil(
    'opening the Accounts menu',
    async () => {
      if ((await menu.count()) === 0) await accounts.click({ timeout: CLICK_MS });
    },
    () => menu.first().isVisible(),
  );
  const text = (await menu.allTextContents()).join('\n');
  await window.closeMenu();
  return text.replaceAll('\u00a0', ' ');
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
    step('the wizard says that the service was closed, and asks for a compatible one', async (session) => {
      const { window } = session;
      await window.showRemotes();
      await window.runCommand('Cloud Remotes: Add Remote');
      await window.quickPick(/Amazon Drive/);
      await window.expectQuick(/Amazon closed Amazon Drive at the end of 2023/);
      await answerDriveWizard(window, { ...addressesOf(session), clientId: session.drive.publicClientId });
    });

    step('who denies is told so, and offered the other ways', async (session) => {
      const { window } = session;
      await signInPage(window, 'deny', async () => {
        await window.quickPick(/Sign In…/);
        await allowAccount(window);
      });
      const toast = await window.notification(/not signed in to Amazon Drive/);
      assert.match((await toast.textContent()) ?? '', /Try another way\?/);
      await toast.getByRole('button', { name: /paste/i }).first().waitFor();
      await window.closeNotifications();
    });

    step('signing in through the browser comes back by itself, and the test passes', async (session) => {
      const { window } = session;
      await window.expectPlaceholder(/Whose drive is it/);
      const page = await signInPage(window, ANNA, async () => {
        await window.quickPick(/Sign In…/);
        await allowAccount(window);
      });
      await window.expectQuick(/folder to start at/);
      assert.match((await page.locator('body').textContent()) ?? '', /signed in|close this/i);
      await page.close();
      await window.quickType('');
      await window.expectQuick(/The name of the remote/);
      await window.quickType('drive');
      await window.quickPick(/Save(?! Anyway)/);
      await window.treeLabel('drive').waitFor();
      const saved = machineSettings(session);
      assert.match(saved, /"account": "anna@example\.com"/);
      assert.doesNotMatch(saved, /Atz[ar]|access_token|refresh/);
      await eventually(async () =>
        assert.match(await accountsMenu(window), /anna@example\.com \(Amazon Drive\)/),
      );
    });

    step('the drive can be browsed page by page, and files lie right at its top', async ({ window }) => {
      await window.expand('drive', 'many');
      await window.treeLabel('letter 000.txt').click();
      await window.page.keyboard.press('End');
      await window.treeRow(/^Load more, 200 shown/).click();
      await window.treeLabel('letter 200.txt').waitFor();
      await window.page.keyboard.press('End');
      await window.treeRow(/^Load more, 400 shown/).waitFor();
      await window.page.keyboard.press('Home');
      await window.collapse(window.treeLabel('many'));
      await window.clickUntil(window.treeLabel('notes.txt'), window.tab('notes.txt'));
      await window.editorShows(/first note/);
    });

    step('a file is edited and saved', async ({ window, drive }) => {
      await window.typeAtEnd('second note\n');
      await window.save();
      assert.equal(drive.drive(ANNA).read('notes.txt').toString(), 'first note\nsecond note\n');
    });

    step('a save never overwrites what somebody else saved meanwhile', async ({ window, drive }) => {
      await window.typeAtEnd('mine\n');
      drive.drive(ANNA).putFile('notes.txt', 'theirs\n');
      await window.save(false);
      await window.answerNotification(/notes\.txt was changed on drive/, 'Compare');
      const sides = window.page.locator('.monaco-diff-editor');
      await sides.locator('.original .view-lines').filter({ hasText: 'theirs' }).waitFor();
      await sides.locator('.modified .view-lines').filter({ hasText: 'mine' }).waitFor();
      assert.equal(drive.drive(ANNA).read('notes.txt').toString(), 'theirs\n');
      await window.closeNotifications();
      await window.discardAll();
    });

    step('what others change shows up by itself', async ({ window, drive }) => {
      drive.drive(ANNA).putFile('from a phone.txt', 'hello\n');
      await window.treeLabel('from a phone.txt').waitFor({ timeout: 20_000 });
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

    step('what is deleted goes to the trash, and comes back from there', async ({ window, drive }) => {
      await window.showRemotes();
      await window.contextMenu(window.treeLabel('notes.txt'), 'Delete');
      await window.answerDialog(/Delete drive:notes\.txt/, 'Delete');
      await window.treeLabel('notes.txt').waitFor({ state: 'detached' });
      assert.equal(drive.drive(ANNA).node('notes.txt'), undefined);
      await window.expand('Trash');
      const row = window.treeRow(/^notes\.txt, file in the trash/);
      await row.waitFor();
      await window.contextMenu(row, 'Restore');
      await window.treeRow(/^notes\.txt, file, /).waitFor();
      assert.equal(drive.drive(ANNA).read('notes.txt').toString(), 'theirs\n');
    });

    step('an expired token is renewed without a word', async ({ window, drive }) => {
      drive.expireAccessTokens(ANNA);
      await window.runCommand('Cloud Remotes: Refresh All');
      await window.treeLabel('notes.txt').waitFor();
      await window.expand('site');
      await window.treeLabel('only-there.txt').waitFor();
    });

    step('a sign-in that was taken back turns into a row that signs in again', async ({ window, drive }) => {
      drive.revoke(ANNA);
      await window.runCommand('Cloud Remotes: Refresh All');
      const row = window.treeRow(/expired or was taken back/);
      await row.waitFor();
      assert.match((await row.textContent()) ?? '', /Sign-in expired/);
      const page = await signInPage(window, ANNA, async () => {
        await row.click();
        await allowAccount(window);
      });
      await window.treeLabel('notes.txt').waitFor();
      await page.close();
    });

    step('a second account is signed in beside the first', async ({ window }) => {
      const page = await signInPage(window, BEN, async () => {
        await window.contextMenu(window.treeLabel('drive'), 'Sign In…');
        await allowAccount(window);
      });
      await window.answerDialog(/but drive is the drive of anna@example\.com/, /Use ben@example\.com/);
      await window.treeLabel('bens.txt').waitFor();
      await page.close();
      await eventually(async () => {
        const accounts = await accountsMenu(window);
        assert.match(accounts, /anna@example\.com/);
        assert.match(accounts, /ben@example\.com/);
      });
    });

    step('signing out leaves a row that says so', async ({ window }) => {
      await window.runCommand('Cloud Remotes: Sign Out');
      await window.quickPick(/ben@example\.com/);
      await window.treeRow(/is not signed in/).waitFor();
      await eventually(async () => assert.doesNotMatch(await accountsMenu(window), /ben@example\.com/));
    });

    step('no token ever reached the log, the settings or the page', async (session) => {
      const { window, editor } = session;
      assert.doesNotMatch(machineSettings(session), /Atz[ar]/);
      assert.doesNotMatch([...editor.logs().values()].join('\n'), /Atz[ar]\|/);
      assert.doesNotMatch(window.console.join('\n'), /Atz[ar]\|/);
    });
  },
);
