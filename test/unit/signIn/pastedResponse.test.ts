import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPasted } from '../../../src/signIn/authorizationResponse';

const state = 'ours-and-nobody-elses1';

test('the address at which the browser ended gives its code', () => {
  for (const address of [
    `http://127.0.0.1:53682/?code=ANcode-12&scope=x&state=${state}`,
    `  http://127.0.0.1:53682/?state=${state}&code=ANcode-12#top\n`,
    `?code=ANcode-12&state=${state}`,
    `http://127.0.0.1:53682/?code=ANco\n  de-12&state=${state}`,
  ])
    assert.deepEqual(readPasted(address, state), { kind: 'code', code: 'ANcode-12' }, address);
});

test('an address of another sign-in is not taken', () => {
  const pasted = readPasted('http://127.0.0.1:53682/?code=ANcode-12&state=theirs', state);
  assert.equal(pasted.kind, 'problem');
  assert.doesNotMatch(JSON.stringify(pasted), /ANcode/);
});

test('an address that tells of a refusal says so', () => {
  const pasted = readPasted(`http://127.0.0.1:53682/?error=access_denied&state=${state}`, state);
  assert.deepEqual(pasted, { kind: 'problem', problem: 'The access was denied.' });
});

test('a code alone is a code', () => {
  assert.deepEqual(readPasted(' ANdNAVhyhqirUelHGEHA ', state), {
    kind: 'code',
    code: 'ANdNAVhyhqirUelHGEHA',
  });
});

test('a token of rclone is a token, and a broken one is called so', () => {
  assert.equal(readPasted('{"access_token":"Atza|a","refresh_token":"Atzr|r"}', state).kind, 'token');
  const broken = readPasted('{"access_token":', state);
  assert.equal(broken.kind, 'problem');
});

test('anything else is met with what is wanted, and never repeated', () => {
  for (const text of ['', 'hello world', 'short', 'https://example.com/']) {
    const pasted = readPasted(text, state);
    assert.equal(pasted.kind, 'problem', text);
    if (text !== '') assert.ok(!JSON.stringify(pasted).includes(text), text);
  }
});
