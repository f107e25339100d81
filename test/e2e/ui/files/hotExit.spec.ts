import assert from 'node:assert/strict';
import path from 'node:path';
import { globSync } from '../../../tools/glob.mjs';
import type { EditorSession } from '../../harness/session';
import type { EditorWindow } from '../../harness/window/editorWindow';
import { until } from '../../harness/window/eventually';
import { withEditor } from '../../harness/withEditor';

const names = ['one.txt', 'two.txt', 'three.txt'];

async function edit(window: EditorWindow, name: string): Promise<void> {
  await window.editors.keepOpen(window.tree.label(name), name);
  await window.editors.typeAtEnd(`mine ${name}`);
  await window.editors.dirty(name).waitFor();
}

/** Reloads after the editor has stored `unsaved` texts of remote files. */
async function reload({ window, editor }: EditorSession, unsaved: number): Promise<void> {
  const backups = path.join(editor.dataFolder, 'data', 'User', 'Backups');
  await until(`${unsaved} unsaved texts are kept`, () => {
    const kept = globSync(backups, /[\\/]cloudremotes[\\/]/);
    return kept.length === unsaved;
  });
  await window.reload();
  // Before the extension is active, the editor offers to save elsewhere.
  await window.messages.status('demo: unsaved').waitFor();
}

withEditor(
  'unsaved files and a reload of the window',
  {
    settings: { 'cloudRemotes.watchInterval': 0 },
    prepare: ({ store }) => {
      store.createBucket('site');
      for (const name of [...names, 'theirs.txt']) store.put('site', name, 'first\n');
    },
  },
  (step) => {
    step('all of them can be saved afterwards', async (session) => {
      const { window, s3 } = session;
      await window.showRemotes();
      await window.tree.expand('demo', 'site');
      for (const name of [...names, 'theirs.txt']) await edit(window, name);
      await reload(session, names.length + 1);
      for (const name of names) {
        await window.editors.show(name);
        await window.editors.dirty(name).waitFor();
        await window.editors.save();
        assert.equal(s3.store.get('site', name)?.text, `first\nmine ${name}`, name);
      }
    });

    step('a file that somebody changed is a conflict, and Overwrite saves it', async ({ window, s3 }) => {
      s3.store.put('site', 'theirs.txt', 'theirs, of another size\n');
      await window.editors.show('theirs.txt');
      await window.editors.dirty('theirs.txt').waitFor();
      await window.editors.save(false);
      await window.messages.answer(/theirs\.txt was changed on demo/, 'Overwrite', () =>
        window.editors.dirty('theirs.txt').isHidden(),
      );
      assert.equal(s3.store.get('site', 'theirs.txt')?.text, 'first\nmine theirs.txt');
    });
  },
);
