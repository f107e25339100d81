import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkDriveSettings,
  parseDuration,
  parseSize,
  readDriveConfig,
  storageIdOf,
} from '../../../../src/backends/amazonDrive/config/driveConfig';
import { driveFields } from '../../../../src/backends/amazonDrive/config/driveFields';
import { driveBackend } from '../../../../src/backends/amazonDrive/driveBackend';
import type { ConnectionFinding } from '../../../../src/backends/backend';
import { isRemoteError } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';
import { calm, names, refused } from '../../../support/remoteCalls';
import {
  account,
  driveHost,
  driveSettings,
  openDrive,
  patient,
  servedDrive,
  signedOut,
} from './driveFixture';

const settings = (more: Readonly<Record<string, unknown>>) => ({
  name: 'drive',
  backend: 'amazonDrive',
  client_id: 'client',
  ...more,
});

test('config: the defaults are those of rclone', () => {
  const config = readDriveConfig(settings({}));
  assert.deepEqual(
    { ...config },
    {
      name: 'drive',
      clientId: 'client',
      authUrl: 'https://www.amazon.com/ap/oa',
      tokenUrl: 'https://api.amazon.com/auth/o2/token',
      endpoint: 'https://drive.amazonaws.com/drive/v1/',
      scopes: ['clouddrive:read_all', 'clouddrive:write', 'profile'],
      redirectUrl: 'http://127.0.0.1:53682/',
      account: undefined,
      root: '',
      tempLinkThreshold: 9 * 1024 ** 3,
      uploadWaitPerGiBMs: 180_000,
      encoding: { slash: true, invalidUtf8: true, dot: true, ctl: false, del: false },
      checkpoint: undefined,
      maxSize: 50_000 * 1024 ** 2,
      minSleepMs: 10,
      concurrency: 16,
    },
  );
  // An empty text is as good as none.
  const empty = Object.fromEntries(
    driveFields.filter(({ kind }) => kind === 'text' || kind === 'url').map(({ name }) => [name, '']),
  );
  assert.deepEqual(readDriveConfig(settings({ ...empty, client_id: 'client', encoding: undefined })), config);
});

test('config: settings replace the defaults', () => {
  const config = readDriveConfig(
    settings({
      endpoint: 'https://drive.example.com/drive/v1',
      root: 'photos/2020/',
      templink_threshold: 'off',
      max_size: 'off',
      upload_wait_per_gb: '1h30m',
      encoding: 'Slash, Dot,InvalidUtf8,Ctl',
      scopes: 'clouddrive:read_all  clouddrive:write',
    }),
  );
  assert.equal(config.endpoint, 'https://drive.example.com/drive/v1/');
  assert.equal(config.root, 'photos/2020');
  assert.equal(config.tempLinkThreshold, Number.POSITIVE_INFINITY);
  assert.equal(config.maxSize, undefined);
  assert.equal(config.uploadWaitPerGiBMs, 5_400_000);
  assert.ok(config.encoding.ctl && !config.encoding.del);
  assert.deepEqual(config.scopes, ['clouddrive:read_all', 'clouddrive:write']);
});

test('config: sizes and durations are parsed like by rclone', () => {
  const sizes = {
    '9Gi': 9 * 1024 ** 3,
    '50000M': 50_000 * 1024 ** 2,
    '10B': 10,
    '1.5k': 1536,
    '2TiB': 2 * 1024 ** 4,
    '0': 0,
  };
  for (const [text, bytes] of Object.entries(sizes)) assert.equal(parseSize(text), bytes, text);
  assert.equal(parseSize(123), 123);
  for (const bad of ['10', '', '-1M', 'x', '9Zi', 1.5, -1, null, true])
    assert.equal(parseSize(bad), undefined, String(bad));
  const durations = {
    '3m': 180_000,
    '10ms': 10,
    '1h30m': 5_400_000,
    '1.5s': 1500,
    '7': 7000,
    '2d': 172_800_000,
  };
  for (const [text, ms] of Object.entries(durations)) assert.equal(parseDuration(text), ms, text);
  assert.equal(parseDuration(0.01), 10);
  for (const bad of ['', '3 m', 'm', '-3m', '3x', -1, Number.NaN, null])
    assert.equal(parseDuration(bad), undefined, String(bad));
});

