import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorizeUrl } from '../../src/signIn/authorizeUrl';
import { challengeOf, newPkce, newState } from '../../src/signIn/pkce';

test('the challenge is the one of RFC 7636, appendix B', () => {
  assert.equal(
    challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'),
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  );
});

test('each sign-in has a verifier and a state of its own', () => {
  const all = Array.from({ length: 50 }, () => [newPkce().verifier, newState()]);
  assert.equal(new Set(all.map(([verifier]) => verifier)).size, 50);
  assert.equal(new Set(all.map(([, state]) => state)).size, 50);
  for (const [verifier = '', state = ''] of all) {
    assert.match(verifier, /^[\w-]{43}$/);
    assert.match(state, /^[\w-]{22}$/);
  }
});

test('the page is asked with everything that the answer will be checked by', () => {
  const service = {
    providerId: 'amazon-drive',
    authUrl: 'https://drive.example.com/ap/oa?tenant=7',
    tokenUrl: 'https://drive.example.com/token',
    clientId: 'client one',
    scopes: ['clouddrive:read_all', 'clouddrive:write'],
    redirectUri: 'http://127.0.0.1:53682/',
  };
  const url = new URL(authorizeUrl(service, service.redirectUri, 'the state', 'the challenge'));
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
