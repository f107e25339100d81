import assert from 'node:assert/strict';
import { test } from 'node:test';
import { propertiesText } from '../../../../src/editor/tree/propertiesDocument';
import { parsePath } from '../../../../src/remote/remotePath';

test('each property is one aligned line, even with line ends in its value', () => {
  const text = propertiesText({ remote: 'photos', path: parsePath('site/a.txt') }, [
    {
      title: 'Object',
      properties: [
        { name: 'Size', value: '3 bytes' },
        { name: 'Cache-Control', value: 'a\nb' },
      ],
    },
    { title: 'Tags', properties: [] },
  ]);
  assert.equal(
    text,
    '# photos:site/a.txt\n\n[Object]\nSize          = 3 bytes\nCache-Control = a b\n\n[Tags]\n# none\n',
  );
});
