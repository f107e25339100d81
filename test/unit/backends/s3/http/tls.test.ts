import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { ConnectionFinding } from '../../../../../src/backends/backend';
import { s3Backend } from '../../../../../src/backends/s3/s3Backend';
import type { S3Remote } from '../../../../../src/backends/s3/s3Remote';
import type { RemoteErrorKind } from '../../../../../src/remote/remoteError';
import { parsePath } from '../../../../../src/remote/remotePath';
import { type S3TestServer, startS3Server } from '../../../../servers/s3/s3Server';
import { certificateFile, startTlsFront, type TestCertificate } from '../../../../servers/tls/tlsFront';
import { calm, noPrecondition, pagesOf, write } from '../../../../support/remoteCalls';
import { hostWith, inTemporaryFolder, openS3, settingsFor } from '../s3Fixture';

let server: S3TestServer;
before(async () => {
  server = await startS3Server({ buckets: ['demo'] });
});
after(() => server.stop());

const authority = certificateFile('authority');
const host = () => hostWith({ secretAccessKey: server.secretAccessKey });

/** Runs `work` with a remote on an https endpoint with the given certificate. */
async function secured(
  certificate: TestCertificate,
  settings: Readonly<Record<string, unknown>>,
  work: (remote: S3Remote, settings: ReturnType<typeof settingsFor>) => Promise<void>,
): Promise<void> {
  const front = await startTlsFront(server.port, certificate);
  const all = settingsFor(server, { endpoint: `https://127.0.0.1:${front.port}`, ...settings });
  const remote = await openS3(all, host());
  try {
    await work(remote, all);
  } finally {
    await remote.close();
    await front.stop();
  }
}

/** Expects that requests of both clients fail. */
async function bothFail(remote: S3Remote, kind: RemoteErrorKind, says: RegExp): Promise<void> {
  for (const path of ['demo', ''])
    await assert.rejects(pagesOf(remote.list(parsePath(path), {}, calm)), { kind, message: says }, path);
}

test('a certificate of a private authority is an error without "caFile", and accepted with it', async () => {
  server.clearRequests();
  await secured('server', {}, async (remote, settings) => {
    await bothFail(
      remote,
      'badSettings',
      /^127\.0\.0\.1:\d+ can't be trusted: its certificate is .*not trusted here\. If .* set "caFile"/,
    );
    const findings: ConnectionFinding[] = [];
    for await (const finding of s3Backend.testConnection(remote, settings, host(), calm))
      findings.push(finding);
    assert.deepEqual([findings.length, findings[0]?.title, findings[0]?.outcome], [1, 'Reached', 'failed']);
    assert.match(findings[0]?.detail ?? '', /"caFile"/);
  });
  assert.equal(server.requests.length, 0);
  await secured('server', { caFile: authority }, async (remote) => {
    await write(remote, parsePath('demo/tls.txt'), 'x'.repeat(100_000));
    await pagesOf(remote.list(parsePath(''), {}, calm));
    await pagesOf(remote.list(parsePath('demo'), {}, calm));
    await remote.removeFile(parsePath('demo/tls.txt'), noPrecondition, calm);
  });
});

test('an expired certificate, or one for another host, is an error even with "caFile"', async () => {
  await secured('otherHost', { caFile: authority }, (remote) =>
    bothFail(remote, 'badSettings', /its certificate is for another host name.*"endpoint"/),
  );
  await secured('expired', { caFile: authority }, (remote) =>
    bothFail(remote, 'badSettings', /its certificate has expired/),
  );
});

test('"caFile" may be UTF-16, as PowerShell writes it', () =>
  inTemporaryFolder(async (folder) => {
    const caFile = path.join(folder, 'ca.pem');
    await writeFile(caFile, Buffer.from(`\uFEFF${await readFile(authority, 'utf8')}`, 'utf16le'));
    await secured('server', { caFile }, async (remote) => {
      await pagesOf(remote.list(parsePath('demo'), {}, calm));
    });
  }));

test('an unreadable "caFile" is an error that names the file', () =>
  inTemporaryFolder(async (folder) => {
    const open = (caFile: string) => openS3(settingsFor(server, { caFile }), host());
    const file = path.join(folder, 'ca.pem');
    for (const [text, says] of [
      [undefined, /"caFile" can't be read: there is no file .*ca\.pem\.$/],
      ['', /"caFile" \(.*ca\.pem\) holds no certificate.*PEM/],
      ['not a certificate', /"caFile" \(.*ca\.pem\) holds no certificate/],
      [
        '-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n',
        /"caFile" \(.*ca\.pem\) holds a certificate that can't be read/,
      ],
    ] as const) {
      if (text !== undefined) await writeFile(file, text);
      await assert.rejects(open(file), { kind: 'badSettings', message: says });
    }
    const message = /"caFile" can't be read: .* is a folder/;
    await assert.rejects(open(folder), { kind: 'badSettings', message });
  }));

test('the errors of http:// to a TLS port and https:// to a plain port name the endpoint', async () => {
  await secured('server', {}, async (_, settings) => {
    const endpoint = String(settings['endpoint']).replace('https', 'http');
    const remote = await openS3({ ...settings, endpoint }, host());
    await bothFail(remote, 'unavailable', /closed the connection|"endpoint"/);
    await remote.close();
  });
  const endpoint = server.endpoint.replace('http', 'https');
  const remote = await openS3(settingsFor(server, { endpoint }), host());
  await bothFail(remote, 'badSettings', /doesn't speak TLS there\. Does "endpoint" need http:\/\//);
  await remote.close();
});
