import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import type { BackendHost, ConnectionFinding, RemoteSettings } from '../../../../../src/backends/backend';
import { readS3Config } from '../../../../../src/backends/s3/config/s3Config';
import { profileChoices } from '../../../../../src/backends/s3/credentials/awsCredentials';
import { connectS3 } from '../../../../../src/backends/s3/http/connect';
import { signedHeaders } from '../../../../../src/backends/s3/http/sigV4';
import { s3Backend } from '../../../../../src/backends/s3/s3Backend';
import { S3Remote } from '../../../../../src/backends/s3/s3Remote';
import { readOnly } from '../../../../../src/remote/layers/readOnly';
import { isRemoteError } from '../../../../../src/remote/remoteError';
import { parsePath } from '../../../../../src/remote/remotePath';
import { startNotS3 } from '../../../../servers/notS3/notS3Server';
import { startS3Server } from '../../../../servers/s3/s3Server';
import {
  at,
  calm,
  noPrecondition,
  pagesOf,
  pattern,
  wholeBody,
  write,
} from '../../../../support/remoteCalls';
import { hostWith, inTemporaryFolder, openS3, served, settingsFor } from '../s3Fixture';

async function tested(settings: RemoteSettings, host: BackendHost): Promise<ConnectionFinding[]> {
  const remote = await s3Backend.open(settings, host);
  const found: ConnectionFinding[] = [];
  for await (const finding of s3Backend.testConnection(remote, settings, host, calm)) found.push(finding);
  await remote.close?.();
  return found;
}

const shown = (findings: readonly ConnectionFinding[]) =>
  findings.map((finding) => `${finding.title}: ${finding.outcome}`);

test('the connection test goes through all steps and leaves nothing behind', () =>
  served({}, async ({ server }) => {
    const host = hostWith({ secretAccessKey: server.secretAccessKey });
    const all = await tested(settingsFor(server, { root: 'demo/sub', checksums: 'whenSupported' }), host);
    assert.deepEqual(shown(all), [
      'Reached: ok',
      'Signed in: ok',
      'Can list: ok',
      'Addressing style: ok',
      'Conditional writes: ok',
      'Checksums: ok',
      'Clock: ok',
    ]);
    assert.deepEqual(server.store.keys('demo'), []);
    server.clearRequests();
    const withoutRoot = await tested(settingsFor(server), host);
    assert.ok(shown(withoutRoot).includes('Conditional writes: skipped'));
    assert.ok(server.requests.every((request) => request.method === 'GET' || request.method === 'HEAD'));
  }));

test('a store that refuses conditions or checksums is found out, and the setting that mends it is offered (H31)', () =>
  served({}, async ({ server }) => {
    const host = hostWith({ secretAccessKey: server.secretAccessKey });
    const settings = settingsFor(server, { root: 'demo', checksums: 'whenSupported' });
    const has = (name: string) => (request: { headers: object }) => name in request.headers;
    for (const name of ['if-match', 'if-none-match', 'x-amz-checksum-crc32'])
      server.addFault({
        operation: 'PutObject',
        when: has(name),
        code: 'NotImplemented',
        status: 501,
        count: 99,
      });
    const found = await tested(settings, host);
    const fixes = found
      .map(({ title, fix }) => (fix ? [title, fix.settings] : []))
      .filter((pair) => pair.length);
    assert.deepEqual(fixes, [
      ['Conditional writes', { conditionalWrites: 'checked' }],
      ['Checksums', { checksums: 'whenRequired' }],
    ]);
    server.clearFaults();
    server.addFault({ operation: 'PutObject', code: 'AccessDenied', status: 403, count: 9 });
    assert.ok(shown(await tested(settings, host)).includes('Conditional writes: skipped'));
  }));

test('each way of not getting in is told at its step', () =>
  served({}, async ({ server }) => {
    const good = hostWith({ secretAccessKey: server.secretAccessKey });
    const last = async (settings: RemoteSettings, host = good) => (await tested(settings, host)).at(-1);
    const dead = await last(settingsFor(server, { endpoint: 'http://127.0.0.1:1' }));
    assert.deepEqual([dead?.title, dead?.outcome], ['Reached', 'failed']);
    assert.match(dead?.detail ?? '', /refuses connections/);
    const wrong = await tested(settingsFor(server), hostWith({ secretAccessKey: 'no' }));
    assert.deepEqual(shown(wrong).slice(0, 2), ['Reached: ok', 'Signed in: failed']);
    const none = await tested(settingsFor(server), hostWith());
    assert.deepEqual(shown(none), ['Reached: skipped', 'Signed in: failed']);
    const noBucket = await tested(settingsFor(server, { root: 'nobucket' }), good);
    const listing = noBucket.find(({ title }) => title === 'Can list');
    assert.match(listing?.detail ?? '', /no bucket "nobucket"/);
  }));

