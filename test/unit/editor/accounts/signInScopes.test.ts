import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readScopes, scopesWith } from '../../../../src/editor/accounts/signInScopes';

const settings = { name: 'drive', account: 'anna', root: 'x', client_id: 'one', token_url: 'https://d/t' };

test('the settings of the service come back from the scopes, without name, account and root', () => {
  const asked = readScopes(scopesWith(['read', 'write'], settings, 'anyone'));
  assert.deepEqual(asked, {
    scopes: ['read', 'write'],
    settings: { client_id: 'one', token_url: 'https://d/t' },
    another: false,
  });
});

test('the same service gives the same scopes, so that the editor finds its sessions again', () => {
  assert.deepEqual(
    scopesWith(['read'], settings, 'anyone'),
    scopesWith(['read'], { ...settings, name: 'other', account: 'ben' }, 'anyone'),
  );
});

test('another account is asked for by a scope of its own', () => {
  assert.equal(readScopes(scopesWith(['read'], settings, 'another')).another, true);
});

test('scopes of other extensions name no service, and what can not be read is none', () => {
  assert.deepEqual(readScopes(['read']), { scopes: ['read'], settings: undefined, another: false });
  assert.equal(readScopes(['read', 'settings:%%%']).settings, undefined);
  assert.equal(
    readScopes(['read', `settings:${Buffer.from('7').toString('base64url')}`]).settings,
    undefined,
  );
});
