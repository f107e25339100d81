import assert from 'node:assert/strict';
import { withEditor } from '../harness/withEditor';

withEditor(
  'places that were chosen before',
  {
    files: { 'index.html': '<h1>Hello</h1>' },
    prepare: ({ store }) => {
      store.createBucket('logs');
      store.put('logs', 'monday.log', 'x');
      store.createBucket('site');
    },
  },
  (step) => {
    step('after a download from a place, an upload does not propose it', async ({ window }) => {
      await window.runCommand('Cloud Remotes: Sync Remote to Workspace');
      await window.expectPlaceholder(/type an address/);
      await window.quickInput().fill('demo:logs');
      await window.quickPick(/demo:logs/);
      await window.webview('body[data-page="planPreview"]');
      await window.runCommand('Cloud Remotes: Sync Workspace to Remote');
      await window.expectPlaceholder(/type an address/);
      await window.quickOption(/\bsite$/).waitFor();
      assert.equal(await window.quickOption(/demo:logs/).count(), 0);
    });

    step('a place may be typed as s3://, and is proposed for the same direction', async ({ window }) => {
      await window.quickInput().fill('s3://site/up');
      await window.quickPick(/demo:site\/up/);
      await window.tab(/demo:site\/up/).waitFor();
      await window.runCommand('Cloud Remotes: Sync Workspace to Remote');
      await window.quickOption(/demo:site\/up/).waitFor();
      assert.equal(await window.quickOption(/demo:logs/).count(), 0);
    });

    step('the list of recent places takes an address, and names what can not be one', async ({ window }) => {
      await window.quickInput().fill('nowhere:bucket');
      await window.quickOption(/no remote named "nowhere"/).waitFor();
      await window.page.keyboard.press('Enter');
      await window.quickInput().fill('demo:site/other');
      await window.quickPick(/demo:site\/other/);
      await window.tab(/demo:site\/other/).waitFor();
    });

    step(
      'an absolute folder is taken, by the list for folders of this machine as well',
      async ({ window, workspace }) => {
        await window.runCommand('Cloud Remotes: Sync Folder to Folder');
        await window.expectPlaceholder(/type an address/);
        await window.quickInput().fill(`${workspace}/`);
        await window.quickPick(new RegExp(`${workspace}.*use this folder`));
        await window.expectPlaceholder(/type an address/);
        await window.quickInput().fill('/tmp/cloud-remotes-nowhere');
        await window.quickPick(/cloud-remotes-nowhere.*use this folder/);
        await window.tab(/cloud-remotes-nowhere/).waitFor();
      },
    );
  },
);
