import assert from 'node:assert/strict';
import dns from 'node:dns';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { mock, test } from 'node:test';
import { createServer } from 'node:tls';
import { readText } from '../../../../src/http/httpResponse';
import { LeanClient } from '../../../../src/http/lean/leanClient';
import { listen } from '../../../servers/http/loopback';
import { certificateFile, type TestCertificate } from '../../../servers/tls/tlsFront';
import { calm } from '../../../support/remoteCalls';
import { actAsEditor } from './editorSockets';
import { okay, serving } from './rawServer';

const ca = [readFileSync(certificateFile('authority'), 'utf8')];
type Found = (error: Error | null, ...found: unknown[]) => void;

const closing = 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok';

const certificates: [certificate: TestCertificate, trusted: boolean, code: string | undefined][] = [
  ['server', true, undefined],
  ['server', false, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['otherHost', true, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['expired', true, 'CERT_HAS_EXPIRED'],
];

for (const [certificate, trusted, code] of certificates)
  for (const switchedOff of [false, true])
    test(`a certificate "${certificate}" ${trusted ? 'of a trusted' : 'of an unknown'} authority is ${code ?? 'accepted'}${switchedOff ? ', though Node verifies nothing' : ''}`, async () => {
      const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      if (switchedOff) process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
      try {
        await serving(
          () => closing,
          async (send, { requests }) => {
            if (code === undefined) assert.equal(await readText(await send(), 10), 'ok');
            else {
              await assert.rejects(send(), { name: 'Error', code });
              assert.deepEqual(requests, []);
            }
          },
          { certificate, hostname: 'localhost', ca: trusted ? ca : undefined },
        );
      } finally {
        if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
        else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
      }
    });

for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
  test(`the next connection resumes the session of ${version}`, async () => {
    const resumed: boolean[] = [];
    const keys = path.dirname(certificateFile('server'));
    const server = createServer(
      {
        cert: readFileSync(certificateFile('server')),
        key: readFileSync(path.join(keys, 'server.key')),
        minVersion: version,
        maxVersion: version,
      },
      (socket) => {
        resumed.push(socket.isSessionReused());
        socket.on('error', () => {});
        socket.once('data', () => socket.end(closing));
      },
    );
    const { port, stop } = await listen(server);
    const target = { protocol: 'https:', hostname: 'localhost', port: String(port) };
    const client = new LeanClient(target, { maxConnections: 1, ca });
    try {
      for (const _ of [1, 2, 3]) {
        const response = await client.send({ ...target, method: 'GET', path: '/', headers: {} }, calm);
        assert.equal(await readText(response, 10), 'ok');
      }
      assert.deepEqual(resumed, [false, true, true]);
    } finally {
      client.close();
      await stop();
    }
  });

for (const certificate of [undefined, 'server'] as const)
  test(`${certificate ? 'TLS' : 'plain'}: another address of the host is tried when the first refuses, whatever the process is set to`, async () => {
    const wasOn = net.getDefaultAutoSelectFamily();
    net.setDefaultAutoSelectFamily(false);
    const { lookup } = dns;
    mock.method(dns, 'lookup', ((host: string, options: dns.LookupOptions, done: Found) => {
      if (host !== 's3.test') return lookup(host, options as dns.LookupOneOptions, done);
      const addresses = ['127.0.0.2', '127.0.0.1'].map((address) => ({ address, family: 4 }));
      return options.all ? done(null, addresses) : done(null, '127.0.0.2', 4);
    }) as never);
    try {
      await serving(
        () => okay('found'),
        async (send) => assert.equal(await readText(await send(), 10), 'found'),
        { hostname: 's3.test', ...(certificate && { certificate }), ca },
      );
    } finally {
      mock.restoreAll();
      net.setDefaultAutoSelectFamily(wasOn);
    }
  });

for (const certificate of [undefined, 'server'] as const)
  test(`${certificate ? 'TLS' : 'plain'}: works where the editor replaces the functions that connect`, async () => {
    actAsEditor(ca);
    try {
      await serving(
        (request) => okay(request.startsWith('GET') ? 'x'.repeat(300_000) : 'put'),
        async (send, { connections }) => {
          assert.equal(await readText(await send({ method: 'PUT', body: Buffer.from('body') }), 10), 'put');
          assert.equal((await readText(await send(), 300_000)).length, 300_000);
          const stream = (await send()).stream();
          await once(stream, 'readable');
          assert.equal(Buffer.concat(await stream.toArray()).length, 300_000);
          assert.equal(connections.length, 1);
        },
        { hostname: 'localhost', ...(certificate && { certificate }) },
      );
    } finally {
      mock.restoreAll();
    }
  });
