import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { type Clock, systemClock } from '../../../src/base/clock';
import { isRemoteError } from '../../../src/remote/remoteError';
import { AccountTokenSource } from '../../../src/signIn/accountTokenSource';
import { SessionRecords } from '../../../src/signIn/sessionStore';
import {
  type DriveServerOptions,
  type DriveTestServer,
  startDriveServer,
} from '../../servers/amazonDrive/driveServer';
import { createFakeClock } from '../../support/fakeClock';
import { blobOf, calm, keptLog, recordOf, serviceOf, sharedStore } from './signInFixture';

const running: DriveTestServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

const ANNA = 'anna@example.com';

async function signedIn(options: DriveServerOptions = {}) {
  const server = await startDriveServer(options);
  running.push(server);
  const service = serviceOf(server);
  const store = sharedStore();
  const log = keptLog();
  const clock = createFakeClock(Date.now());
  await new SessionRecords(store, log).put(recordOf(service, blobOf(server.issueToken(ANNA))));
  /** A window of its own over the same store. */
  const windowOf = (accountId: string | undefined = ANNA, time: Clock = clock) =>
    new AccountTokenSource({ records: new SessionRecords(store, log), service, accountId, clock: time, log });
  const renewals = () => server.requests.filter(({ operation }) => operation === 'token').length;
  return { server, service, store, log, clock, windowOf, renewals };
}

test('a good token is used as it is, and the store is read once', async () => {
  const { windowOf, renewals } = await signedIn();
  const tokens = windowOf();
  assert.equal(await tokens.token(calm), await tokens.token(calm));
  assert.equal(renewals(), 0);
});

test('a token that ends within a minute is renewed before it is used', async () => {
  const { windowOf, renewals, clock } = await signedIn();
  const tokens = windowOf();
  const first = await tokens.token(calm);
  clock.advance(3600_000 - 61_000);
  assert.equal(await tokens.token(calm), first);
  clock.advance(2000);
  assert.notEqual(await tokens.token(calm), first);
  assert.equal(renewals(), 1);
});

test('fifty requests that are refused at once renew the token once', async () => {
  const { windowOf, renewals } = await signedIn();
  const tokens = windowOf();
  const refused = await tokens.token(calm);
  const fresh = await Promise.all(Array.from({ length: 50 }, () => tokens.renewed(refused, calm)));
  assert.equal(new Set(fresh).size, 1);
  assert.notEqual(fresh[0], refused);
  assert.equal(renewals(), 1);
  assert.equal(await tokens.renewed(refused, calm), fresh[0], 'an old refusal renews nothing more');
  assert.equal(renewals(), 1);
});

test('one that gives up spoils it for none of the others', async () => {
  const { windowOf } = await signedIn();
  const tokens = windowOf();
  const refused = await tokens.token(calm);
  const abort = new AbortController();
  const impatient = tokens.renewed(refused, abort.signal);
  const patient = tokens.renewed(refused, calm);
  abort.abort(new Error('enough'));
  await assert.rejects(impatient, /enough/);
  assert.notEqual(await patient, refused);
});

test('two windows share refresh tokens that may be used once', async () => {
  const { windowOf, renewals } = await signedIn({ rotateRefreshTokens: true });
  const [one, two] = [windowOf(), windowOf()];
  const refused = await one.token(calm);
  assert.equal(await two.token(calm), refused);
  const fresh = await one.renewed(refused, calm);
  assert.equal(await two.renewed(refused, calm), fresh, 'taken from the store');
  assert.equal(renewals(), 1);
  const next = await two.renewed(fresh, calm);
  assert.equal(await one.renewed(fresh, calm), next);
});

test('a refresh token that another window used a moment before is looked up once more', async () => {
  const { server, store, windowOf, log } = await signedIn({ rotateRefreshTokens: true });
  const [one, two] = [windowOf(), windowOf()];
  const refused = await one.token(calm);
  await two.token(calm);
  const before = store.text;
  const fresh = await one.renewed(refused, calm);
  // The second window reads the store just before the first one writes it.
  const { read } = store;
  let reads = 0;
  store.read = async () => (reads++ === 0 ? before : read());
  assert.equal(await two.renewed(refused, calm), fresh);
  assert.ok(server.requests.some(({ operation, status }) => operation === 'token' && status === 400));
  assert.doesNotMatch(log.lines.join('\n'), /Atz[ar]/);
});

test('a sign-in that was taken back says whose it was, and that signing in mends it', async () => {
  const { server, windowOf, log } = await signedIn();
  const tokens = windowOf();
  const refused = await tokens.token(calm);
  server.revoke(ANNA);
  await assert.rejects(tokens.renewed(refused, calm), (error) => {
    assert.ok(isRemoteError(error, 'unauthenticated'));
    assert.ok(error.signIn);
    assert.match(error.message, /anna@example\.com has expired or was taken back/);
    return true;
  });
  assert.doesNotMatch(log.lines.join('\n'), /Atz[ar]/);
});

