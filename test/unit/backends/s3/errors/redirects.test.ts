import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { detourNamedBy, regionNamedBy } from '../../../../../src/backends/s3/errors/redirects';
import { S3ServiceError } from '../../../../../src/backends/s3/errors/serviceRefusal';
import { silentLog } from '../../../../../src/base/log';
import { withRetry } from '../../../../../src/remote/layers/withRetry';
import type { Remote } from '../../../../../src/remote/remote';
import { isRemoteError } from '../../../../../src/remote/remoteError';
import { parsePath } from '../../../../../src/remote/remotePath';
import type { S3Fault } from '../../../../servers/s3/requests/faults';
import { startS3Server } from '../../../../servers/s3/s3Server';
import { createFakeClock } from '../../../../support/fakeClock';
import {
  at,
  calm,
  deepNames,
  noPrecondition,
  pattern,
  readText,
  statFile,
  write,
} from '../../../../support/remoteCalls';
import { hostWith, openByHost, served, settingsByHost } from '../s3Fixture';

const demo = parsePath('demo');
const mebi = 1024 * 1024;
const inParts = { uploadCutoff: '10Mi', chunkSize: '5Mi' };

const [nine, eleven] = [pattern(9 * mebi), pattern(11 * mebi)];

const uses: Readonly<Record<string, (remote: Remote) => Promise<unknown> | undefined>> = {
  stat: (remote) => remote.stat(at(demo, 'f'), calm),
  list: (remote) => deepNames(remote, demo),
  read: (remote) => readText(remote, at(demo, 'f')),
  write: (remote) => write(remote, at(demo, 'new'), 'new'),
  'write as a stream': (remote) => write(remote, at(demo, 'new'), nine),
  'write in parts': (remote) => write(remote, at(demo, 'new'), eleven),
  copy: async (remote) =>
    remote.serverSideCopy?.(await statFile(remote, at(demo, 'f')), at(demo, 'copy'), noPrecondition, calm),
  remove: (remote) => remote.removeFiles?.([at(demo, 'f')], calm),
};

const document = (code: string, more: string) =>
  `<Error><Code>${code}</Code><Message>m</Message>${more}</Error>`;
const s3 = { 'x-amz-request-id': '1', 'content-type': 'application/xml' };
/** Ways to name a region that does not exist. */
const nonsense: Readonly<Record<string, S3Fault>> = {
  'a header': { status: 301, code: 'PermanentRedirect', headers: { 'x-amz-bucket-region': 'mars-north-1' } },
  'the document': {
    status: 400,
    body: document('AuthorizationHeaderMalformed', '<Region>mars-north-1</Region>'),
    headers: s3,
  },
  'a temporary redirect': {
    status: 307,
    code: 'TemporaryRedirect',
    headers: { 'x-amz-bucket-region': 'mars-north-1' },
  },
  'a region that would change the host': {
    status: 301,
    code: 'PermanentRedirect',
    headers: { 'x-amz-bucket-region': 'evil.example/#' },
  },
  'an endpoint elsewhere': {
    status: 301,
    body: document('PermanentRedirect', '<Endpoint>s3.mars-north-1.amazonaws.com</Endpoint>'),
    headers: s3,
  },
  'a location elsewhere': {
    status: 307,
    code: 'TemporaryRedirect',
    headers: { location: 'http://192.0.2.1/demo/f' },
  },
};

