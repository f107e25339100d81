import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { served, servedWith, TestServers } from './testClient';

const servers = new TestServers();
afterEach(() => servers.stop());

const file = (name: string) => ({ name, kind: 'FILE' });

describe('faults: matching', () => {
  served('strikes by operation, after skipped requests, the given number of times', async (client) => {
    const fault = client.server.addFault({ operation: ['quota', 'usage'], skip: 1, count: 2, status: 500 });
    const statuses: number[] = [];
    for (const path of ['account/quota', 'account/info', 'account/usage', 'account/quota', 'account/quota'])
      statuses.push((await client.meta('GET', path)).status);
    assert.deepEqual(statuses, [200, 200, 500, 500, 200]);
    assert.deepEqual([fault.hits, fault.passed], [2, 1]);
  });

  served('strikes by method, URL, account and node name', async (client) => {
    const { server, drive } = client;
    drive.putFile('a.txt', 'x');
    server.addFault({
      method: 'PUT',
      url: /^\/drive\/v1\/trash\//,
      node: 'a.txt',
      status: 503,
      count: Infinity,
    });
    server.addFault({ operation: 'upload', node: /\.bad$/, status: 503, count: Infinity });
    server.addFault({ account: 'ben', status: 503, count: Infinity });
    server.addFault({
      when: ({ json }) => (json as { name?: string } | undefined)?.name === 'no',
      status: 503,
    });
    assert.equal((await client.meta('PUT', `trash/${drive.nodeAt('a.txt').id}`)).status, 503);
    assert.equal((await client.upload(file('x.bad'), 'x')).status, 503);
    assert.equal((await client.upload(file('x.good'), 'x')).status, 201);
    assert.equal((await client.meta('POST', 'nodes', { body: { name: 'no', kind: 'FOLDER' } })).status, 503);
    server.clearFaults();
    assert.equal((await client.upload(file('x.bad'), 'x')).status, 201);
  });

  it('strikes with a probability, repeatably by seed', async () => {
    const run = async (seed: number): Promise<string> => {
      const client = await servers.client();
      client.server.addFault({ probability: 0.5, seed, status: 503 });
      let marks = '';
      for (let times = 0; times < 40; times++)
        marks += (await client.meta('GET', 'account/info')).status === 200 ? '.' : '!';
      return marks;
    };
    const first = await run(7);
    assert.equal(await run(7), first);
    assert.notEqual(await run(8), first);
    const hits = first.replaceAll('.', '').length;
    assert.ok(hits > 8 && hits < 32, first);
  });
});