test('nobody signed in, somebody else, and several of whom none is named are told apart', async () => {
  const { service, store, log, clock, windowOf } = await signedIn();
  const records = new SessionRecords(store, log);
  const fails = (tokens: AccountTokenSource, message: string, signIn: boolean) =>
    assert.rejects(tokens.token(calm), (error) => {
      assert.ok(isRemoteError(error, 'unauthenticated'));
      assert.equal(error.message, message);
      assert.equal(error.signIn, signIn);
      return true;
    });
  const nameless = new AccountTokenSource({ records, service, accountId: undefined, clock, log });
  await fails(windowOf('ben'), 'ben is not signed in. Sign in to use this remote.', true);
  await records.put(recordOf(service, { accessToken: 'b' }, 'ben@example.com'));
  await fails(
    nameless,
    'Several accounts are signed in: anna@example.com, ben@example.com. Name one of them in the setting "account" of this remote.',
    false,
  );
  for (const { id } of await records.all()) await records.remove(id);
  await fails(nameless, 'Nobody is signed in. Sign in to use this remote.', true);
});

test('a token without a refresh token is used until its time is up, and then wants a new sign-in', async () => {
  const { service, store, log, clock } = await signedIn();
  const records = new SessionRecords(store, log);
  await records.put(recordOf(service, { accessToken: 'only', expiresMs: clock.now() + 120_000 }));
  const tokens = new AccountTokenSource({ records, service, accountId: ANNA, clock, log });
  assert.equal(await tokens.token(calm), 'only');
  clock.advance(120_001);
  await assert.rejects(
    tokens.token(calm),
    (error) => isRemoteError(error, 'unauthenticated') && error.signIn,
  );
});

test('a refused token does not come back from a renewal that began before it was refused', async () => {
  const { store, windowOf, renewals } = await signedIn();
  const tokens = windowOf();
  const refused = await windowOf().token(calm);
  const { read } = store;
  store.read = async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return read();
  };
  const [early, late] = await Promise.all([tokens.token(calm), tokens.renewed(refused, calm)]);
  assert.equal(early, refused);
  assert.notEqual(late, refused);
  assert.equal(renewals(), 1);
});

test('two windows that renew at the same moment both go on, though one is slow to store what it got', async () => {
  const { store, windowOf } = await signedIn({ rotateRefreshTokens: true });
  const [one, two] = [windowOf(ANNA, systemClock), windowOf(ANNA, systemClock)];
  const refused = await one.token(calm);
  await two.token(calm);
  const { write } = store;
  store.write = async (text) => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    return write(text);
  };
  const fresh = await Promise.all([one.renewed(refused, calm), two.renewed(refused, calm)]);
  assert.equal(fresh[0], fresh[1]);
  assert.notEqual(fresh[0], refused);
});

for (const [name, spoil] of [
  [
    'could not be stored',
    (store: { write: unknown }) => (store.write = () => Promise.reject(new Error('full'))),
  ],
  ['was written over by another window', undefined],
] as const)
  test(`a rotated refresh token that ${name} is not lost for this window`, async () => {
    const { store, windowOf, log } = await signedIn({ rotateRefreshTokens: true });
    const tokens = windowOf();
    const before = store.text;
    const old = await tokens.token(calm);
    spoil?.(store);
    const fresh = await tokens.renewed(old, calm);
    store.text = before;
    const next = await tokens.renewed(fresh, calm);
    store.text = before;
    assert.equal(new Set([old, fresh, next, await tokens.renewed(fresh, calm)]).size, 3);
    assert.doesNotMatch(log.lines.join('\n'), /Atz[ar]|full/);
  });

test('a sign-in that has ended is not asked about again, until there is another', async () => {
  const { server, service, store, log, windowOf, renewals } = await signedIn();
  const tokens = windowOf();
  const refused = await tokens.token(calm);
  server.revoke(ANNA);
  for (let times = 0; times < 3; times++)
    await assert.rejects(tokens.renewed(refused, calm), /has expired or was taken back/);
  assert.equal(renewals(), 1);
  const again = blobOf(server.issueToken(ANNA));
  await new SessionRecords(store, log).put(recordOf(service, again));
  assert.equal(await tokens.renewed(refused, calm), again.accessToken);
});

test('who signs out while the token is renewed stays signed out', async () => {
  const { server, store, log, windowOf } = await signedIn();
  const tokens = windowOf();
  const refused = await tokens.token(calm);
  let renewal: Promise<void> | undefined;
  // From the question being at the service on, there is time until its answer.
  await new Promise((resolve) => {
    server.addFault({ operation: 'token', when: () => Boolean(setImmediate(resolve)), delayMs: 100 });
    renewal = assert.rejects(tokens.renewed(refused, calm), /not signed in/);
  });
  const records = new SessionRecords(store, log);
  for (const { id } of await records.all()) await records.remove(id);
  await renewal;
  assert.deepEqual(await records.all(), []);
});

test('a token endpoint in trouble is asked three times', async () => {
  const { server, windowOf, clock } = await signedIn();
  const tokens = windowOf();
  const refused = await tokens.token(calm);
  const fault = server.addFault({ operation: 'token', status: 503, count: 2 });
  assert.notEqual(await tokens.renewed(refused, calm), refused);
  assert.equal(fault.hits, 2);
  assert.equal(clock.waits.length, 2);
});

test('a token endpoint that asks for a long pause is left alone, and whoever asked is told', async () => {
  const { server, windowOf, clock } = await signedIn();
  const tokens = windowOf();
  const refused = await tokens.token(calm);
  const fault = server.addFault({ operation: 'token', status: 503, retryAfter: 60, count: 9 });
  await assert.rejects(tokens.renewed(refused, calm), (error) => {
    return isRemoteError(error, 'unavailable') && error.retryAfterMs === 60_000;
  });
  assert.equal(fault.hits, 1);
  assert.equal(clock.waits.length, 0);
});
