import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences, SessionRecords } from '../../../src/signIn/sessionStore';
import { keptLog, recordOf, exampleService as service, sharedStore } from './signInFixture';

const other = { ...service, clientId: 'two' };
const anna = recordOf(service, { accessToken: 'a1' });
const ben = recordOf(service, { accessToken: 'b1' }, 'ben@example.com');

function recordsOver(store = sharedStore()) {
  const log = keptLog();
  return { store, log, records: new SessionRecords(store, log) };
}

test('a second sign-in replaces the session and keeps its id', async () => {
  const { records } = recordsOver();
  await records.put(anna);
  const again = await records.put({ ...anna, id: 'another', token: { accessToken: 'a2' } });
  assert.equal(again.id, anna.id);
  assert.deepEqual(
    (await records.all()).map(({ token }) => token.accessToken),
    ['a2'],
  );
});

test('the sessions of two clients are separate', async () => {
  const { records } = recordsOver();
  await records.put(anna);
  await records.put({ ...recordOf(other, { accessToken: 'x' }), id: 'x' });
  assert.equal((await records.all()).length, 2);
  assert.equal((await records.find(other, undefined))?.id, 'x');
});

test('without a name the only account is found, and none of several', async () => {
  const { records } = recordsOver();
  assert.equal(await records.find(service, undefined), undefined);
  await records.put(anna);
  assert.equal((await records.find(service, undefined))?.id, anna.id);
  await records.put(ben);
  assert.equal(await records.find(service, undefined), undefined);
  assert.equal((await records.find(service, 'ben@example.com'))?.id, ben.id);
});

test('two windows that write at the same time lose no session', async () => {
  const { store, records } = recordsOver();
  await Promise.all([records.put(anna), records.put(ben), records.renew(anna.id, { accessToken: 'a2' })]);
  const elsewhere = new SessionRecords(store, keptLog());
  assert.equal((await elsewhere.all()).length, 2);
  assert.equal((await elsewhere.find(service, 'anna@example.com'))?.token.accessToken, 'a2');
});

test('a renewal does not restore a session that was removed meanwhile', async () => {
  const { records, store } = recordsOver();
  await records.put(anna);
  assert.equal((await records.remove(anna.id))?.id, anna.id);
  await records.renew(anna.id, { accessToken: 'a2' });
  assert.deepEqual(await records.all(), []);
  assert.equal(store.text, undefined);
});

test('a corrupted store counts as signed out, and the log does not quote it', async () => {
  for (const text of ['{', '[{"token":"Atza|secret"}]', '"Atza|secret"']) {
    const { records, log } = recordsOver(sharedStore(text));
    assert.deepEqual(await records.all(), []);
    assert.equal(log.lines.length, 1);
    assert.doesNotMatch(log.lines.join(), /secret/);
  }
});

test('sessions are compared by id', () => {
  const renewed = { ...anna, token: { accessToken: 'a2' } };
  assert.deepEqual(differences([anna], [renewed, ben]), { added: [ben], removed: [], changed: [renewed] });
  assert.deepEqual(differences([anna, ben], [ben]), { added: [], removed: [anna], changed: [] });
});

test('a label that two accounts have finds neither of them', async () => {
  const { records } = recordsOver();
  for (const id of ['1', '2'])
    await records.put({ ...recordOf(service, { accessToken: id }, id), account: { id, label: 'Anna' } });
  assert.equal(await records.find(service, 'Anna'), undefined);
  assert.equal((await records.find(service, '2'))?.token.accessToken, '2');
});

test('a call that changes nothing writes nothing, so an unreadable store stays for a newer version', async () => {
  const store = sharedStore('{"version":2}');
  const { records } = recordsOver(store);
  await records.renew('gone', { accessToken: 'x' });
  assert.equal(await records.remove('gone'), undefined);
  assert.equal(store.text, '{"version":2}');
});

test('a change that could not be stored does not stop the next one', async () => {
  const store = sharedStore();
  const { records } = recordsOver(store);
  const { write } = store;
  store.write = () => Promise.reject(new Error('full'));
  const failed = assert.rejects(records.put(anna), /full/);
  const next = records.put(ben);
  await failed;
  await assert.rejects(next, /full/);
  store.write = write;
  await records.put(anna);
  assert.equal((await records.all()).length, 1);
});

test('a sign-in without a name keeps the name of the account', async () => {
  const { records } = recordsOver();
  await records.put(anna);
  const nameless = { id: anna.account.id, label: 'Drive 123…', isNameless: true } as const;
  const kept = await records.put({ ...anna, account: nameless, token: { accessToken: 'a2' } });
  assert.equal(kept.account.label, 'anna@example.com');
  assert.equal(kept.token.accessToken, 'a2');
});