describe('faults: effects', () => {
  served('answer with any status, headers and body; the default body is the usual one', async (client) => {
    const { server } = client;
    const answer = async (fault: object) => {
      server.addFault({ operation: 'accountInfo', ...fault });
      return client.meta('GET', 'account/info');
    };
    const slow = await answer({ status: 429, retryAfter: 7 });
    assert.deepEqual(
      [slow.status, slow.headers['retry-after'], slow.json.message],
      [429, '7', 'Rate exceeded'],
    );
    assert.equal((await answer({ status: 429 })).headers['retry-after'], undefined);
    assert.deepEqual((await answer({ status: 500 })).json, { message: 'Internal failure' });
    const gone = await answer({ status: 504 });
    assert.deepEqual([gone.statusText, gone.text], ['GATEWAY_TIMEOUT', '']);
    assert.equal((await answer({ status: 408 })).statusText, 'REQUEST_TIMEOUT');
    const odd = await answer({ status: 502, statusText: 'Odd', body: '<html>', headers: { 'X-Y': 'z' } });
    assert.deepEqual([odd.status, odd.statusText, odd.text, odd.headers['x-y']], [502, 'Odd', '<html>', 'z']);
    const sporadic = await answer({ sporadic403: true });
    assert.equal(sporadic.status, 403);
    assert.match(sporadic.json.message, /^Authorization header requires 'Credential' parameter/);
  });

  served('break the connection in the middle of a request, which is not performed', async (client) => {
    client.server.addFault({ operation: 'upload', cutRequestAfterBytes: 50_000 });
    await assert.rejects(client.upload(file('x'), Buffer.alloc(2_000_000)));
    assert.deepEqual(client.drive.tree(), []);
    const entry = client.server.requests.at(-1);
    assert.equal(entry?.status, 0);
    assert.ok((entry?.bytesIn ?? 0) >= 50_000 && (entry?.bytesIn ?? 0) < 2_000_000);
  });

  served('break the connection in the middle of an answer', async (client) => {
    const { id } = client.drive.putFile('a', Buffer.alloc(300_000, 1));
    client.server.addFault({ operation: 'download', cutResponseAfterBytes: 100_000 });
    await assert.rejects(client.content('GET', `nodes/${id}/content`));
    assert.deepEqual(
      [client.server.requests.at(-1)?.status, client.server.requests.at(-1)?.bytesOut],
      [200, 100_000],
    );
  });

  served('perform the operation and lose the answer, or give a wrong answer', async (client) => {
    client.server.addFault({ operation: 'createFolder', loseResponse: true });
    await assert.rejects(client.meta('POST', 'nodes', { body: { name: 'lost', kind: 'FOLDER' } }));
    client.server.addFault({ operation: 'createFolder', status: 500, afterDoing: true });
    assert.equal(
      (await client.meta('POST', 'nodes', { body: { name: 'wrong', kind: 'FOLDER' } })).status,
      500,
    );
    assert.deepEqual(client.drive.tree(), ['lost/', 'wrong/']);
  });

  served('refuse an upload whose file appears later', async (client) => {
    client.server.addFault({ operation: 'upload', appearsAfterMs: 150 });
    const refused = await client.upload(file('late'), 'hello');
    assert.deepEqual([refused.status, refused.text], [504, '']);
    assert.deepEqual(client.drive.tree(), []);
    await sleep(250);
    assert.equal(client.drive.read('late').toString(), 'hello');
    client.server.addFault({ operation: 'overwrite', status: 408, appearsAfterMs: 0 });
    assert.equal((await client.overwrite(client.drive.nodeAt('late').id, 'again')).status, 408);
    assert.equal(client.drive.read('late').toString(), 'again');
  });

  served('answer before the body arrived, as for a token that expires during an upload', async (client) => {
    client.server.addFault({ operation: 'upload', status: 401, answerAfterRequestBytes: 100_000 });
    const answer = await client.upload(file('x'), Buffer.alloc(3_000_000));
    assert.deepEqual([answer.status, answer.json], [401, { message: 'Token has expired' }]);
    assert.deepEqual(client.drive.tree(), []);
  });

  served('show a wrong md5, damage the stored content, or damage the sent content', async (client) => {
    client.server.addFault({ operation: 'upload', wrongMd5: true });
    const wrong = (await client.upload(file('a'), 'hello')).json;
    assert.notEqual(wrong.contentProperties.md5, '5d41402abc4b2a76b9719d911017c592');
    assert.equal(client.drive.nodeAt('a').content?.md5, '5d41402abc4b2a76b9719d911017c592');
    client.server.addFault({ operation: 'upload', damageStored: true });
    const damaged = (await client.upload(file('b'), 'hello')).json;
    assert.equal(damaged.contentProperties.md5, client.drive.nodeAt('b').content?.md5);
    assert.notEqual(client.drive.read('b').toString(), 'hello');
    for (const [name, storesBytes, stored] of [
      ['short', 3, 'hel'],
      ['empty', 0, ''],
      ['long', 7, 'hello\0\0'],
    ] as const) {
      client.server.addFault({ operation: 'upload', storesBytes, lacksMd5: true });
      const { size, md5 } = (await client.upload(file(name), 'hello')).json.contentProperties;
      assert.deepEqual([size, md5, client.drive.read(name).toString()], [storesBytes, undefined, stored]);
    }
    client.server.addFault({ operation: 'download', damageResponse: true });
    const sent = await client.content('GET', `nodes/${client.drive.nodeAt('a').id}/content`);
    assert.equal(sent.body.length, 5);
    assert.notEqual(sent.text, 'hello');
  });

  servedWith({ pageSize: 1 }, 'delay, slow down and expire page tokens', async (client) => {
    const { id } = client.drive.putFile('a', Buffer.alloc(20_000));
    client.drive.putFile('b', 'x');
    const time = async (action: () => Promise<unknown>): Promise<number> => {
      const start = performance.now();
      await action();
      return performance.now() - start;
    };
    client.server.addFault({ operation: 'accountInfo', delayMs: 150 });
    assert.ok((await time(() => client.meta('GET', 'account/info'))) >= 140);
    client.server.addFault({ operation: 'download', responseBytesPerSecond: 100_000 });
    assert.ok((await time(() => client.content('GET', `nodes/${id}/content`))) >= 150);
    client.server.addFault({ operation: 'upload', requestBytesPerSecond: 100_000 });
    assert.ok((await time(() => client.upload(file('slow'), Buffer.alloc(20_000)))) >= 150);
    const { nextToken } = (await client.meta('GET', 'nodes')).json;
    client.server.addFault({ operation: 'listNodes', expirePageToken: true });
    const expired = await client.meta('GET', `nodes?startToken=${nextToken}`);
    assert.deepEqual([expired.status, expired.json.message], [400, 'Next token is expired']);
  });
});

describe('the log', () => {
  served('shows operation, account, node and bodies of each request', async (client) => {
    await client.upload(file('a.txt'), 'hello');
    const { id } = client.drive.nodeAt('a.txt');
    await client.meta('PATCH', `nodes/${id}`, { body: { name: 'b.txt' } });
    const seen = client.server.requests.map(({ operation, method, url, status, account, node, json }) => [
      ...[operation, method, url, status, account, node, json],
    ]);
    const anna = 'anna@example.com';
    assert.deepEqual(seen, [
      ['upload', 'POST', '/cdproxy/nodes?suppress=deduplication', 201, anna, 'a.txt', undefined],
      ['patchNode', 'PATCH', `/drive/v1/nodes/${id}`, 200, anna, 'a.txt', { name: 'b.txt' }],
    ]);
    assert.ok((client.server.requests[0]?.bytesIn ?? 0) > 200);
    client.server.clearRequests();
    assert.deepEqual(client.server.requests, []);
  });

  servedWith({ log: false }, 'can be turned off', async (client) => {
    await client.meta('GET', 'account/info');
    assert.deepEqual(client.server.requests, []);
  });
});
