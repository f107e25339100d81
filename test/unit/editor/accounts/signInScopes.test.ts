import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readScopes, scopesWith } from '../../../../src/editor/accounts/signInScopes';

const settings = { name: 'drive', account: 'anna', root: 'x', client_id: 'one', token_url: 'https://d/t' };

test('the scopes carry the settings of the service, without name, account and root', () => {
  const asked = readScopes(scopesWith(['read', 'write'], settings, 'anyone'));
  assert.deepEqual(asked, {
    scopes: ['read', 'write'],
    settings: { client_id: 'one', token_url: 'https://d/t' },
    another: false,
  });
});

test('the same service has the same scopes, so that the editor finds its sessions', () => {
  assert.deepEqual(
    scopesWith(['read'], settings, 'anyone'),
    scopesWith(['read'], { ...settings, name: 'other', account: 'ben' }, 'anyone'),
  );
});

test('a separate scope requests another account', () => {
  assert.equal(readScopes(scopesWith(['read'], settings, 'another')).another, true);
});

test('foreign and unreadable scopes carry no settings', () => {
  assert.deepEqual(readScopes(['read']), { scopes: ['read'], settings: undefined, another: false });
  assert.equal(readScopes(['read', 'settings:%%%']).settings, undefined);
  assert.equal(
    readScopes(['read', `settings:${Buffer.from('7').toString('base64url')}`]).settings,
    undefined,
  );
});
