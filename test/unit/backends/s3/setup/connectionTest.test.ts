import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackendHost, ConnectionFinding, RemoteSettings } from '../../../../../src/backends/backend';
import { s3Backend } from '../../../../../src/backends/s3/s3Backend';
import { readOnly } from '../../../../../src/remote/layers/readOnly';
import type { Remote } from '../../../../../src/remote/remote';
import { startNotS3 } from '../../../../servers/notS3/notS3Server';
import { calm } from '../../../../support/remoteCalls';
import { hostWith, served, settingsFor } from '../s3Fixture';

async function tested(
  settings: RemoteSettings,
  host: BackendHost,
  wrap = (remote: Remote) => remote,
): Promise<ConnectionFinding[]> {
  const remote = await s3Backend.open(settings, host);
  const found: ConnectionFinding[] = [];
  for await (const finding of s3Backend.testConnection(wrap(remote), settings, host, calm))
    found.push(finding);
  await remote.close?.();
  return found;
}

const shown = (findings: readonly ConnectionFinding[]) =>
  findings.map((finding) => `${finding.title}: ${finding.outcome}`);

test('the connection test runs all steps and leaves nothing behind', () =>
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

test('the connection test detects a store without preconditions or checksums and offers the setting for it (H31)', () =>
  served({}, async ({ server }) => {
    const host = hostWith({ secretAccessKey: server.secretAccessKey });
    const settings = settingsFor(server, { root: 'demo', checksums: 'whenSupported' });
    const has = (name: string) => (request: { headers: object }) => name in request.headers;
    const fault = { operation: 'PutObject', code: 'NotImplemented', status: 501, count: 99 };
    for (const name of ['if-match', 'if-none-match', 'x-amz-checksum-crc32'])
      server.addFault({ ...fault, when: has(name) });
    const found = await tested(settings, host);
    const fixes = found.flatMap(({ title, fix }) => (fix ? [[title, fix.settings]] : []));
    assert.deepEqual(fixes, [
      ['Conditional writes', { conditionalWrites: 'checked' }],
      ['Checksums', { checksums: 'whenRequired' }],
    ]);
    server.clearFaults();
    server.addFault({ operation: 'PutObject', code: 'AccessDenied', status: 403, count: 9 });
    assert.ok(shown(await tested(settings, host)).includes('Conditional writes: skipped'));
  }));

test('each failure to connect is reported at its step', () =>
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

test('a failure names the settings that probably cause it, so the wizard can return to them', () =>
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
      const found = await tested(settingsFor(server, settings), host);
      const failed = found.find(({ outcome }) => outcome === 'failed');
      assert.equal(failed?.fields?.[0], field, JSON.stringify([settings, failed]));
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

test('no other web server is taken for an S3 service', async () => {
  const host = hostWith({ secretAccessKey: 'secret' });
  for (const [what, [status, headers, body]] of Object.entries(strangers)) {
    const server = await startNotS3((_, response) => response.writeHead(status, headers).end(body));
    try {
      for (const root of ['', 'demo', 'demo/sub']) {
        const { endpoint } = server;
        const settings = { name: 'r', backend: 's3', endpoint, region: 'us-east-1', accessKeyId: 'a', root };
        const [first, ...rest] = await tested(settings, host);
        const found = [first?.title, first?.outcome, rest];
        assert.deepEqual(found, ['Reached', 'failed', []], `${what}, root "${root}"`);
        assert.match(first?.detail ?? '', /"endpoint"/, what);
      }
    } finally {
      await server.stop();
    }
  }
});

test('an error of an S3 service counts as reached', () =>
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

test('a remote with layers can be tested', () =>
  served({}, async ({ server }) => {
    const host = hostWith({ secretAccessKey: server.secretAccessKey });
    const [first] = await tested(settingsFor(server), host, readOnly);
    assert.equal(first?.outcome, 'ok');
  }));
