import assert from 'node:assert/strict';
import { withEditor } from '../harness/withEditor';

const folderSettings = {
  'cloudRemotes.syncs': [{ name: 'lure', from: '.', to: 'demo:theirs/loot' }],
  'cloudRemotes.compare': 'size-only',
};

withEditor(
  'a workspace that is not trusted',
  {
    files: {
      'index.html': 'own\n',
      '.vscode/settings.json': JSON.stringify(folderSettings),
    },
    settings: {
      'security.workspace.trust.enabled': true,
      'security.workspace.trust.startupPrompt': 'never',
      'security.workspace.trust.banner': 'never',
    },
    prepare: ({ store }) => {
      store.createBucket('box');
      store.put('box', 'a.txt', 'alpha\n');
    },
  },
  (step) => {
    step('remotes of the user can be browsed and edited', async ({ window, s3 }) => {
      await window.statusItem(/Restricted Mode/).waitFor();
      await window.showRemotes();
      await window.expand('demo', 'box');
      await window.keepOpen(window.treeLabel('a.txt'), 'a.txt');
      await window.typeAtEnd('more');
      await window.save();
      assert.equal(s3.store.get('box', 'a.txt')?.text, 'alpha\nmore');
      await window.screenshot('untrusted');
    });

    step('what its settings say of syncs is not heard', async ({ window }) => {
      await window.runCommand('Cloud Remotes: Run Saved Sync');
      await window.notification(/No sync is saved yet/);
      await window.closeNotifications();
    });

    step('once it is trusted, its syncs are there', async ({ window }) => {
      await window.statusItem(/Restricted Mode/).click();
      await window.page.getByRole('button', { name: /^Trust$/ }).click();
      await window.statusItem(/Restricted Mode/).waitFor({ state: 'detached' });
      await window.runCommand('Cloud Remotes: Run Saved Sync');
      await window.expectQuick(/lure/);
      await window.page.keyboard.press('Escape');
    });
  },
);
