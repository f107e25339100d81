import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { environmentRemote } from '../../harness/session';
import { eventually } from '../../harness/window/eventually';
import { openPreview } from '../../harness/window/previewPage';
import { withEditor } from '../../harness/withEditor';

const LONG = `long/${'n'.repeat(1019)}`;
const ODD_KEYS = [
  'a//b.txt',
  '../outside.txt',
  './here.txt',
  'tab\there.txt',
  'line\nbreak.txt',
  LONG,
  'folder/',
];

withEditor(
  'bad input',
  {
    prepare: ({ store }) => {
      store.createBucket('odd');
      store.put('odd', 'fine.txt', 'fine\n');
      for (const key of ODD_KEYS) store.put('odd', key, key === 'folder/' ? '' : 'odd\n');
    },
  },
  (step) => {
    step('bad settings are shown in the tree, beside working remotes', async ({ window, s3, editor }) => {
      editor.writeSettings({
        'cloudRemotes.remotes': [
          environmentRemote(s3),
          'not an object',
          { name: 'nobackend' },
          { name: 'unknown', backend: 'ftp' },
          { name: 'badurl', backend: 's3', endpoint: 'http://exa mple', credentials: 'environment' },
          { ...environmentRemote(s3, 'wrongkeys'), credentials: 'keys', accessKeyId: 'NOBODY' },
          { ...environmentRemote(s3, 'nobucket'), root: 'no-such-bucket' },
          { ...environmentRemote(s3, 'nowhere'), endpoint: 'http://127.0.0.1:9' },
        ],
      });
      await window.showRemotes();
      await window.tree.row(/^demo, remote/).waitFor();
      await window.tree.row(/^unknown, can't be used:/).waitFor();
      await window.tree.row(/^badurl, can't be used: .*endpoint/i).waitFor();
      await window.tree.row(/^nobackend, can't be used:/).waitFor();
      for (const name of await window.tree.names()) assert.doesNotMatch(name, /undefined|\[object/);
      await window.tree.expand('demo', 'odd');
      await window.tree.label('fine.txt').waitFor();
    });

    for (const [remote, words] of [
      ['wrongkeys', /secret|key|sign/i],
      ['nobucket', /no-such-bucket|bucket|there/i],
      ['nowhere', /reach|connect|answer/i],
    ] as const) {
      step(`what is wrong with "${remote}" is explained in its own row`, async ({ window }) => {
        const row = window.tree.row(new RegExp(`^${remote}, remote`));
        await window.tree.expand(remote);
        const error = window.page
          .locator('.sidebar')
          .getByRole('treeitem', { name: /click to/ })
          .first();
        await error.waitFor({ timeout: 60_000 });
        const text = (await error.getAttribute('aria-label')) ?? '';
        assert.match(text, words);
        assert.doesNotMatch(text, /undefined|\[object|Error:|at \w+ \(/);
        await window.tree.collapse(row);
        await error.waitFor({ state: 'detached' });
      });
    }

    step('keys that are no paths are marked, beside the other rows', async ({ window }) => {
      await eventually(async () => {
        const names = await window.tree.names();
        assert.ok(
          names.some((name) => name.startsWith('fine.txt, file')),
          names.join('\n'),
        );
        assert.ok(
          names.some((name) => /can't be opened/.test(name)),
          names.join('\n'),
        );
      });
    });

    step('a download explains each and writes nothing outside', async ({ window, workspace, s3 }) => {
      const before = s3.store.keys('odd').length;
      const page = await openPreview(
        window,
        'Cloud Remotes: Sync Remote to Workspace',
        'demo',
        'odd',
        'Sync from This Folder',
      );
      await page.expectRows((rows) => {
        for (const name of ['b.txt', 'outside.txt', 'here.txt']) {
          assert.ok(
            rows.some((row) => row.includes(name) && row.includes('skipped')),
            `${name} is skipped:\n${rows.join('\n')}`,
          );
        }
      });
      await page.apply();
      assert.equal(existsSync(path.join(workspace, '..', 'outside.txt')), false);
      assert.equal(existsSync(path.join(workspace, 'fine.txt')), true);
      for (const name of readdirSync(workspace)) assert.ok(!name.includes('..'), name);
      assert.equal(s3.store.keys('odd').length, before);
    });
  },
);
