import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  inertLabel,
  inertLine,
  inertMarkdown,
  inertText,
  shortenWords,
} from '../../../../src/editor/window/inertText';

/** What the editor takes for a link in a notification, a prompt or a problem of an input. */
const links = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/gi;
/** What it takes for an icon in a row of a quick pick or the status bar. */
const icons = /(\\)?\$\(([a-z0-9-]+(?:~[a-z]+)?)\)/gi;
/** What must be in no text of the window: control codes, separators, marks of direction, halves of pairs. */
const unseen =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\p{Cs}\u{e0000}-\u{e007f}]/u;

const hostile: readonly string[] = [
  'trip/[Show which](command:workbench.action.toggleSidebarVisibility)/',
  '[a](command:x "title")',
  "[a](command:x 'title')",
  '[a](http://evil.example/)',
  '[a](HTTPS://evil.example/)',
  '[a](file:///etc/passwd)',
  '[[a](command:x)](command:y)',
  '[a](command:x)(command:y)',
  '[a](command:x?%5B%22rm%20-rf%22%5D)',
  'a](command:x) and [b',
  '[two\nlines](command:x)',
  '[a]\u200b(command:x)',
  '[a]\u0000(command:x)',
  '[a]\u202e(command:x)',
  '[a]\n(command:x)',
  '[a]\t(command:x)',
  `[${'a'.repeat(300)}](command:x)`,
  `${'x'.repeat(59)}[a](command:${'y'.repeat(300)})`,
  `${'x '.repeat(700)}[a](command:x)${' y'.repeat(700)}`,
  `${'n'.repeat(59)}[${'m'.repeat(5000)}](command:x)`,
  '［a］（command:x）',
  '\u202egnp.exe',
  '\u2066a\u2069\u200f\u061c',
  'bell\u0007 esc\u001b[31m csi\u009b2J del\u007f',
  'line\u2028para\u2029',
  'lone \ud800 and \udc00',
  '\ufeffbom \u2060joiner \u00adhyphen',
  'tags \u{e0041}\u{e0042}',
  '$(error) Access denied',
  '$(sync~spin) $(trash)',
  '\\$(trash)',
  '$\u200b(trash)',
  '$\n(trash)',
  `${'😀'.repeat(3000)}`,
  'k'.repeat(10_000),
];

for (const name of hostile) {
  test(`${JSON.stringify(name.slice(0, 60))} is shown as plain text`, () => {
    for (const text of [
      name,
      `Can't read ${name}. Access denied.`,
      `[${name}](${name})`,
      `${name}${name}`,
      `\n${name}\n`,
    ]) {
      for (const make of [inertLine, inertLabel, inertText]) {
        const shown = make(text);
        assert.deepEqual([...shown.matchAll(links)], [], shown);
        assert.doesNotMatch(shown, unseen);
        assert.ok(shown.length <= (make === inertText ? 9000 : 1200), `${shown.length} signs`);
      }
      assert.doesNotMatch(inertLine(text), /\n/);
      assert.deepEqual([...inertLabel(text).matchAll(icons)], []);
    }
  });
}

test('a harmless text is unchanged', () => {
  for (const text of [
    'Can\'t list photos:site/2026. The bucket "photos" says: Access denied (403).',
    'Tromsø/日本 1.txt',
    'می‌خواهم.txt', // a joiner that the word needs
    '👩‍👩‍👧 family.jpg',
    'a[1] (2).txt',
    'price ($5) [draft]',
  ]) {
    assert.equal(inertLine(text), text);
    assert.equal(inertLabel(text), text);
    assert.equal(inertText(text), text);
  }
});

test('a link stays readable, with a space before its address', () => {
  assert.equal(inertLine('trip/[Show which](command:x)/a.txt'), 'trip/[Show which] (command:x)/a.txt');
});

test('the details of a dialog keep their lines, a message has one', () => {
  assert.equal(inertText('one\r\ntwo\n\nthree'), 'one\ntwo\n\nthree');
  assert.equal(inertLine('one\r\ntwo\n\nthree'), 'one two three');
});

test('a long word keeps its beginning and end, and whole code points', () => {
  assert.equal(
    shortenWords(`Can't read ${'k'.repeat(200)}.txt: denied`),
    `Can't read ${'k'.repeat(60)}…${'k'.repeat(20)}.txt: denied`,
  );
  for (let before = 0; before < 4; before++) {
    const shown = inertLine(`${'a'.repeat(before)}${'😀'.repeat(900)} ends`);
    assert.doesNotMatch(shown, /\p{Cs}/u);
    assert.match(shown, /^a*😀+…😀+ ends$/u);
  }
});

test('a long text keeps its beginning and the reason at its end', () => {
  const shown = inertLine(`Can't read ${'some words '.repeat(500)}: access denied.`);
  assert.match(shown, /^Can't read some words .*….*: access denied\.$/);
});

test('Markdown of a name shows the name: no emphasis, link, address, image, HTML, icon or code', () => {
  for (const name of [
    '**bold** _it_ `code`',
    '[a](command:x)',
    'https://evil.example www.evil.example me@evil.example',
    '<img src=x onerror=alert(1)> &amp; &#x202e;',
    '$(trash) ![i](https://evil.example/i.png)',
    '# title',
    '1. list',
    '| a | b |',
  ]) {
    const markdown = inertMarkdown(name);
    assert.doesNotMatch(markdown, /(?<!\\)[*_`[\]()<>:@.#|$!]/, markdown);
    assert.equal(markdown.replace(/\\([!-/:-@[-`{-~])/g, '$1'), inertLine(name));
  }
});
