import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type * as vscode from 'vscode';
import { SignInProvider } from '../../../../src/editor/accounts/authenticationProvider';
import { scopesWith } from '../../../../src/editor/accounts/signInScopes';
import { RemoteError } from '../../../../src/remote/remoteError';
import { SessionRecords } from '../../../../src/signIn/sessionStore';
import type { SignInRequirement, SignInSettings } from '../../../../src/signIn/signInService';
import { EventEmitter } from '../../../support/fakeVscode';
import { exampleService, keptLog, recordOf } from '../../signIn/signInFixture';

const scopes = ['read', 'write'];
const requirement: SignInRequirement = {
  providerId: 'amazon-drive',
  title: 'Amazon Drive',
  accountField: 'account',
  clientSecretField: 'client_secret',
  service: ({ client_id: clientId }) => ({ ...exampleService, clientId: String(clientId), scopes }),
  // A token starts with the name of its account: "anna 1".
  identify: async (_settings, accessToken) => {
    const name = accessToken.split(' ')[0] ?? '';
    return { id: `id of ${name}`, label: `${name}@example.com` };
  },
};
const settings = { name: 'drive', backend: 'amazonDrive', client_id: 'one' };
const requested = scopesWith(scopes, settings, 'anyone');

interface ReportedChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** The secret storage that windows share. Reads take time, and every window is notified a little after each write. */
function sharedStorage() {
  const storage = { text: undefined as string | undefined, listeners: [] as (() => void)[] };
  const read = async () => {
    await sleep(4);
    return storage.text;
  };
  const write = async (text: string | undefined) => {
    storage.text = text;
    setTimeout(() => {
      for (const notify of storage.listeners) notify();
    }, 2);
  };
  return { storage, store: { read, write } };
}

function windowOver({ storage, store }: ReturnType<typeof sharedStorage>, remote?: SignInSettings) {
  const records = new SessionRecords(store, keptLog());
  const stored = new EventEmitter<void>();
  storage.listeners.push(() => stored.fire());
  const answers: (string | RemoteError)[] = [];
  const lines: string[] = [];
  const secrets: (string | undefined)[] = [];
  const provider = new SignInProvider({
    requirement,
    records,
    onRecordsChanged: stored.event as vscode.Event<void>,
    anyRemote: () => remote,
    clientSecret: async () => 'hush',
    promptSignIn: async (_service, secret) => {
      secrets.push(secret);
      const answer = answers.shift();
      if (typeof answer !== 'string') throw answer ?? new Error('The test expected no prompt.');
      return { accessToken: answer };
    },
    output: { error: (line: string) => lines.push(line) } as unknown as vscode.LogOutputChannel,
  });
  const reported: ReportedChange[] = [];
  const labels = (some: readonly vscode.AuthenticationSession[] | undefined) =>
    (some ?? []).map(({ account }) => account.label);
  provider.onDidChangeSessions(({ added, removed, changed }) =>
    reported.push({ added: labels(added), removed: labels(removed), changed: labels(changed) }),
  );
  let renewals = 0;
  provider.onDidSignInAgain(() => renewals++);
  return { provider, records, answers, lines, secrets, reported, renewalCount: () => renewals };
}

/** Waits until the work that an event started has ended. */
const settled = () => sleep(60);
const anna = 'anna@example.com';
const ben = 'ben@example.com';

