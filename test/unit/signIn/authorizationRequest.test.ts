import assert from 'node:assert/strict';
import { test } from 'node:test';
import { challengeOf, newPkce, newState } from '../../../src/signIn/authorizationRequest';

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
