import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorizeUrl, challengeOf, newPkce, newState } from '../../../src/signIn/authorizationRequest';
import { exampleService } from './signInFixture';

test('the challenge is the one of RFC 7636, appendix B', () => {
  assert.equal(
    challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'),
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  );
});

test('each sign-in has its own verifier and state', () => {
  const all = Array.from({ length: 50 }, () => [newPkce().verifier, newState()]);
  assert.equal(new Set(all.flat()).size, 100);
  for (const [verifier = '', state = ''] of all) {
    assert.match(verifier, /^[\w-]{43}$/);
    assert.match(state, /^[\w-]{22}$/);
  }
});

test('the URL of the page holds all parameters, and keeps the query of the service and of the redirect URI', () => {
  const service = { ...exampleService, authUrl: 'https://drive.example.com/ap/oa?tenant=7' };
  const redirectUri = 'vscode://cloud-remotes.cloud-remotes/signed-in?windowId=1&x=y';
  const url = new URL(authorizeUrl(service, redirectUri, 'the state', 'the challenge'));
  assert.equal(url.origin + url.pathname, 'https://drive.example.com/ap/oa');
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    tenant: '7',
    client_id: 'client one',
    scope: 'clouddrive:read_all clouddrive:write',
    response_type: 'code',
    redirect_uri: redirectUri,
    state: 'the state',
    code_challenge: 'the challenge',
    code_challenge_method: 'S256',
  });
});
