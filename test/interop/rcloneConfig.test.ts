import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { allBackends } from '../../src/backends/allBackends';
import { driveBackend } from '../../src/backends/amazonDrive/driveBackend';
import { driveSignIn } from '../../src/backends/amazonDrive/setup/driveSignIn';
import type { RemoteSettings } from '../../src/backends/backend';
import { s3Backend } from '../../src/backends/s3/s3Backend';
import { systemClock } from '../../src/base/clock';
import { changeConfigFile } from '../../src/rcloneConfig/configFile';
import { writeRemote } from '../../src/rcloneConfig/exportRemotes';
import { findRemotes, type UsableRemote } from '../../src/rcloneConfig/importRemotes';
import { mergeSections, parseRcloneFile } from '../../src/rcloneConfig/rcloneFile';
import { parsePath } from '../../src/remote/remotePath';
import { adoptToken } from '../../src/signIn/adoptToken';
import { parseTokenBlob, printTokenBlob } from '../../src/signIn/tokenBlob';
import { type S3TestServer, startS3Server } from '../servers/s3/s3Server';
import { rcloneTest, succeeded, useRealRclone } from './realRcloneDrive';
import { realTools, skipWithout, type ToolAnswer } from './realTools';

const noRclone = skipWithout('rclone');
const drives = useRealRclone();

let server: S3TestServer;
let tools: ReturnType<typeof realTools>;
let file: string;

