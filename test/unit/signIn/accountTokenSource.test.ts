import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, systemClock } from '../../../src/base/clock';
import { AccountTokenSource } from '../../../src/signIn/accountTokenSource';
import { SessionRecords } from '../../../src/signIn/sessionStore';
import {
  type DriveServerOptions,
  type DriveTestServer,
  startDriveServer,
} from '../../servers/amazonDrive/driveServer';
import { createFakeClock } from '../../support/fakeClock';
import { calm } from '../../support/remoteCalls';
import { blobOf, keptLog, recordOf, serviceOf, sharedStore } from './signInFixture';

const running: DriveTestServer[] = [];
const log = keptLog();
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
  assert.doesNotMatch(log.lines.join('\n'), /Atz[ar]/, 'no token in the log');
});

const ANNA = 'anna@example.com';
const rotating = { rotateRefreshTokens: true };

/** Anna is signed in, and a window has used her token `first`. */
async function signedIn(options: DriveServerOptions = {}) {
  const server = await startDriveServer(options);
  running.push(server);
  const service = serviceOf(server);
  const store = sharedStore();
  const clock = createFakeClock(Date.now());
  const records = new SessionRecords(store, log);
  await records.put(recordOf(service, blobOf(server.issueToken(ANNA))));
  /** Another window with the same store. */
  const windowOf = (accountId: string | undefined = ANNA, time: Clock = clock) =>
    new AccountTokenSource({ records: new SessionRecords(store, log), service, accountId, clock: time, log });
  const renewals = () => server.requests.filter(({ operation }) => operation === 'token').length;
  const tokens = windowOf();
  const first = await tokens.token(calm);
  return { server, service, store, records, clock, windowOf, renewals, tokens, first };
}

test('a token is renewed a minute before it expires', async () => {
  const { tokens, first, renewals, clock } = await signedIn();
  clock.advance(3600_000 - 61_000);
  assert.equal(await tokens.token(calm), first);
  assert.equal(renewals(), 0);
  clock.advance(2000);
  assert.notEqual(await tokens.token(calm), first);
  assert.equal(renewals(), 1);
});

test('fifty concurrent refusals renew the token once', async () => {
  const { tokens, first, renewals } = await signedIn();
  const fresh = await Promise.all(Array.from({ length: 50 }, () => tokens.renewed(first, calm)));
  assert.equal(new Set(fresh).size, 1);
  assert.notEqual(fresh[0], first);
  assert.equal(await tokens.renewed(first, calm), fresh[0], 'an old refusal renews nothing more');
  assert.equal(renewals(), 1);
});

test('a caller that aborts leaves the renewal running for the others', async () => {
  const { tokens, first } = await signedIn();
  const abort = new AbortController();
  const aborted = tokens.renewed(first, abort.signal);
  const patient = tokens.renewed(first, calm);
  abort.abort(new Error('enough'));
  await assert.rejects(aborted, /enough/);
  assert.notEqual(await patient, first);
});

test('two windows share refresh tokens that can be used once', async () => {
  const { windowOf, tokens: one, first, renewals } = await signedIn(rotating);
  const two = windowOf();
  assert.equal(await two.token(calm), first);
  const fresh = await one.renewed(first, calm);
  assert.equal(await two.renewed(first, calm), fresh, 'taken from the store');
  assert.equal(renewals(), 1);
  const next = await two.renewed(fresh, calm);
  assert.equal(await one.renewed(fresh, calm), next);
});

test('the store is read again after another window used the refresh token a moment before', async () => {
  const { server, store, windowOf, tokens: one, first } = await signedIn(rotating);
  const two = windowOf();
  await two.token(calm);
  const before = store.text;
  const fresh = await one.renewed(first, calm);
  // The second window reads the store just before the first one writes it.
  const { read } = store;
  let reads = 0;
  store.read = async () => (reads++ === 0 ? before : read());
  assert.equal(await two.renewed(first, calm), fresh);
  assert.ok(server.requests.some(({ operation, status }) => operation === 'token' && status === 400));
});

test('the errors for no account, another account and several accounts differ', async () => {
  const { service, records, clock, windowOf } = await signedIn();
  const unnamed = new AccountTokenSource({ records, service, accountId: undefined, clock, log });
  const fails = (tokens: AccountTokenSource, signIn: boolean, message: string) =>
    assert.rejects(tokens.token(calm), { kind: 'unauthenticated', signIn, message });
  await fails(windowOf('ben'), true, 'ben is not signed in. Sign in to use this remote.');
  await records.put(recordOf(service, { accessToken: 'b' }, 'ben@example.com'));
  await fails(
    unnamed,
    false,
    'Several accounts are signed in: anna@example.com, ben@example.com. Name one of them in the setting "account" of this remote.',
  );
  for (const { id } of await records.all()) await records.remove(id);
  await fails(unnamed, true, 'Nobody is signed in. Sign in to use this remote.');
});