test('reports a sign-in once, and finds the session by exact scopes and account', async () => {
  const { provider, answers, reported, secrets } = windowOver(sharedStorage());
  answers.push('anna 1', 'ben 1');
  const session = await provider.createSession(requested);
  await provider.createSession(requested);
  await settled();
  assert.deepEqual(session.account, { id: 'id of anna', label: anna });
  assert.deepEqual(session.scopes, requested);
  assert.deepEqual(secrets, ['hush', 'hush']);
  assert.deepEqual(reported, [
    { added: [anna], removed: [], changed: [] },
    { added: [ben], removed: [], changed: [] },
  ]);
  const found = async (some: readonly string[] | undefined, account?: string) =>
    (
      await provider.getSessions(some, account === undefined ? {} : { account: { id: account, label: '' } })
    ).map(({ account: { label } }) => label);
  assert.deepEqual(await found(undefined), [anna, ben]);
  assert.deepEqual(await found(['write', 'read']), [anna, ben]);
  assert.deepEqual(await found(['read']), []);
  assert.deepEqual(await found(requested, 'id of ben'), [ben]);
  assert.deepEqual(await found(scopesWith(scopes, { ...settings, client_id: 'two' }, 'anyone')), []);
  assert.deepEqual(await found(scopesWith(scopes, settings, 'another')), []);
});

test('a request for sessions never prompts', async () => {
  const { provider, secrets } = windowOver(sharedStorage());
  assert.deepEqual(await provider.getSessions(requested), []);
  assert.deepEqual(secrets, []);
});

test('signing in again keeps the session and notifies its users', async () => {
  const { provider, answers, reported, renewalCount } = windowOver(sharedStorage());
  answers.push('anna 1', 'anna 2');
  const first = await provider.createSession(requested);
  assert.equal(renewalCount(), 0);
  const second = await provider.createSession(requested);
  await settled();
  assert.equal(second.id, first.id);
  assert.equal(second.accessToken, 'anna 2');
  assert.deepEqual(reported.at(-1), { added: [], removed: [], changed: [anna] });
  assert.equal(renewalCount(), 1);
});

test('reports a sign-out once, with its account', async () => {
  const { provider, answers, reported } = windowOver(sharedStorage());
  answers.push('anna 1');
  const { id } = await provider.createSession(requested);
  await provider.removeSession(id);
  await settled();
  assert.deepEqual(reported.at(-1), { added: [], removed: [anna], changed: [] });
  assert.equal(reported.length, 2);
  assert.deepEqual(await provider.getSessions(undefined), []);
});

test('a window reports the changes of another window', async () => {
  const storage = sharedStorage();
  const [one, two] = [windowOver(storage), windowOver(storage)];
  await two.provider.getSessions(undefined);
  one.answers.push('anna 1');
  const { id } = await one.provider.createSession(requested);
  await settled();
  assert.deepEqual(two.reported, [{ added: [anna], removed: [], changed: [] }]);
  await one.provider.removeSession(id);
  await settled();
  assert.deepEqual(two.reported.at(-1), { added: [], removed: [anna], changed: [] });
});

test("a window that only used an account's tokens reports its sign-out in another window", async () => {
  const storage = sharedStorage();
  const one = windowOver(storage);
  const service = requirement.service(settings);
  const { id } = await one.records.put(recordOf(service, { accessToken: 'anna 1' }, anna));
  await settled();
  const two = windowOver(storage);
  assert.ok(await two.records.find(service, anna));
  await one.provider.removeSession(id);
  await settled();
  assert.deepEqual(two.reported, [{ added: [], removed: [anna], changed: [] }]);
});

test('without a remote, the request of another extension fails with a hint to add one', async () => {
  const { provider } = windowOver(sharedStorage());
  await assert.rejects(provider.createSession(scopes), /Add an? Amazon Drive remote first/);
  const { provider: other, answers } = windowOver(sharedStorage(), settings);
  answers.push('anna 1');
  assert.equal((await other.createSession(scopes)).account.label, anna);
});

test('a failed sign-in reports the reason, also in the log, and stores nothing', async () => {
  const storage = sharedStorage();
  const { provider, answers, lines, reported } = windowOver(storage);
  answers.push(new RemoteError('unavailable', "idp.test can't be reached."));
  await assert.rejects(provider.createSession(requested), /Can.t sign in to Amazon Drive\. idp\.test/);
  assert.equal(lines.length, 1);
  assert.equal(storage.storage.text, undefined);
  assert.deepEqual(reported, []);
});