test('a failure names the settings that are probably at fault, so that one can go back to them', () =>
  served({}, async ({ server }) => {
    const good = hostWith({ secretAccessKey: server.secretAccessKey });
    const cases: readonly (readonly [Record<string, unknown>, BackendHost, string])[] = [
      [{ endpoint: 'http://127.0.0.1:1' }, good, 'endpoint'],
      [{}, hostWith({ secretAccessKey: 'no' }), 'secretAccessKey'],
      [{}, hostWith(), 'secretAccessKey'],
      [{ accessKeyId: 'NOBODY' }, good, 'accessKeyId'],
      [{ root: 'nobucket' }, good, 'root'],
      [{ credentials: 'environment' }, hostWith(), 'credentials'],
      [{ credentials: 'profile', profile: 'nobody' }, hostWith(), 'profile'],
    ];
    for (const [settings, host, field] of cases) {
      const failed = (await tested(settingsFor(server, settings), host)).filter(
        ({ outcome }) => outcome === 'failed',
      );
      assert.equal(failed[0]?.fields?.[0], field, JSON.stringify([settings, failed]));
    }
  }));

const xml = { 'content-type': 'application/xml' };
const marked = { ...xml, 'x-amz-request-id': '1', 'x-amz-id-2': '2' };
const strangers: Readonly<Record<string, readonly [number, Readonly<Record<string, string>>, string]>> = {
  'an empty 404': [404, {}, ''],
  'an empty 404 with the headers of S3': [404, marked, ''],
  'a 404 of text': [404, { 'content-type': 'text/plain' }, 'Not found'],
  'a 404 of JSON': [404, { 'content-type': 'application/json' }, '{"code":"NoSuchBucket","message":"no"}'],
  'a page that quotes a code': [
    404,
    { 'content-type': 'text/html' },
    '<html><Error><Code>NoSuchBucket</Code></Error></html>',
  ],
  'an empty 403': [403, {}, ''],
  'a 401 that asks for a password': [401, { 'www-authenticate': 'Basic' }, 'Unauthorized'],
  'a 400 of text': [400, {}, 'bad request'],
  'an empty 405': [405, {}, ''],
  'a 418': [418, marked, '<teapot><Code>Teapot</Code></teapot>'],
  'a feed under a 200': [
    200,
    xml,
    '<?xml version="1.0"?><rss><Name>x</Name><Owner><ID>1</ID></Owner><Buckets/></rss>',
  ],
  'a sitemap under a 200': [
    200,
    marked,
    '<!-- <ListBucketResult> --><urlset><IsTruncated>false</IsTruncated><Buckets><Bucket><Name>x</Name></Bucket></Buckets></urlset>',
  ],
  'an empty 200 with the headers of S3': [200, marked, ''],
  'a 200 of JSON with the headers of S3': [200, marked, '{"Name":"demo","Buckets":[]}'],
  'an error document that says nothing': [404, xml, '<Error/>'],
  "Azure's error document": [
    404,
    { ...xml, 'x-ms-request-id': '1' },
    '<?xml version="1.0"?><Error><Code>ResourceNotFound</Code><Message>x</Message></Error>',
  ],
  'an error document of another service': [
    403,
    xml,
    '<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>',
  ],
};

test('no other web server passes for an S3 service', async () => {
  const host = hostWith({ secretAccessKey: 'secret' });
  for (const [what, [status, headers, body]] of Object.entries(strangers)) {
    const server = await startNotS3((_, response) => response.writeHead(status, headers).end(body));
    try {
      for (const root of ['', 'demo', 'demo/sub']) {
        const settings = {
          name: 'r',
          backend: 's3',
          endpoint: server.endpoint,
          region: 'us-east-1',
          accessKeyId: 'a',
          root,
        };
        const [first, ...rest] = await tested(settings, host);
        assert.deepEqual(
          [first?.title, first?.outcome, rest],
          ['Reached', 'failed', []],
          `${what}, root "${root}"`,
        );
        assert.match(first?.detail ?? '', /"endpoint"/, what);
      }
    } finally {
      await server.stop();
    }
  }
});

