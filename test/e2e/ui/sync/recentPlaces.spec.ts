import assert from 'node:assert/strict';
import path from 'node:path';
import type { EditorWindow } from '../../harness/window/editorWindow';
import { withEditor } from '../../harness/withEditor';

function asksForPlace(window: EditorWindow) {
  return window.quick.asking(/type an address/);
}

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
    step('a place of a download is not proposed for an upload', async ({ window }) => {
      await window.palette.run('Cloud Remotes: Sync Remote to Workspace', asksForPlace(window));
      await window.quick.input().fill('demo:logs');
      await window.quick.pick(/demo:logs/);
      await window.webviews.find('body[data-page="planPreview"]');
      await window.palette.run('Cloud Remotes: Sync Workspace to Remote', asksForPlace(window));
      await window.quick.option(/\bsite$/).waitFor();
      assert.equal(await window.quick.option(/demo:logs/).count(), 0);
    });

    step('a place can be typed as s3://, and is proposed for the same direction', async ({ window }) => {
      await window.quick.input().fill('s3://site/up');
      await window.quick.pick(/demo:site\/up/);
      await window.editors.tab(/demo:site\/up/).waitFor();
      await window.palette.run('Cloud Remotes: Sync Workspace to Remote', asksForPlace(window));
      await window.quick.option(/demo:site\/up/).waitFor();
      assert.equal(await window.quick.option(/demo:logs/).count(), 0);
    });

    step('the list of recent places accepts an address, and explains an invalid one', async ({ window }) => {
      await window.quick.input().fill('nowhere:bucket');
      await window.quick.option(/no remote named "nowhere"/).waitFor();
      await window.quick.input().press('Enter');
      await window.quick.input().fill('demo:site/other');
      await window.quick.pick(/demo:site\/other/);
      await window.editors.tab(/demo:site\/other/).waitFor();
    });

    step('absolute folders are accepted, as local folders too', async ({ window, workspace }) => {
      await window.palette.run('Cloud Remotes: Sync Folder to Folder', asksForPlace(window));
      await window.quick.input().fill(`${workspace}/`);
      await window.quick.pick(new RegExp(`${workspace}.*use this folder`));
      await window.quick.expectPlaceholder(/type an address/);
      const absent = `${workspace}-nowhere`;
      await window.quick.input().fill(absent);
      await window.quick.pick(new RegExp(`${absent}.*use this folder`));
      await window.editors.tab(new RegExp(path.basename(absent))).waitFor();
    });
  },
);
