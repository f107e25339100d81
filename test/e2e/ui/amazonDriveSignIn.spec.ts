import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { signInHost } from '../harness/chromium';
import { allowAccount, signInPage } from '../harness/driveSignIn';
import type { EditorWindow } from '../harness/editorWindow';
import { driveRemote } from '../harness/session';
import { withEditor } from '../harness/withEditor';

const ANNA = 'anna@example.com';
const signInRow = /is not signed in|Nobody is signed in/;

/** Something else that has the port which the browser would come back to. */
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
  await window.clickUntil(window.treeRow(signInRow), window.page.locator('.monaco-dialog-box'));
  await allowAccount(window);
}

async function signOut(window: EditorWindow): Promise<void> {
  await window.runCommand('Cloud Remotes: Sign Out');
  await window.quickPick(ANNA);
  await window.treeRow(signInRow).waitFor();
}

withEditor(
  'signing in to Amazon Drive when the browser can not come back by itself',
  {
    drive: true,
    settingsFor: ({ drive }) => ({ 'cloudRemotes.remotes': [driveRemote(drive, 'drive', signInHost)] }),
    prepareDrive: (drive) => drive.drive(ANNA).putFile('hello.txt', 'hello\n'),
  },
  (step) => {
    step('a remote that nobody is signed in for says so in its row', async ({ window, drive }) => {
      await window.showRemotes();
      assert.equal(drive.requests.length, 0, 'nothing is asked before the remote is opened');
      await window.expand('drive');
      await window.treeRow(signInRow).waitFor();
    });

    step('with the port taken, the editor itself can bring the answer', async ({ window }) => {
      await occupyPort();
      await startSignIn(window);
      const page = await signInPage(window, ANNA, () =>
        window.answerNotification(/Port 53682 of this machine is taken/, 'Through the Editor'),
      );
      await window.treeLabel('hello.txt').waitFor();
      await page.close();
      await signOut(window);
    });

    step('the address at which the browser ended can be pasted', async ({ window }) => {
      await startSignIn(window);
      const page = await signInPage(window, ANNA, () =>
        window.answerNotification(/Port 53682/, 'Paste the Address'),
      );
      await page.waitForURL(/^http:\/\/127\.0\.0\.1:53682\//);
      const address = page.url();
      await page.close();
      await window.expectQuick(/paste the address of that page/);
      await window.quickInput().fill(address.replace(/state=[^&]+/, 'state=of-somebody-else'));
      await window.expectQuick(/answer to another sign-in/);
      await window.quickType(address);
      await window.treeLabel('hello.txt').waitFor();
      await signOut(window);
    });

    step('the token that rclone authorize printed can be pasted', async ({ window, drive }) => {
      await startSignIn(window);
      await window.answerNotification(/Port 53682/, 'Paste a Token');
      await window.expectQuick(/rclone authorize/);
      assert.equal(await window.quickInput().getAttribute('type'), 'password');
      await window.quickInput().fill('no token at all');
      await window.expectQuick(/no token as rclone prints it/);
      const token = drive.issueToken(ANNA, ['clouddrive:read_all', 'clouddrive:write', 'profile']);
      const printed = `Paste the following into your remote machine ---> ${JSON.stringify(token)} <---End paste`;
      await window.quickType(printed);
      await window.treeLabel('hello.txt').waitFor();
    });

    step('who is signed in stays so over a reload of the window', async ({ window, drive }) => {
      await window.reload();
      await window.showRemotes();
      drive.clearRequests();
      await window.runCommand('Cloud Remotes: Refresh All');
      await window.expand('drive');
      await window.treeLabel('hello.txt').waitFor();
      assert.ok(drive.requests.length > 0 && drive.requests.every(({ status }) => status < 300));
    });

    step('nothing listens any more when nobody signs in', async () => {
      await new Promise((resolve) => occupant?.close(resolve));
      occupant = undefined;
      // Nothing of the extension listens when nobody signs in.
      await assert.rejects(fetch('http://127.0.0.1:53682/'));
    });
  },
);
