import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { allBackends } from '../src/backends/allBackends';
import { formatter } from '../src/preview/format';
import { englishStrings, fill } from '../src/preview/strings';

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();
const source = (file: string) => readFileSync(path.join(root, 'src/editor', file), 'utf8');

/** The texts of a picture of the walkthrough, as people read them. */
function textsOf(picture: string): string[] {
  const svg = readFileSync(path.join(root, 'media/walkthrough', `${picture}.svg`), 'utf8');
  return [...svg.matchAll(/<text[^>]*>([\s\S]*?)<\/text>/g)]
    .map(([, text = '']) => text.replace(/<[^>]+>/g, '').replace(/&#160;/g, ' '))
    .filter((text) => text !== '');
}

test('the picture of the first step shows the question and the rows that Add Remote has', () => {
  const [title = '', question = '', ...rows] = textsOf('add');
  const wizard = source('setup/remoteWizard.ts');
  const own = ['In one step', 'Import from rclone.conf…', 'remotes of rclone, with their secrets'];
  for (const text of [title, question, ...own]) assert.ok(wizard.includes(`'${text}'`), text);
  const backends = allBackends.flatMap(({ title: name, summary }) => [name, summary]);
  assert.deepEqual([...rows].sort(), [...backends, ...own].sort());
});

test('the picture of a save conflict shows its message and its buttons', () => {
  const texts = textsOf('edit');
  const conflict = source('files/saveConflict.ts');
  const message = texts.find((text) => text.startsWith('main.css was changed')) ?? '';
  assert.match(message, /^main\.css was changed on photos 2 min ago by someone else\.$/);
  assert.match(conflict, /was changed on \$\{address\.remote\}\$\{ago\} by someone else\./);
  for (const button of texts.slice(-3)) assert.ok(conflict.includes(`'${button}'`), button);
});

test('the picture of the preview has the texts of the preview', () => {
  const texts = textsOf('sync');
  const words = englishStrings;
  const format = formatter('en', words);
  assert.equal(texts[0], fill(words['sentence:sync'], 'photos:site-assets/', 'dist'));
  for (const reason of [words.sourceIsNewer, words.onlyInSource, words.sizeDiffers])
    assert.ok(texts.includes(`${words.upload} ${reason}`), reason);
  assert.ok(texts.includes(fill(words.applyMany, '3')));
  const uploads = `${format.plural(3, words.uploadOne, words.uploadMany)} (2.4 MB)`;
  assert.ok(texts.includes(fill(words.selected, uploads)), uploads);
});
