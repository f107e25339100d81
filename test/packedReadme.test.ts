import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();

async function packed(markdown: string): Promise<string> {
  return (await import(pathToFileURL(path.join(root, 'test/tools/packedReadme.mjs')).href)).packedReadme(
    markdown,
  );
}

const cases: readonly (readonly [what: string, markdown: string, shown: string])[] = [
  ['a picture in a paragraph of its own', 'a\n\n![b](docs/b.png)\n\nc', 'a\n\nc'],
  ['two pictures in a line', 'a\n\n![b](docs/b.png) ![c](./c.png "C")\n\nd', 'a\n\nd'],
  ['a picture within a sentence', 'See ![b](../b.png) here', 'See  here'],
  ['a table of pictures', 'a\n\n| X | Y |\n|---|---|\n| ![x](x.png) | ![y](y.png) |\n\nb', 'a\n\nb'],
  ['a table with text', '| X |\n|---|\n| [x](x.md) ![y](y.png) |', '| X |\n|---|\n| x  |'],
  ['a picture that is a link', '[![b](b.png)](docs/c.md)', ''],
  ['HTML', 'a <img width="3" src="docs/a.png" alt="A"> b', 'a  b'],
  [
    'a link into the repository',
    'see [all settings](docs/settings.md#top), [that](LICENSE)',
    'see all settings, that',
  ],
  [
    'links and pictures elsewhere',
    '[a](https://a.example) ![b](https://b.example/b.png) [c](#c)',
    '[a](https://a.example) ![b](https://b.example/b.png) [c](#c)',
  ],
  ['code', '```\n![b](b.png)\n[a](b.md)\n```', '```\n![b](b.png)\n[a](b.md)\n```'],
];

for (const [what, markdown, shown] of cases)
  test(`the README of the package has only what its page can show: ${what}`, async () => {
    assert.equal(await packed(markdown), shown);
  });
