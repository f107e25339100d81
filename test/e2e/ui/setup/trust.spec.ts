import assert from 'node:assert/strict';
import { withEditor } from '../../harness/withEditor';

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
      await window.messages.status(/Restricted Mode/).waitFor();
      await window.showRemotes();
      await window.tree.expand('demo', 'box');
      await window.editors.keepOpen(window.tree.label('a.txt'), 'a.txt');
      await window.editors.typeAtEnd('more');
      await window.editors.save();
      assert.equal(s3.store.get('box', 'a.txt')?.text, 'alpha\nmore');
      await window.screenshot('untrusted');
    });

    step('its syncs are ignored', async ({ window }) => {
      await window.palette.run(
        'Cloud Remotes: Run Saved Sync',
        window.messages.toast(/No sync is saved yet/),
      );
      await window.messages.clear();
    });

    step('after it is trusted, its syncs are available', async ({ window }) => {
      const restricted = window.messages.status(/Restricted Mode/);
      const trust = window.page.getByRole('button', { name: /^Trust$/ });
      await window.click(restricted, trust);
      await window.click(trust, () => restricted.isHidden());
      await window.palette.run('Cloud Remotes: Run Saved Sync', window.quick.saying(/lure/));
      await window.quick.dismiss();
    });
  },
);