test('whatever an S3 service refuses, it was reached', () =>
  served({}, async ({ server }) => {
    const host = hostWith({ secretAccessKey: server.secretAccessKey });
    for (const code of [
      'NoSuchBucket',
      'AccessDenied',
      'InvalidAccessKeyId',
      'MethodNotAllowed',
      'InvalidRequest',
      'PermanentRedirect',
    ])
      for (const root of ['', 'demo']) {
        server.addFault({ code, status: 403, count: 9 });
        assert.equal(shown(await tested(settingsFor(server, { root }), host))[0], 'Reached: ok', code);
        server.clearFaults();
      }
  }));

test('a layered remote can be tested as well', () =>
  served({}, async ({ remote, server }) => {
    const settings = settingsFor(server);
    const host = hostWith({ secretAccessKey: server.secretAccessKey });
    const found: ConnectionFinding[] = [];
    for await (const finding of s3Backend.testConnection(readOnly(remote), settings, host, calm))
      found.push(finding);
    assert.equal(found[0]?.outcome, 'ok');
  }));

test('a bucket in another region is found, and asked there from then on', async () => {
  // AWS itself can't be asked here; the rule that finds the address and the signature are checked without it.
  const config = readS3Config({ name: 'aws', backend: 's3', region: 'eu-west-1', accessKeyId: 'a' });
  const connection = await connectS3(config, hostWith({ secretAccessKey: 's' }));
  assert.deepEqual(await connection.addressOf('my-bucket'), {
    protocol: 'https:',
    hostname: 'my-bucket.s3.eu-west-1.amazonaws.com',
    port: undefined,
    host: 'my-bucket.s3.eu-west-1.amazonaws.com',
    basePath: '',
    scope: { region: 'eu-west-1', service: 's3' },
  });
  assert.equal(connection.movedTo('my-bucket', 'us-east-2'), true);
  assert.equal(connection.movedTo('my-bucket', 'us-east-2'), false);
  assert.equal((await connection.addressOf('my-bucket'))?.host, 'my-bucket.s3.us-east-2.amazonaws.com');
  assert.equal((await connection.addressOf('with.dots'))?.basePath, '/with.dots');
  assert.equal(await connection.addressOf('fast--euw1-az1--x-s3'), undefined);
  const accessPoint = await connection.addressOf('arn:aws:s3:eu-west-1:123456789012:accesspoint:mine');
  assert.equal(accessPoint?.host, 'mine-123456789012.s3-accesspoint.eu-west-1.amazonaws.com');
  connection.close();
});