before(async () => {
  server = await startS3Server();
  tools = realTools(server);
  server.store.createBucket('photos');
  server.store.put('photos', 'a/beach.txt', 'sand');
  file = path.join(mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-conf-')), 'rclone.conf');
});
after(() => server.stop());

function s3Settings(more: Readonly<Record<string, unknown>>): RemoteSettings {
  return { name: 'ours', backend: 's3', endpoint: server.endpoint, region: server.region, ...more };
}

/** The lines that a command printed, sorted. */
function lines(answer: ToolAnswer): string[] {
  return succeeded(answer).trimEnd().split('\n').sort();
}

const namesOf = (settings: readonly { readonly name: string }[]) => settings.map(({ name }) => name);

function usable(text: string, name: string): UsableRemote {
  const found = findRemotes(parseRcloneFile(text), allBackends).find((remote) => remote.name === name);
  assert.ok(found?.usable, found && !found.usable ? found.because : `${name} was not found`);
  return found;
}

test('the real rclone lists a bucket by an exported file, whatever the provider and the credentials', {
  skip: noRclone,
}, async () => {
  const keys = { credentials: 'keys', accessKeyId: server.accessKeyId };
  const secrets = { values: { secretAccessKey: server.secretAccessKey } };
  const cases: readonly (readonly [string, RemoteSettings, typeof secrets | undefined])[] = [
    ['with keys', s3Settings(keys), secrets],
    ['MinIO', s3Settings({ ...keys, provider: 'Minio', chunkSize: '5Mi', uploadCutoff: 1234567 }), secrets],
    ['AWS by path', s3Settings({ ...keys, provider: 'AWS', forcePathStyle: true }), secrets],
    ['B2', s3Settings({ ...keys, provider: 'Backblaze' }), secrets],
    ['without secrets', s3Settings(keys), undefined],
    ['by environment', s3Settings({ credentials: 'environment' }), secrets],
  ];
  for (const [name, settings, given] of cases) {
    const { section } = writeRemote(s3Backend, settings, given, name);
    await changeConfigFile(file, (text) => mergeSections(text, [section]));
  }
  for (const [name] of cases) {
    const answer = await tools.rclone('--config', file, 'lsf', '-R', `${name}:photos`);
    assert.deepEqual(lines(answer), ['a/', 'a/beach.txt'], name);
    assert.doesNotMatch(answer.stderr, /not known/, name);
  }
});

test('a remote that the real rclone creates is imported and opens', { skip: noRclone }, async () => {
  const made = path.join(path.dirname(file), 'made.conf');
  const secret = server.secretAccessKey;
  const create = (name: string, ...options: string[]) =>
    tools.rclone('--config', made, 'config', 'create', name, ...options);
  await create(
    'mine',
    's3',
    'provider=Minio',
    `endpoint=${server.endpoint}`,
    `access_key_id=${server.accessKeyId}`,
    `secret_access_key=${secret}`,
    `region=${server.region}`,
    'chunk_size=6M',
    'requester_pays=true',
  );
  await create('short cut', 'alias', 'remote=mine:photos/a');
  await create('hidden', 'crypt', 'remote=mine:photos', 'password=hunter2');
  const text = readFileSync(made, 'utf8');
  const found = usable(text, 'mine');
  assert.deepEqual(found.settings, {
    name: 'mine',
    backend: 's3',
    provider: 'Minio',
    credentials: 'keys',
    accessKeyId: server.accessKeyId,
    region: server.region,
    endpoint: server.endpoint,
    chunkSize: '6Mi',
  });
  assert.deepEqual(namesOf(found.leftOut), ['requester_pays']);
  assert.equal(usable(text, 'short cut').settings['root'], 'photos/a');
  assert.equal(findRemotes(parseRcloneFile(text), allBackends)[2]?.usable, false);
  const remote = await s3Backend.open(found.settings, {
    log: { write: () => {} },
    clock: systemClock,
    env: {},
    mayRunPrograms: false,
    secret: async (field) => found.secrets[field],
  });
  const names: string[] = [];
  for await (const page of remote.list(parsePath('photos/a'), {}, AbortSignal.timeout(10_000)))
    names.push(...page.flatMap((entry) => (entry.kind === 'file' ? [entry.path] : [])));
  await remote.close?.();
  assert.deepEqual(names, ['photos/a/beach.txt']);
});

test('an export into a file of the real rclone leaves its other sections as they were', {
  skip: noRclone,
}, async () => {
  const made = path.join(path.dirname(file), 'kept.conf');
  const options = ['remote=x:y', 'password=hunter2'];
  await tools.rclone('--config', made, 'config', 'create', 'hidden', 'crypt', ...options);
  writeFileSync(made, `# mine\n\n${readFileSync(made, 'utf8')}`);
  const before = readFileSync(made, 'utf8');
  const { section } = writeRemote(s3Backend, s3Settings({ credentials: 'environment' }), undefined);
  await changeConfigFile(made, (text) => mergeSections(text, [section]));
  assert.ok(readFileSync(made, 'utf8').startsWith(before));
  // "r:" comes from the environment of the tools.
  assert.deepEqual(lines(await tools.rclone('--config', made, 'listremotes')), ['hidden:', 'ours:', 'r:']);
});

rcloneTest('the real rclone uses an exported Amazon Drive remote with its sign-in', async () => {
  const { rclone, site } = drives;
  succeeded(await rclone.pipe('hello', 'rcat', 'acd:folder/note.txt'));
  const token = parseTokenBlob(JSON.stringify(rclone.storedToken()));
  assert.ok(token);
  const settings = {
    name: 'my drive',
    backend: 'amazonDrive',
    client_id: site.server.clientId,
    auth_url: site.server.authUrl,
    token_url: site.server.tokenUrl,
    endpoint: site.server.endpoint,
    templink_threshold: '9Gi',
  };
  const secrets = { values: { client_secret: site.server.clientSecret }, token: printTokenBlob(token) };
  const { section, leftOut } = writeRemote(driveBackend, settings, secrets);
  assert.deepEqual(namesOf(leftOut), ['endpoint']);
  const exported = path.join(rclone.home, 'exported.conf');
  await changeConfigFile(exported, (text) => mergeSections(text, [section]));
  const listed = await rclone.run('--config', exported, 'lsf', '-R', 'my drive:');
  assert.deepEqual(lines(listed), ['folder/', 'folder/note.txt']);
});

rcloneTest('an Amazon Drive remote of the real rclone is imported with its sign-in', async () => {
  const { rclone, site } = drives;
  succeeded(await rclone.pipe('hello', 'rcat', 'acd:note.txt'));
  const found = usable(readFileSync(rclone.configFile, 'utf8'), 'acd');
  assert.equal(found.settings['client_id'], site.server.clientId);
  assert.deepEqual(found.secrets, { client_secret: site.server.clientSecret });
  const asks = found.asks.map(({ field }) => field);
  assert.deepEqual(asks, ['endpoint']);
  const token = parseTokenBlob(found.token ?? '');
  assert.ok(token);
  const settings = { ...found.settings, endpoint: site.server.endpoint };
  const clientSecret = found.secrets['client_secret'];
  const session = await adoptToken(
    { requirement: driveSignIn, settings, token, clientSecret, clock: systemClock },
    AbortSignal.timeout(20_000),
  );
  assert.equal(session.account.id, rclone.drive.root.id);
});
