import assert from 'node:assert/strict';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import * as vscode from 'vscode';
import { type ProxyServer, startProxy } from '../../servers/proxy/proxyServer';
import { certificateFile, startTlsFront } from '../../servers/tls/tlsFront';
import { test } from '../harness/inHostTests';
import { configureRemotes, independentClient, serverRequests } from './testServer';

const { fs } = vscode.workspace;
const bucket = 'behind';
const served = JSON.parse(process.env['CLOUD_REMOTES_TEST_S3'] ?? '{}') as {
  endpoint: string;
  remote: Record<string, unknown>;
};
const s3Port = Number(new URL(served.endpoint).port);

function at(remote: string, path: string): vscode.Uri {
  return vscode.Uri.from({ scheme: 'cloudremotes', authority: remote, path: `/${path}` });
}

/** A remote whose host only the proxy knows. */
function behindProxy(name: string, endpoint: string, more: object = {}): Record<string, unknown> {
  return { ...served.remote, name, endpoint, ...more };
}

const plain = behindProxy('plain', 'http://s3.test:8333');
const secure = behindProxy('secure', 'https://s3.test:8443', { caFile: certificateFile('authority') });

async function rejectsListing(remote: string, expected: RegExp): Promise<void> {
  await assert.rejects(async () => fs.readDirectory(at(remote, bucket)), expected);
}

async function setHttp(settings: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, value] of Object.entries(settings))
    await vscode.workspace.getConfiguration('http').update(name, value, vscode.ConfigurationTarget.Global);
}

/** Runs `work` with the proxy in the settings, then stops the proxy. */
async function through(
  proxy: ProxyServer,
  settings: Readonly<Record<string, unknown>>,
  work: () => Promise<void>,
): Promise<void> {
  await setHttp({ proxy: proxy.url, ...settings });
  try {
    await work();
  } finally {
    const changed = ['proxy', ...Object.keys(settings)];
    await setHttp(Object.fromEntries(changed.map((name) => [name, undefined])));
    await proxy.stop();
  }
}

/** Uses both request paths: our own (put, get, list, head) and the SDK's (list of buckets, copy, delete). */
async function useAll(remote: string, key: string): Promise<void> {
  await fs.writeFile(at(remote, `${bucket}/${key}`), Buffer.from('through the proxy'));
  assert.equal(String(await fs.readFile(at(remote, `${bucket}/${key}`))), 'through the proxy');
  await fs.copy(at(remote, `${bucket}/${key}`), at(remote, `${bucket}/${key}-copy`));
  await fs.delete(at(remote, `${bucket}/${key}`));
  const names = (await fs.readDirectory(at(remote, bucket))).map(([name]) => name);
  assert.ok(names.includes(`${key}-copy`) && !names.includes(key), names.join());
  assert.ok((await fs.readDirectory(at(remote, ''))).some(([name]) => name === bucket));
}

test('proxy: every request to an http service goes through the proxy of the settings', async () => {
  await independentClient().send(new CreateBucketCommand({ Bucket: bucket }));
  await configureRemotes(plain);
  const proxy = await startProxy({ hosts: { 's3.test': s3Port } });
  await through(proxy, {}, async () => {
    const before = (await serverRequests()).length;
    await useAll('plain', 'plain.txt');
    // The poll of documents that other tests left open sends requests too, to other buckets.
    const seen = (await serverRequests())
      .slice(before)
      .filter((request) => request.operation === 'ListBuckets' || request.bucket === bucket);
    assert.ok(seen.length >= 6);
    assert.equal(proxy.requests.length, seen.length);
    assert.ok(proxy.requests.every(({ to, status }) => to === 's3.test:8333' && status === 200));
    assert.ok(seen.every(({ headers }) => headers.host === 's3.test:8333'));
  });
});

test('proxy: every request to an https service goes through a tunnel, in which "caFile" applies', async () => {
  const front = await startTlsFront(s3Port);
  await configureRemotes(secure, behindProxy('distrusted', 'https://s3.test:8443'));
  const proxy = await startProxy({ hosts: { 's3.test': front.port } });
  try {
    await through(proxy, {}, async () => {
      const before = (await serverRequests()).length;
      await useAll('secure', 'secure.txt');
      assert.ok(proxy.requests.length > 0);
      assert.ok(proxy.requests.every(({ method, to }) => method === 'CONNECT' && to === 's3.test:8443'));
      assert.ok((await serverRequests()).length >= before + 6);
      await rejectsListing('distrusted', /s3\.test:8443 can't be trusted.*"caFile"/);
    });
  } finally {
    await front.stop();
  }
});

test('proxy: sends the login in the proxy URL; without it the error names the proxy', async () => {
  await configureRemotes(plain, secure);
  const front = await startTlsFront(s3Port);
  try {
    for (const [remote, port] of [
      ['plain', s3Port],
      ['secure', front.port],
    ] as const) {
      const proxy = await startProxy({ hosts: { 's3.test': port }, login: 'anna:s3cret' });
      await through(proxy, {}, async () => {
        await useAll(remote, `${remote}-login.txt`);
        assert.ok(proxy.requests.some(({ status }) => status === 200));
        await setHttp({ proxy: `http://127.0.0.1:${proxy.port}` });
        await rejectsListing(remote, /The proxy on the way to s3\.test:\d+ asks for a login/);
      });
    }
  } finally {
    await front.stop();
  }
});

test('proxy: hosts in "http.noProxy", and all with "http.proxySupport": "off", are requested directly', async () => {
  await configureRemotes(plain);
  for (const settings of [{ noProxy: ['s3.test'] }, { proxySupport: 'off' }]) {
    const proxy = await startProxy({ hosts: { 's3.test': s3Port } });
    await through(proxy, settings, async () => {
      await rejectsListing('plain', /host s3\.test can't be found/);
      assert.equal(proxy.requests.length, 0);
    });
  }
});

test('proxy: the proxy is used with "http.proxySupport": "fallback" too, which keeps an extension’s agent', async () => {
  await configureRemotes(plain);
  const proxy = await startProxy({ hosts: { 's3.test': s3Port } });
  await through(proxy, { proxySupport: 'fallback' }, async () => {
    await useAll('plain', 'fallback.txt');
    assert.ok(proxy.requests.length >= 6);
  });
});

test('proxy: a failing or stopped proxy gives a sentence, not an empty folder', async () => {
  const remotes = ['http', 'https'];
  await configureRemotes(...remotes.map((scheme) => behindProxy(scheme, `${scheme}://nowhere.test`)));
  const proxy = await startProxy({ hosts: {} });
  await through(proxy, {}, async () => {
    for (const remote of remotes)
      await rejectsListing(remote, /nowhere\.test has a temporary problem \(502\)/);
    assert.ok(proxy.requests.every(({ status }) => status === 502));
    await proxy.stop();
    for (const remote of remotes)
      await rejectsListing(remote, /The proxy on the way to nowhere\.test can't be reached/);
  });
});