test('config: the error for an invalid value names the setting and the remedy', () => {
  const bad: readonly (readonly [Readonly<Record<string, unknown>>, RegExp])[] = [
    [{ client_id: '' }, /"client_id" is missing/],
    [{ client_id: 'two words' }, /"client_id".*spaces/],
    [{ endpoint: 'drive.example.com' }, /"endpoint".*https:\/\//],
    [{ endpoint: 'ftp://x/' }, /"endpoint"/],
    [{ endpoint: 'https://x/?a=1' }, /"endpoint".*"\?"/],
    [{ token_url: 'https://me:pw@x/' }, /"token_url".*password/],
    [{ auth_url: 5 }, /"auth_url" must be a string/],
    [{ redirect_url: 'https://example.com/' }, /"redirect_url".*127\.0\.0\.1/],
    [{ scopes: 'a\nb' }, /"scopes"/],
    [{ root: '/a' }, /"root" starts with a slash/],
    [{ root: 'a//b' }, /"root".*empty part/],
    [{ templink_threshold: '10' }, /"templink_threshold".*unit/],
    [{ max_size: 'big' }, /"max_size"/],
    [{ upload_wait_per_gb: 'long' }, /"upload_wait_per_gb".*"3m"/],
    [{ pacer_min_sleep: -1 }, /"pacer_min_sleep"/],
    [{ encoding: 'Slash,Dot,LtGt' }, /"encoding".*"LtGt"/],
    [{ encoding: 'Slash' }, /"encoding".*InvalidUtf8/],
    [{ concurrency: 0 }, /"concurrency" must be at least 1/],
    [{ concurrency: 65 }, /"concurrency" must be at most 64/],
    [{ concurrency: '4' }, /"concurrency" must be a whole number/],
    [{ clientId: 'x' }, /Did you mean "client_id"/],
    [{ client_secret: 'x' }, /"client_secret" is a secret/],
    [{ token: '{}' }, /"token" is a secret/],
    [{ region: 'x' }, /"region" is not a setting of an Amazon Drive remote/],
  ];
  for (const [more, words] of bad) {
    const problems = checkDriveSettings(settings(more));
    assert.equal(problems.length, 1, JSON.stringify([more, problems]));
    assert.match(problems[0] ?? '', words);
    assert.match(problems[0] ?? '', /^"[a-zA-Z_]+" .*[.?]$/);
    assert.throws(
      () => readDriveConfig(settings(more)),
      (error) => isRemoteError(error, 'badSettings') && words.test(error.message),
    );
  }
});

test('config: only remotes of one account have the same storage id', () => {
  const place = (more: Readonly<Record<string, unknown>>) => storageIdOf(readDriveConfig(settings(more)));
  const at = { endpoint: 'http://127.0.0.1:1/drive/v1/' };
  assert.equal(
    place({ ...at, account: 'a' }),
    place({ endpoint: 'http://localhost:1/drive/v1', account: 'a', root: 'x' }),
  );
  assert.notEqual(place({ ...at, account: 'a' }), place({ ...at, account: 'b' }));
  assert.notEqual(place({ account: 'a' }), place({ ...at, account: 'a' }));
});

test('config: the wizard first says that Amazon closed the service, then requests all settings', () => {
  const steps = driveBackend.wizardSteps(settings({}));
  assert.deepEqual(
    steps.map(({ field, kind }) => `${field} ${kind}`),
    [
      'endpoint text',
      'auth_url text',
      'token_url text',
      'client_id text',
      'client_secret secret',
      'account account',
      'root text',
    ],
  );
  assert.match(steps[0]?.prompt ?? '', /closed .* end of 2023.*compatible.*client ID/);
  const problem = (field: string, answer: string) =>
    steps.find((step) => step.field === field)?.problem?.(answer);
  for (const field of ['endpoint', 'auth_url', 'token_url', 'client_id'])
    assert.match(problem(field, '') ?? '', /^Enter/);
  assert.match(problem('endpoint', 'nonsense') ?? '', /must be a URL/);
  assert.equal(problem('endpoint', 'http://127.0.0.1:9/drive/v1/'), undefined);
  assert.equal(problem('root', ''), undefined);
});

test("config: the wizard suggests URLs on the endpoint's host, and the demo's service only in the demo", async () => {
  const step = (field: string, answers: Readonly<Record<string, unknown>>) =>
    driveBackend.wizardSteps(settings(answers)).find((one) => one.field === field);
  const endpoint = 'https://drive.example.com:8443/drive/v1/';
  assert.equal(step('auth_url', { endpoint })?.initial, 'https://drive.example.com:8443/ap/oa');
  assert.equal(step('token_url', { endpoint })?.initial, 'https://drive.example.com:8443/auth/o2/token');
  assert.equal(step('auth_url', {})?.initial, undefined);
  assert.equal(step('auth_url', { endpoint: 'nonsense' })?.initial, undefined);
  const env = { CLOUD_REMOTES_DEMO_DRIVE: endpoint, CLOUD_REMOTES_DEMO_DRIVE_CLIENT: 'demo-client' };
  assert.equal(await step('endpoint', {})?.loadInitial?.({ env }), endpoint);
  assert.equal(await step('endpoint', {})?.loadInitial?.({ env: {} }), undefined);
  assert.equal(await step('client_id', { endpoint })?.loadInitial?.({ env }), 'demo-client');
  assert.equal(
    await step('client_id', { endpoint: 'https://other.example.com/' })?.loadInitial?.({ env }),
    undefined,
  );
});

test('config: a remote has a one-line description', () => {
  assert.equal(driveBackend.describe(settings({})), 'Amazon Drive');
  assert.equal(
    driveBackend.describe(settings({ endpoint: 'https://d.example.com:8/x/' })),
    'Amazon Drive · d.example.com:8',
  );
});

test('config: the settings name the sign-in service', () => {
  assert.deepEqual(driveBackend.signIn?.service({ client_id: 'c', auth_url: 'https://x/oa' }), {
    providerId: 'amazon-drive',
    authUrl: 'https://x/oa',
    tokenUrl: 'https://api.amazon.com/auth/o2/token',
    clientId: 'c',
    scopes: ['clouddrive:read_all', 'clouddrive:write', 'profile'],
    redirectUri: 'http://127.0.0.1:53682/',
  });
  assert.throws(
    () => driveBackend.signIn?.service({}),
    (error) => isRemoteError(error, 'badSettings'),
  );
});

test('config: the root folder identifies an account, and the profile names it if permitted', async () => {
  await servedDrive({}, async ({ server, drive }) => {
    const base = driveSettings(server);
    const identify = async (scopes: readonly string[] | undefined, more: object = {}) =>
      driveBackend.signIn?.identify(
        { ...base, ...more },
        server.issueToken(account, scopes).access_token,
        calm,
      );
    const all = ['clouddrive:read_all', 'clouddrive:write', 'profile'];
    const { id } = drive.root;
    assert.deepEqual(await identify(all), { id, label: account });
    const label = `Drive ${id.slice(0, 6)}… at 127.0.0.1:${server.port}`;
    assert.deepEqual(await identify(undefined), { id, label, isNameless: true }, 'not granted');
    const notAsked = await identify(all, { scopes: 'clouddrive:read_all' });
    assert.deepEqual(notAsked, { id, label, isNameless: true });
    await refused(
      Promise.resolve(driveBackend.signIn?.identify(base, 'Atza|nonsense', calm)),
      'unauthenticated',
    );
  });
});

async function findings(pages: AsyncIterable<ConnectionFinding>): Promise<string[]> {
  const shown: string[] = [];
  for await (const { title, outcome, detail } of pages) {
    assert.match(detail, /^.+[.?!]$/);
    shown.push(`${title}: ${outcome}`);
  }
  return shown;
}

test('config: the connection is tested step by step, without writes', async () => {
  await servedDrive({}, async ({ server, remote, drive, tokens }) => {
    drive.makeFolder('photos');
    const base = driveSettings(server);
    const host = driveHost(tokens);
    const tried = (more: object = {}, on = remote as Parameters<typeof driveBackend.testConnection>[0]) =>
      findings(driveBackend.testConnection(on, { ...base, ...more }, host, calm));
    const fine = [
      'Reached: ok',
      'Signed in: ok',
      'Can list: ok',
      'Modified times: warning',
      'Space: ok',
      'Clock: ok',
    ];
    assert.deepEqual(await tried(), fine);
    assert.deepEqual(await tried({}, patient(remote)), fine);
    assert.deepEqual(drive.tree(), ['photos/']);
    const failing = async (more: object, tokenSource = tokens) => {
      const own = await openDrive({ ...base, ...more }, driveHost(tokenSource));
      try {
        return await findings(
          driveBackend.testConnection(own, { ...base, ...more }, driveHost(tokenSource), calm),
        );
      } finally {
        await own.close();
      }
    };
    assert.deepEqual(await failing({ root: 'nowhere' }), [
      'Reached: ok',
      'Signed in: ok',
      'Can list: failed',
    ]);
    assert.deepEqual(await failing({ endpoint: 'http://127.0.0.1:1/' }), ['Reached: failed']);
    assert.deepEqual(await failing({ endpoint: server.authUrl }), ['Reached: failed']);
    assert.deepEqual(await failing({}, signedOut as typeof tokens), [
      'Reached: skipped',
      'Signed in: failed',
    ]);
    server.addFault({ operation: 'endpoint', status: 401, count: Number.POSITIVE_INFINITY });
    assert.deepEqual(await failing({}), ['Reached: ok', 'Signed in: failed']);
    server.clearFaults();
    server.addFault({ operation: 'quota', status: 403 });
    assert.deepEqual(await failing({ root: 'photos' }), [
      'Reached: ok',
      'Signed in: ok',
      'Can list: ok',
      'Modified times: warning',
      'Space: skipped',
      'Clock: ok',
    ]);
  });
});

test('config: without a sign-in a remote does not open', async () => {
  const { tokens: _, ...host } = driveHost(signedOut);
  await assert.rejects(driveBackend.open(settings({}), host), (error) =>
    isRemoteError(error, 'unauthenticated'),
  );
});

test('config: paths start at the drive, not at the root of the settings', async () => {
  await servedDrive({ settings: { root: 'photos' } }, async ({ remote, drive }) => {
    drive.putFile('photos/f', 'x');
    assert.deepEqual(await names(remote, parsePath('photos')), ['f']);
  });
});