test('our signature is the one that the SDK makes', async () => {
  const server = await startS3Server({ buckets: ['demo'] });
  const settings = settingsFor(server, { name: 'x' });
  const host = hostWith({ secretAccessKey: server.secretAccessKey, sessionToken: 'token' });
  const remote = await openS3(settings, host);
  const { client, sdk } = remote.requests.connection;
  let captured:
    | { method: string; path: string; query: Record<string, string>; headers: Record<string, string> }
    | undefined;
  client.middlewareStack.add(
    (next) => (args) => {
      captured = args.request as typeof captured;
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  await client
    .send(new sdk.ListObjectsV2Command({ Bucket: 'demo', Prefix: "a b+c/ü'(*)" }))
    .catch(() => undefined /* the server doesn't know the token; only the signature matters */);
  assert.ok(captured);
  const { authorization, 'user-agent': _, ...headers } = captured.headers;
  const date = headers['x-amz-date'] ?? '';
  const at = Date.parse(date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  const signedNames = /SignedHeaders=([^,]+)/.exec(authorization ?? '')?.[1]?.split(';') ?? [];
  const ours = signedHeaders(
    {
      method: captured.method,
      path: captured.path,
      query: Object.entries(captured.query),
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => signedNames.includes(name))),
      payloadHash: headers['x-amz-content-sha256'] ?? '',
    },
    { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey, sessionToken: 'token' },
    { region: 'us-east-1', service: 's3' },
    at,
  );
  assert.equal(ours['authorization'], authorization);
  await remote.close();
  await server.stop();
});

test('where only the SDK can sign, it does: the same work goes through it', () =>
  served({}, async ({ server }) => {
    const settings = settingsFor(server, { checksums: 'whenSupported' });
    const host = hostWith({ secretAccessKey: server.secretAccessKey });
    const config = readS3Config(settings);
    const connection = await connectS3(config, host);
    const remote = new S3Remote(config, host, { ...connection, addressOf: async () => undefined });
    const demo = parsePath('demo');
    const content = pattern(9 * 1024 * 1024);
    const facts = { modified: { s: 5, ns: 1 } };
    for (const [name, source] of [
      ['a b/ü+', wholeBody('x')],
      ['large', { ...wholeBody(content) }],
    ] as const) {
      const written = await remote.write(at(demo, name), source, facts, { kind: 'ifAbsent' }, calm);
      const { stream, entry } = await remote.read(at(demo, name), {}, calm);
      let length = 0;
      for await (const chunk of stream) length += chunk.length;
      assert.equal(length, source.size);
      assert.deepEqual(entry.modified, facts.modified);
      assert.equal(entry.version, written.version);
    }
    const listed = (await pagesOf(remote.listRecursive(demo, {}, calm))).flat();
    assert.deepEqual(
      listed.map((entry) => entry.kind === 'file' && entry.path),
      ['demo/a b/ü+', 'demo/large'],
    );
    await assert.rejects(write(remote, at(demo, 'large'), 'y', {}, { kind: 'ifAbsent' }), (error) =>
      isRemoteError(error, 'alreadyExists'),
    );
    await remote.close();
  }));

test('anonymous requests are not signed', () =>
  served({ server: { anonymous: true } }, async ({ server }) => {
    const { accessKeyId: _, ...settings } = settingsFor(server, { credentials: 'anonymous' });
    const remote = await openS3(settings, hostWith());
    await write(remote, parsePath('demo/f'), 'x');
    await remote.removeFile(parsePath('demo/f'), noPrecondition, calm);
    assert.ok(server.requests.every((request) => request.headers.authorization === undefined));
    await remote.close();
  }));

async function withFiles(
  config: string,
  work: (env: Record<string, string>, folder: string) => Promise<void>,
): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const env = {
      HOME: folder,
      AWS_CONFIG_FILE: path.join(folder, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: path.join(folder, 'credentials'),
    };
    await writeFile(env.AWS_CONFIG_FILE, config);
    await writeFile(env.AWS_SHARED_CREDENTIALS_FILE, '');
    await work(env, folder);
  });
}

test('a profile signs in, by its keys or by its program, unless programs may not be run', () =>
  served({}, async ({ server }) => {
    const keys = `aws_access_key_id = ${server.accessKeyId}\naws_secret_access_key = ${server.secretAccessKey}\n`;
    await withFiles(`[profile keys]\n${keys}`, async (env, folder) => {
      const program = path.join(folder, 'give');
      const answer = { Version: 1, AccessKeyId: server.accessKeyId, SecretAccessKey: server.secretAccessKey };
      await writeFile(program, `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`);
      await chmod(program, 0o755);
      await writeFile(
        env['AWS_CONFIG_FILE'] ?? '',
        `[profile keys]\n${keys}[profile program]\ncredential_process = ${program}\n`,
      );
      const open = (profile: string, more: Partial<BackendHost> = {}) => {
        const { accessKeyId: _, ...settings } = settingsFor(server, { profile });
        return openS3(settings, hostWith({}, { env, ...more }));
      };
      for (const profile of ['keys', 'program']) {
        const remote = await open(profile);
        await pagesOf(remote.list(parsePath('demo'), {}, calm));
        await remote.close();
      }
      const untrusted = await open('program', { mayRunPrograms: false });
      await assert.rejects(
        pagesOf(untrusted.list(parsePath('demo'), {}, calm)),
        (error) => isRemoteError(error, 'unauthenticated') && /untrusted workspace/.test(error.message),
      );
      const nobody = await open('nobody');
      await assert.rejects(
        pagesOf(nobody.list(parsePath('demo'), {}, calm)),
        (error) => isRemoteError(error, 'unauthenticated') && /no profile "nobody"/.test(error.message),
      );
      await untrusted.close();
      await nobody.close();
      assert.deepEqual(
        (await profileChoices(env)).map(({ value, description }) => `${value}: ${description}`),
        ['keys: access key', 'program: runs a program'],
      );
    });
  }));

