import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { call } from '../servers/amazonDrive/tests/testClient';
import {
  freePort,
  type RealRclone,
  rcloneTest,
  startDriveWithDoor,
  succeeded,
  useRealRclone,
} from './realRcloneDrive';

const tests = useRealRclone();
const { newClient } = tests;

interface Reconnecting {
  /** The URL that rclone opens in the browser. */
  readonly address: URL;
  readonly ended: Promise<{ readonly code: number | null; readonly text: string }>;
}

/**
 * Starts a sign-in, and waits until rclone listens. Its port is in the ephemeral range, so a recent connection may occupy it for up to a
 * minute.
 */
async function reconnecting(client: RealRclone): Promise<Reconnecting> {
  const deadline = Date.now() + 90_000;
  for (;;) {
    const child = client.start('config', 'reconnect', 'acd:', '--auto-confirm');
    let text = '';
    const ended = new Promise<{ code: number | null; text: string }>((resolve) => {
      child.once('close', (code) => resolve({ code, text }));
    });
    const printed = new Promise<URL>((resolve) => {
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (piece: Buffer) => {
          text += piece;
          const address = /http:\/\/127\.0\.0\.1:53682\/auth\?state=\S+(?=\s)/.exec(text)?.[0];
          if (address !== undefined) resolve(new URL(address));
        });
    });
    const first = await Promise.race([printed, ended]);
    if (first instanceof URL) return { address: first, ended };
    if (!/address already in use/.test(first.text) || Date.now() > deadline) assert.fail(first.text);
    await sleep(1000);
  }
}

describe('rclone signs in', () => {
  rcloneTest(
    'config reconnect: goes through the authorization page and stores a working token',
    async () => {
      const client = newClient(tests.site, '');
      tests.site.server.setAutoConsent(client.account);
      const { address, ended } = await reconnecting(client);
      const first = await call(53682, 'GET', address.pathname + address.search);
      assert.equal(first.status, 307);
      const authorize = new URL(first.headers.location ?? '');
      assert.equal(authorize.searchParams.get('scope'), 'clouddrive:read_all clouddrive:write');
      const consent = await call(tests.site.server.port, 'GET', authorize.pathname + authorize.search);
      const back = new URL(consent.headers.location ?? '');
      // rclone closes its server as soon as it has the code, sometimes before the response is sent.
      const answered = await call(53682, 'GET', back.pathname + back.search).catch(() => undefined);
      assert.ok(answered === undefined || answered.status === 200);
      const { code, text } = await ended;
      assert.equal(code, 0, text);
      assert.match(client.storedToken()?.access_token ?? '', /^Atza\|/);
      client.drive.makeFolder('hello');
      assert.equal(succeeded(await client.run('lsf', 'acd:')), 'hello/\n');
    },
    200_000,
  );

  rcloneTest('token: refreshes an expired token first, and stores the new one', async () => {
    const old = { ...tests.site.server.issueToken(tests.rclone.account), expiry: '2020-01-01T00:00:00Z' };
    const client = tests.sameAccount(JSON.stringify(old));
    succeeded(await client.run('lsd', 'acd:'));
    assert.deepEqual(
      tests.site.server.requests.map((entry) => entry.grantType ?? entry.operation),
      ['refresh_token', 'endpoint', 'listNodes', 'listNodes'],
    );
    assert.notEqual(client.storedToken()?.access_token, old.access_token);
  });

  rcloneTest('token: gives up after the account revoked its permission', async () => {
    const old = { ...tests.site.server.issueToken(tests.rclone.account), expiry: '2020-01-01T00:00:00Z' };
    const client = tests.sameAccount(JSON.stringify(old));
    tests.site.server.revoke(tests.rclone.account);
    const answer = await client.run('lsd', 'acd:', '--low-level-retries', '1', '--retries', '1');
    assert.equal(answer.code, 1);
    assert.match(answer.stderr, /invalid_grant/);
  });
});

describe('rclone downloads', () => {
  rcloneTest('backend features: are the known features of this backend', async () => {
    const { Features } = JSON.parse(succeeded(await tests.rclone.run('backend', 'features', 'acd:')));
    assert.deepEqual(
      [Features.Move, Features.DirMove, Features.Purge, Features.ChangeNotify],
      [true, true, true, true],
    );
    assert.deepEqual(
      [Features.About, Features.Copy, Features.CleanUp, Features.ListR],
      [false, false, false, false],
    );
  });

  rcloneTest('copyto down by tempLink: downloads big files without a token', async () => {
    tests.rclone.drive.putFile('big.bin', 'more than ten bytes');
    const file = path.join(tests.rclone.folder(), 'big.bin');
    const env = { RCLONE_ACD_TEMPLINK_THRESHOLD: '10B' };
    succeeded(await tests.rclone.runWith(env, 'copyto', 'acd:big.bin', file));
    assert.equal(readFileSync(file, 'utf8'), 'more than ten bytes');
    const link = tests.site.server.requests.at(-1);
    assert.deepEqual([link?.operation, link?.headers.authorization], ['tempLink', undefined]);
    assert.deepEqual(tests.rclone.requests().at(-2), 'getNode big.bin');
  });

  rcloneTest('copyto down in redirect mode: follows to the signed URL without its token', async () => {
    const other = await startDriveWithDoor({ redirectDownloads: true });
    try {
      const client = newClient(other);
      client.drive.putFile('a.txt', 'redirected');
      assert.equal(succeeded(await client.run('cat', 'acd:a.txt')), 'redirected');
      const [before, link] = other.server.requests.slice(-2);
      assert.deepEqual([before?.operation, before?.status], ['download', 307]);
      assert.deepEqual(
        [link?.operation, link?.status, link?.headers.authorization],
        ['tempLink', 200, undefined],
      );
      assert.match(link?.headers.referer ?? '', /\/cdproxy\/nodes\//);
    } finally {
      await other.stop();
    }
  });
});

rcloneTest('serve http --poll-interval: sees changes of another client through the change feed', async () => {
  tests.rclone.drive.putFile('dir/one.txt', 'x');
  const port = await freePort();
  tests.rclone.start(
    'serve',
    'http',
    'acd:',
    '--addr',
    `127.0.0.1:${port}`,
    '--poll-interval',
    '1s',
    '--dir-cache-time',
    '1h',
  );
  const listing = async (): Promise<string> =>
    (await call(port, 'GET', '/dir/').catch(() => undefined))?.text ?? '';
  const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
    for (let tries = 0; tries < 100; tries++) {
      if (await condition()) return;
      await sleep(100);
    }
    assert.fail('the condition never became true');
  };
  await until(async () => (await listing()).includes('one.txt'));
  const polls = (): number =>
    tests.site.server.requests.filter((entry) => entry.operation === 'changes').length;
  // The second poll shows that the first is complete, so the first can't contain the next change.
  await until(() => polls() >= 2);
  assert.ok(!(await listing()).includes('two.txt'));
  tests.rclone.drive.putFile('dir/two.txt', 'y');
  await until(async () => (await listing()).includes('two.txt'));
  const bodies = tests.site.server.requests
    .filter((entry) => entry.operation === 'changes')
    .map((entry) => entry.json);
  assert.deepEqual(bodies[0], { includePurged: 'true' });
  assert.deepEqual(Object.keys(bodies[1] as object).sort(), ['checkpoint', 'includePurged']);
});
