import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorizeUrl } from '../../../src/signIn/authorizationRequest';

const service = {
  providerId: 'amazon-drive',
  authUrl: 'https://drive.example.com/ap/oa?tenant=7',
  tokenUrl: 'https://drive.example.com/token',
  clientId: 'client one',
  scopes: ['clouddrive:read_all', 'clouddrive:write'],
  redirectUri: 'http://127.0.0.1:53682/',
};

test('the page is asked with everything that the answer will be checked by, and keeps what its address asks', () => {
  const url = new URL(authorizeUrl(service, service.redirectUri, 'the state', 'the challenge'));
  assert.equal(url.origin + url.pathname, 'https://drive.example.com/ap/oa');
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    tenant: '7',
    client_id: 'client one',
    scope: 'clouddrive:read_all clouddrive:write',
    response_type: 'code',
    redirect_uri: 'http://127.0.0.1:53682/',
    state: 'the state',
    code_challenge: 'the challenge',
    code_challenge_method: 'S256',
  });
});

test('the redirect address is that of this sign-in, with its own query in one piece', () => {
  const callback = 'vscode://cloud-remotes.cloud-remotes/signed-in?windowId=1&x=y';
  const url = new URL(authorizeUrl(service, callback, 's', 'c'));
  assert.equal(url.searchParams.get('redirect_uri'), callback);
  assert.equal(url.searchParams.get('x'), null);
});
