import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { isRemoteError } from '../../src/remote/remoteError';
import { SessionRecords } from '../../src/signIn/sessionRecords';
import { SessionTokens } from '../../src/signIn/sessionTokens';
import { createFakeClock } from '../fakes/fakeClock';
import {
  type DriveServerOptions,
  type DriveTestServer,
  startDriveServer,
} from '../servers/amazonDrive/driveServer';
import { blobOf, calm, keptLog, recordOf, serviceOf, sharedStore } from './words';

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
  const windowOf = (accountId: string | undefined = ANNA) =>
    new SessionTokens({ records: new SessionRecords(store, log), service, accountId, clock, log });
  const renewals = () => server.requests.filter(({ operation }) => operation === 'token').length;
  return { server, store, log, clock, windowOf, renewals };
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
    assert.ok(isRemoteError(error, 'signInNeeded'));
    assert.ok(error.signIn);
    assert.match(error.message, /anna@example\.com has expired or was taken back/);
    return true;
  });
  assert.doesNotMatch(log.lines.join('\n'), /Atz[ar]/);
});

test('nobody signed in, and several without a name, are told apart from everything else', async () => {
  const { windowOf } = await signedIn();
  await assert.rejects(windowOf('ben@example.com').token(calm), (error) => {
    return isRemoteError(error, 'signInNeeded') && /ben@example\.com is not signed in/.test(error.message);
  });
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