test('a token without a refresh token is used until it expires, and then requires a new sign-in', async () => {
  const { service, records, clock, windowOf } = await signedIn();
  await records.put(recordOf(service, { accessToken: 'only', expiresMs: clock.now() + 120_000 }));
  const tokens = windowOf();
  assert.equal(await tokens.token(calm), 'only');
  clock.advance(120_001);
  await assert.rejects(tokens.token(calm), { kind: 'unauthenticated', signIn: true });
});

test('a renewal that began before a refusal does not return the refused token', async () => {
  const { store, windowOf, first, renewals } = await signedIn();
  const tokens = windowOf();
  const { read } = store;
  store.read = async () => {
    await sleep(20);
    return read();
  };
  const [early, late] = await Promise.all([tokens.token(calm), tokens.renewed(first, calm)]);
  assert.equal(early, first);
  assert.notEqual(late, first);
  assert.equal(renewals(), 1);
});

test('two windows that renew at the same moment get one token, although one of them is slow to store it', async () => {
  const { store, windowOf, first } = await signedIn(rotating);
  const [one, two] = [windowOf(ANNA, systemClock), windowOf(ANNA, systemClock)];
  await Promise.all([one.token(calm), two.token(calm)]);
  const { write } = store;
  store.write = async (text) => {
    await sleep(100);
    return write(text);
  };
  const fresh = await Promise.all([one.renewed(first, calm), two.renewed(first, calm)]);
  assert.equal(fresh[0], fresh[1]);
  assert.notEqual(fresh[0], first);
});

for (const [reason, isFull] of [
  ['could not be stored', true],
  ['another window overwrote', false],
] as const)
  test(`a rotated refresh token that ${reason} stays usable in this window`, async () => {
    const { store, tokens, first } = await signedIn(rotating);
    const before = store.text;
    if (isFull) store.write = () => Promise.reject(new Error('full'));
    const fresh = await tokens.renewed(first, calm);
    store.text = before;
    const next = await tokens.renewed(fresh, calm);
    store.text = before;
    assert.equal(new Set([first, fresh, next, await tokens.renewed(next, calm)]).size, 4);
    assert.doesNotMatch(log.lines.join('\n'), /full/);
  });

test('the refresh token of a revoked sign-in is sent once, until there is another sign-in', async () => {
  const { server, service, records, tokens, first, renewals } = await signedIn();
  server.revoke(ANNA);
  for (let times = 0; times < 3; times++)
    await assert.rejects(tokens.renewed(first, calm), {
      kind: 'unauthenticated',
      signIn: true,
      message: 'The sign-in of anna@example.com has expired or was revoked. Sign in again.',
    });
  assert.equal(renewals(), 1);
  const again = blobOf(server.issueToken(ANNA));
  await records.put(recordOf(service, again));
  assert.equal(await tokens.renewed(first, calm), again.accessToken);
});

test('a session that is removed during its renewal stays removed', async () => {
  const { server, records, tokens, first } = await signedIn();
  let renewal: Promise<void> | undefined;
  await new Promise((resolve) => {
    server.addFault({ operation: 'token', when: () => Boolean(setImmediate(resolve)), delayMs: 100 });
    renewal = assert.rejects(tokens.renewed(first, calm), /not signed in/);
  });
  for (const { id } of await records.all()) await records.remove(id);
  await renewal;
  assert.deepEqual(await records.all(), []);
});

test('three attempts are made when the token endpoint fails', async () => {
  const { server, tokens, first, clock } = await signedIn();
  const fault = server.addFault({ operation: 'token', status: 503, count: 2 });
  assert.notEqual(await tokens.renewed(first, calm), first);
  assert.deepEqual([fault.hits, clock.waits.length], [2, 2]);
});

test('a token endpoint that requests a long wait fails the renewal', async () => {
  const { server, tokens, first, clock } = await signedIn();
  const fault = server.addFault({ operation: 'token', status: 503, retryAfter: 60, count: 9 });
  await assert.rejects(tokens.renewed(first, calm), { kind: 'unavailable', retryAfterMs: 60_000 });
  assert.deepEqual([fault.hits, clock.waits.length], [1, 0]);
});