test('a region in which no request has worked is forgotten, so one wrong redirect breaks nothing', async () => {
  for (const [way, fault] of Object.entries(nonsense))
    for (const [use, act] of Object.entries(uses))
      await served({ settings: inParts, host: { clock: createFakeClock() } }, async ({ remote, server }) => {
        server.store.put('demo', 'f', 'content');
        const layered = withRetry(remote, { clock: createFakeClock(), log: silentLog });
        server.addFault({ ...fault, count: 1 });
        await Promise.resolve(act(layered)).catch((error: unknown) => {
          assert.ok(isRemoteError(error, 'badSettings', 'other'), `${way}, ${use}: ${error}`);
        });
        server.clearRequests();
        server.store.put('demo', 'f', 'content');
        await act(layered);
        const refused = server.requests.find(({ status }) => status >= 300 && status !== 404);
        assert.equal(refused?.code, undefined, `${way}, ${use}`);
        assert.equal(refused, undefined);
        for (const { headers } of server.requests) assert.match(headers.authorization ?? '', /\/us-east-1\//);
      });
});

test('a redirect that always names a missing region is an error each time, after a few requests', () =>
  served({ server: { strictRegions: true } }, async ({ remote, server }) => {
    const fault = server.addFault({
      status: 301,
      code: 'PermanentRedirect',
      headers: { 'x-amz-bucket-region': 'mars-north-1' },
      count: Number.POSITIVE_INFINITY,
    });
    for (let i = 0; i < 3; i++)
      await assert.rejects(remote.stat(at(demo, 'f'), calm), { kind: 'badSettings' });
    assert.ok(fault.hits <= 9, String(fault.hits));
    server.clearFaults();
    server.store.put('demo', 'f', 'x');
    await remote.stat(at(demo, 'f'), calm);
  }));

test('every way to name a region is recognised, and no other text is', () => {
  const table: readonly [number, Record<string, string>, string, string | undefined][] = [
    [301, { 'x-amz-bucket-region': 'eu-west-3' }, '', 'eu-west-3'],
    [400, { 'x-amz-bucket-region': 'eu-west-3' }, '', 'eu-west-3'],
    [400, {}, '<Region>eu-west-3</Region>', 'eu-west-3'],
    [307, {}, '<Endpoint>b.s3.eu-west-3.amazonaws.com</Endpoint>', 'eu-west-3'],
    [301, {}, '<Endpoint>b.s3-eu-west-3.amazonaws.com</Endpoint>', 'eu-west-3'],
    [301, {}, '<Endpoint>s3.dualstack.ap-south-1.amazonaws.com</Endpoint>', 'ap-south-1'],
    [301, {}, '<Endpoint>s3.cn-north-1.amazonaws.com.cn</Endpoint>', 'cn-north-1'],
    [301, {}, '<Endpoint>b.s3.amazonaws.com</Endpoint>', 'us-east-1'],
    [307, { location: 'https://b.s3.us-gov-west-1.amazonaws.com/k' }, '', 'us-gov-west-1'],
    [301, { location: 'https://s3.eu-west-3.amazonaws.com.evil.example/' }, '', undefined],
    [301, {}, '<Endpoint>s3.eu-west-3.evil.example</Endpoint>', undefined],
    [301, {}, '<Endpoint>evils3.eu-west-3.amazonaws.com</Endpoint>', undefined],
    [301, { 'x-amz-bucket-region': 'evil.example' }, '', undefined],
    [301, { 'x-amz-bucket-region': 'a/b' }, '<Region>eu-west-3</Region>', 'eu-west-3'],
    [301, { 'x-amz-bucket-region': `${'a'.repeat(64)}` }, '', undefined],
    [403, { 'x-amz-bucket-region': 'eu-west-3' }, '', undefined],
    [404, {}, '<Region>eu-west-3</Region>', undefined],
  ];
  for (const [status, headers, more, region] of table)
    assert.equal(
      regionNamedBy(new S3ServiceError(status, headers, document('PermanentRedirect', more))),
      region,
      JSON.stringify([headers, more]),
    );
});

test('a location is followed only to the same service, bucket and key', () => {
  const base = 'https://s3.example:9000/base';
  const table: readonly [string, string, string | undefined][] = [
    ['https://s3.example:9000/base/b/k%20x', 'k x', 'https://s3.example:9000/base path'],
    ['/base/b/k%20x', 'k x', 'https://s3.example:9000/base path'],
    ['https://node7.s3.example:9000/base/b/k', 'k', 'https://node7.s3.example:9000/base path'],
    ['https://b.s3.example:9000/base/k', 'k', 'https://s3.example:9000/base host'],
    ['https://b.node7.s3.example:9000/base/k', 'k', 'https://node7.s3.example:9000/base host'],
    ['https://s3.example:9000/base/b?list-type=2', '', 'https://s3.example:9000/base path'],
    ['https://s3.example:9000/base/b/', '', 'https://s3.example:9000/base path'],
    ['https://s3.example:9000/base/b/other', 'k', undefined],
    ['https://s3.example:9000/base/other/k', 'k', undefined],
    ['https://s3.example:9000/base/b/%zz', '%zz', undefined],
    ['https://s3.example:9001/base/b/k', 'k', undefined],
    ['http://s3.example:9000/base/b/k', 'k', undefined],
    ['https://s3.example.evil:9000/base/b/k', 'k', undefined],
    ['https://evils3.example:9000/base/b/k', 'k', undefined],
    ['https://example:9000/base/b/k', 'k', undefined],
    ['https://s3.example@evil.example:9000/base/b/k', 'k', undefined],
    ['https://u:p@s3.example:9000/base/b/k', 'k', undefined],
    ['//evil.example/base/b/k', 'k', undefined],
    ['ftp://s3.example:9000/base/b/k', 'k', undefined],
    ['not a location', 'k', undefined],
  ];
  for (const [location, key, wanted] of table) {
    const found = detourNamedBy(new S3ServiceError(307, { location }, ''), base, 'b', key);
    assert.equal(found && `${found.endpoint} ${found.forcePathStyle ? 'path' : 'host'}`, wanted, location);
  }
  for (const [status, location, from] of [
    [302, `${base}/b/k`, base],
    [307, 'http://127.0.0.2/b/k', 'http://127.0.0.1/'],
    [307, 'http://x.127.0.0.1/b/k', 'http://127.0.0.1/'],
  ] as const)
    assert.equal(detourNamedBy(new S3ServiceError(status, { location }, ''), from, 'b', 'k'), undefined);
});

test('every request of both clients follows a temporary redirect without a region', async () => {
  const server = await startS3Server({ buckets: ['demo'], hostSuffixes: ['node.localhost', 'localhost'] });
  const clock = createFakeClock();
  const host = hostWith({ secretAccessKey: server.secretAccessKey }, { clock });
  const remote = await openByHost(settingsByHost(server, { forcePathStyle: true, ...inParts }), host);
  const layered = withRetry(remote, { clock, log: silentLog });
  try {
    for (const base of ['demo.localhost', 'node.localhost', 'localhost'])
      for (const [use, act] of Object.entries(uses)) {
        server.store.put('demo', 'f', 'content');
        server.clearFaults();
        const isThere = ({ headers }: { headers: { host?: string | undefined } }) =>
          headers.host === `${base}:${server.port}`;
        let count = 0;
        server.addFault({
          when: (request) => (base === 'localhost' ? count++ === 0 : !isThere(request)),
          status: 307,
          code: 'TemporaryRedirect',
          redirectTo: (url) =>
            `http://${base}:${server.port}${base.startsWith('demo.') ? url.replace(/^\/demo\/?/, '/') : url}`,
          count: Number.POSITIVE_INFINITY,
        });
        await act(layered);
        assert.ok(
          server.requests.some(({ status }) => status < 300),
          `${base}, ${use}`,
        );
      }
  } finally {
    await remote.close();
    await server.stop();
  }
});

test('no request goes to another host, in whatever way a response names it', async () => {
  const asked: string[] = [];
  const stranger = createServer((message, response) => {
    asked.push(message.url ?? '');
    response.end();
  });
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  const { port } = stranger.address() as AddressInfo;
  try {
    await served({ settings: inParts }, async ({ remote, server }) => {
      server.store.put('demo', 'f', 'content');
      for (const status of [301, 302, 303, 307, 308])
        for (const act of Object.values(uses)) {
          server.clearFaults();
          server.addFault({
            status,
            code: 'TemporaryRedirect',
            redirectTo: (url) => `http://127.0.0.1:${port}${url}`,
            count: Number.POSITIVE_INFINITY,
          });
          await assert.rejects(
            async () => act(remote),
            (error) => isRemoteError(error, 'badSettings', 'other', 'unavailable'),
          );
        }
    });
    assert.deepEqual(asked, []);
  } finally {
    stranger.close();
  }
});
