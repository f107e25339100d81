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

/** A remote whose host nobody but the proxy knows. */
function behindProxy(name: string, more: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...served.remote, name, ...more };
}

async function setHttp(settings: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, value] of Object.entries(settings))
    await vscode.workspace.getConfiguration('http').update(name, value, vscode.ConfigurationTarget.Global);
}

async function through(
  proxy: ProxyServer,
  settings: Readonly<Record<string, unknown>>,
  work: () => Promise<void>,
): Promise<void> {
  await setHttp({ proxy: proxy.url, ...settings });
  try {
    await work();
  } finally {
    await setHttp({
      proxy: undefined,
      ...Object.fromEntries(Object.keys(settings).map((n) => [n, undefined])),
    });
    await proxy.stop();
  }
}

/** Makes the plain way work (put, get, list, head) and the SDK's way (list of buckets, copy, delete). */
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
  await configureRemotes(behindProxy('plain', { endpoint: 'http://s3.test:8333' }));
  const proxy = await startProxy({ hosts: { 's3.test': s3Port } });
  await through(proxy, {}, async () => {
    const before = (await serverRequests()).length;
    await useAll('plain', 'plain.txt');
    // Documents that other tests left open are looked at besides, in their own buckets.
    const seen = (await serverRequests())
      .slice(before)
      .filter(({ operation, bucket: asked }) => operation === 'ListBuckets' || asked === bucket);
    assert.ok(seen.length >= 6);
    assert.equal(proxy.requests.length, seen.length);
    assert.ok(proxy.requests.every(({ to, status }) => to === 's3.test:8333' && status === 200));
    assert.ok(seen.every(({ headers }) => headers.host === 's3.test:8333'));
  });
});

test('proxy: every request to an https service goes through a tunnel, and "caFile" holds inside it', async () => {
  const front = await startTlsFront(s3Port);
  await configureRemotes(
    behindProxy('secure', { endpoint: 'https://s3.test:8443', caFile: certificateFile('authority') }),
    behindProxy('distrusted', { endpoint: 'https://s3.test:8443' }),
  );
  const proxy = await startProxy({ hosts: { 's3.test': front.port } });
  try {
    await through(proxy, {}, async () => {
      const before = (await serverRequests()).length;
      await useAll('secure', 'secure.txt');
      assert.ok(proxy.requests.length > 0);
      assert.ok(proxy.requests.every(({ method, to }) => method === 'CONNECT' && to === 's3.test:8443'));
      assert.ok((await serverRequests()).length >= before + 6);
      await assert.rejects(
        async () => fs.readDirectory(at('distrusted', bucket)),
        /s3\.test:8443 can't be trusted.*"caFile"/,
      );
    });
  } finally {
    await front.stop();
  }
});

test('proxy: the login in the address of the proxy is sent; without it the sentence names the proxy', async () => {
  await configureRemotes(
    behindProxy('plain', { endpoint: 'http://s3.test:8333' }),
    behindProxy('secure', { endpoint: 'https://s3.test:8443', caFile: certificateFile('authority') }),
  );
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
        await assert.rejects(
          async () => fs.readDirectory(at(remote, bucket)),
          /The proxy on the way to s3\.test:\d+ asks for a login/,
        );
      });
    }
  } finally {
    await front.stop();
  }
});

test('proxy: hosts of "http.noProxy" are asked directly, and "http.proxySupport": "off" uses no proxy', async () => {
  await configureRemotes(behindProxy('plain', { endpoint: 'http://s3.test:8333' }));
  const settings = [{ noProxy: ['s3.test'] }, { proxySupport: 'off' }];
  for (const more of settings) {
    const proxy = await startProxy({ hosts: { 's3.test': s3Port } });
    await through(proxy, more, async () => {
      await assert.rejects(async () => fs.readDirectory(at('plain', bucket)), /host s3\.test can't be found/);
      assert.equal(proxy.requests.length, 0);
    });
  }
});

test('proxy: also where the editor keeps an extension’s own agent ("fallback") the proxy is used', async () => {
  await configureRemotes(behindProxy('plain', { endpoint: 'http://s3.test:8333' }));
  const proxy = await startProxy({ hosts: { 's3.test': s3Port } });
  await through(proxy, { proxySupport: 'fallback' }, async () => {
    await useAll('plain', 'fallback.txt');
    assert.ok(proxy.requests.length >= 6);
  });
});

test('proxy: one that knows no way, or is down, gives a sentence and not an empty folder', async () => {
  await configureRemotes(
    behindProxy('plain', { endpoint: 'http://nowhere.test' }),
    behindProxy('secure', { endpoint: 'https://nowhere.test' }),
  );
  const proxy = await startProxy({ hosts: {} });
  await through(proxy, {}, async () => {
    for (const remote of ['plain', 'secure'])
      await assert.rejects(
        async () => fs.readDirectory(at(remote, bucket)),
        /nowhere\.test has a temporary problem \(502\)/,
      );
    assert.ok(proxy.requests.every(({ status }) => status === 502));
    await proxy.stop();
    for (const remote of ['plain', 'secure'])
      await assert.rejects(
        async () => fs.readDirectory(at(remote, bucket)),
        /The proxy on the way to nowhere\.test can't be reached/,
      );
  });
});
