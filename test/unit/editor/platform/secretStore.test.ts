import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SecretStorage } from 'vscode';
import { SecretStore } from '../../../../src/editor/platform/secretStore';

/** Secret storage that tells its listeners of every change, as the editor's does in all windows. */
function storage() {
  const values = new Map<string, string>();
  const listeners = new Set<(event: { key: string }) => void>();
  const tell = (key: string) => {
    for (const listener of listeners) listener({ key });
  };
  const fake = {
    get: async (key: string) => values.get(key),
    store: async (key: string, value: string) => {
      values.set(key, value);
      tell(key);
    },
    delete: async (key: string) => {
      values.delete(key);
      tell(key);
    },
    onDidChange: (listener: (event: { key: string }) => void) => {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    },
  };
  return { values, secrets: new SecretStore(fake as unknown as SecretStorage) };
}

const fields = ['secretAccessKey', 'sessionToken'];

test("stores a secret under the remote's name and the field", async () => {
  const { values, secrets } = storage();
  await secrets.replace('photos', fields, { secretAccessKey: 's', sessionToken: '' });
  assert.deepEqual([...values], [['remote/photos/secretAccessKey', 's']]);
  assert.equal(await secrets.get('photos', 'secretAccessKey'), 's');
});

test('replace deletes only the fields without a value', async () => {
  const { values, secrets } = storage();
  await secrets.replace('photos', fields, { secretAccessKey: 's', sessionToken: 't' });
  await secrets.replace('other', fields, { secretAccessKey: 'o' });
  await secrets.replace('photos', fields, { secretAccessKey: 's2' });
  assert.deepEqual(
    [...values],
    [
      ['remote/photos/secretAccessKey', 's2'],
      ['remote/other/secretAccessKey', 'o'],
    ],
  );
});

test('removing the secrets of one remote keeps those of another', async () => {
  const { secrets } = storage();
  await secrets.replace('photos', fields, { secretAccessKey: 's', sessionToken: 't' });
  await secrets.replace('photos-copy', fields, await secrets.getAll('photos', fields));
  await secrets.remove('photos', fields);
  assert.deepEqual(await secrets.getAll('photos', fields), {});
  assert.deepEqual(await secrets.getAll('photos-copy', fields), { secretAccessKey: 's', sessionToken: 't' });
});

test('reports the remote of a changed secret and ignores foreign keys', async () => {
  const { secrets } = storage();
  const told: string[] = [];
  secrets.onDidChange((remote) => told.push(remote));
  await secrets.replace('my remote', fields, { secretAccessKey: 's' });
  assert.deepEqual(told, ['my remote']);
});