test('an expired single sign-on names the command to run, and works once that was done', () =>
  served({}, async ({ server }) => {
    await withFiles(
      '[profile work]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = r\n[sso-session corp]\nsso_start_url = https://x.invalid/start\nsso_region = eu-west-1\n',
      async (env) => {
        const { accessKeyId: _, ...settings } = settingsFor(server, { profile: 'work' });
        const remote = await openS3(settings, hostWith({}, { env }));
        const listing = () => pagesOf(remote.list(parsePath('demo'), {}, calm));
        await assert.rejects(
          listing(),
          (error) =>
            isRemoteError(error, 'unauthenticated') && error.message.endsWith('aws sso login --profile work'),
        );
        const keys = `aws_access_key_id = ${server.accessKeyId}\naws_secret_access_key = ${server.secretAccessKey}\n`;
        await writeFile(env['AWS_CONFIG_FILE'] ?? '', `[profile work]\n${keys}`);
        await listing();
        await remote.close();
      },
    );
  }));

test('the code of an MFA device is asked for, and its absence told', () =>
  served({}, async ({ server }) => {
    const keys = 'aws_access_key_id = a\naws_secret_access_key = b\n';
    await withFiles(
      `[profile base]\n${keys}[profile mfa]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\nmfa_serial = arn:aws:iam::1:mfa/me\n`,
      async (env) => {
        const asked: string[] = [];
        const { accessKeyId: _, ...settings } = settingsFor(server, { profile: 'mfa' });
        const askCode = async (prompt: string) => {
          asked.push(prompt);
          return undefined;
        };
        const remote = await openS3(settings, hostWith({}, { env, askCode }));
        await assert.rejects(
          pagesOf(remote.list(parsePath('demo'), {}, calm)),
          (error) =>
            isRemoteError(error, 'unauthenticated') && /needs the code of its MFA device/.test(error.message),
        );
        assert.match(asked[0] ?? '', /arn:aws:iam::1:mfa\/me/);
        await remote.close();
      },
    );
  }));

test('a CA file that is no CA file is told before any request', async () => {
  await inTemporaryFolder(async (folder) => {
    const file = path.join(folder, 'ca.pem');
    const open = () => openS3({ name: 'x', backend: 's3', caFile: file, accessKeyId: 'a' }, hostWith());
    await assert.rejects(
      open(),
      (error) => isRemoteError(error, 'badSettings') && /"caFile" can't be read/.test(error.message),
    );
    await writeFile(file, 'hello');
    await assert.rejects(
      open(),
      (error) => isRemoteError(error, 'badSettings') && /holds no certificate/.test(error.message),
    );
  });
});

test('buckets are made, shown, shared from and removed', () =>
  served({}, async ({ remote, server }) => {
    const { features } = remote;
    await features.createBucket?.('fresh', undefined, calm);
    assert.equal((await remote.stat(parsePath('fresh'), calm)).kind, 'folder');
    const names = (await pagesOf(remote.list(parsePath(''), {}, calm)))
      .flat()
      .map((entry) => entry.kind !== 'unusable' && entry.path);
    assert.deepEqual(names, ['demo', 'fresh']);
    await assert.rejects(features.createBucket?.('fresh', undefined, calm) ?? Promise.resolve(), (error) =>
      isRemoteError(error, 'alreadyExists'),
    );
    await write(remote, parsePath('fresh/f.txt'), 'hello', { modified: { s: 1, ns: 0 } });
    await assert.rejects(remote.removeFolder(parsePath('fresh'), calm), (error) =>
      isRemoteError(error, 'notEmpty'),
    );
    const link = (await features.shareLink?.(parsePath('fresh/f.txt'), 60, calm)) ?? '';
    assert.equal(await (await fetch(link)).text(), 'hello');
    const groups = (await features.properties?.(parsePath('fresh/f.txt'), calm)) ?? [];
    const properties = new Map(
      groups.flatMap((group) => group.properties.map(({ name, value }) => [name, value])),
    );
    assert.equal(properties.get('Content-Type'), 'text/plain; charset=utf-8');
    assert.equal(properties.get('mtime'), '1');
    const bucket = (await features.properties?.(parsePath('fresh'), calm)) ?? [];
    assert.ok(bucket[0]?.properties.some(({ name }) => name === 'Versioning'));
    await remote.removeFile(parsePath('fresh/f.txt'), noPrecondition, calm);
    await remote.removeFolder(parsePath('fresh'), calm);
    assert.equal(server.store.findBucket('fresh'), undefined);
  }));
