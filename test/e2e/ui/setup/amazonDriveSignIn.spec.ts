import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { signInHost } from '../../harness/chromium';
import { driveRemote } from '../../harness/session';
import { allowAccount, signInPage } from '../../harness/window/driveSignIn';
import type { EditorWindow } from '../../harness/window/editorWindow';
import { withEditor } from '../../harness/withEditor';

const ANNA = 'anna@example.com';
const signInRow = /is not signed in|Nobody is signed in/;

/** Another program on the port of the redirect. */
let occupant: Server | undefined;

async function occupyPort(): Promise<void> {
  const server = createServer((_, response) => response.end('Not for you.'));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(53682, '127.0.0.1', resolve);
  });
  occupant = server;
}

/** Clicks the row that asks to sign in, and lets the extension use the account. */
async function startSignIn(window: EditorWindow): Promise<void> {
  await window.click(window.tree.row(signInRow), window.messages.box());
  await allowAccount(window);
}

async function signOut(window: EditorWindow): Promise<void> {
  await window.palette.run('Cloud Remotes: Sign Out', window.quick.option(ANNA));
  await window.quick.pick(ANNA);
  await window.tree.row(signInRow).waitFor();
}

withEditor(
  'signing in to Amazon Drive when the browser can not come back by itself',
  {
    drive: true,
    settingsFor: ({ drive }) => ({ 'cloudRemotes.remotes': [driveRemote(drive, 'drive', signInHost)] }),
    prepareDrive: (drive) => drive.drive(ANNA).putFile('hello.txt', 'hello\n'),
  },
  (step) => {
    step('a remote without a sign-in says so in its row', async ({ window, drive }) => {
      await window.showRemotes();
      assert.equal(drive.requests.length, 0, 'nothing is asked before the remote is opened');
      await window.tree.expand('drive');
      await window.tree.row(signInRow).waitFor();
    });

    step('if the port is in use, the editor receives the response', async ({ window }) => {
      await occupyPort();
      await startSignIn(window);
      const page = await signInPage(window, ANNA, (asked) =>
        window.messages.answer(/Port 53682 of this machine is used/, 'Through the Editor', asked),
      );
      await window.tree.label('hello.txt').waitFor();
      await page.close();
      await signOut(window);
    });

    step('the final URL of the browser can be pasted', async ({ window }) => {
      await startSignIn(window);
      const page = await signInPage(window, ANNA, (asked) =>
        window.messages.answer(/Port 53682/, 'Paste the Address', asked),
      );
      await page.waitForURL(/^http:\/\/127\.0\.0\.1:53682\//);
      const address = page.url();
      await page.close();
      await window.quick.expect(/paste the address of that page/);
      await window.quick.input().fill(address.replace(/state=[^&]+/, 'state=of-somebody-else'));
      await window.quick.answerTo(/response to another sign-in/, address);
      await window.tree.label('hello.txt').waitFor();
      await signOut(window);
    });

    step('the token of rclone authorize can be pasted', async ({ window, drive }) => {
      await startSignIn(window);
      await window.messages.answer(/Port 53682/, 'Paste a Token', window.quick.saying(/rclone authorize/));
      assert.equal(await window.quick.input().getAttribute('type'), 'password');
      await window.quick.input().fill('no token at all');
      await window.quick.expect(/Not a token as rclone prints it/);
      const token = drive.issueToken(ANNA, ['clouddrive:read_all', 'clouddrive:write', 'profile']);
      const printed = `Paste the following into your remote machine ---> ${JSON.stringify(token)} <---End paste`;
      await window.quick.answer(printed);
      await window.tree.label('hello.txt').waitFor();
    });

    step('a sign-in survives a reload of the window', async ({ window, drive }) => {
      await window.reload();
      await window.showRemotes();
      drive.clearRequests();
      await window.palette.run('Cloud Remotes: Refresh All', window.tree.label('drive'));
      await window.tree.expand('drive');
      await window.tree.label('hello.txt').waitFor();
      assert.ok(drive.requests.length > 0 && drive.requests.every(({ status }) => status < 300));
    });

    step('nothing listens when no sign-in is running', async () => {
      await new Promise((resolve) => occupant?.close(resolve));
      occupant = undefined;
      // Nothing of the extension listens when nobody signs in.
      await assert.rejects(fetch('http://127.0.0.1:53682/'));
    });
  },
);
