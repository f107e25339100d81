import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
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
  writeFiles,
} from './realRcloneDrive';

const tests = useRealRclone();
const { asked, newClient } = tests;

const md5 = (content: string | Buffer): string => createHash('md5').update(content).digest('hex');

interface Reconnecting {
  /** Where rclone sends the browser. */
  readonly address: URL;
  readonly ended: Promise<{ readonly code: number | null; readonly text: string }>;
}

/**
 * Starts a sign-in, and waits until rclone listens. Its port is one of those that the machine lends to connections, and one that was
 * lent stays taken for a minute after its connection ended.
 */
async function reconnecting(client: RealRclone): Promise<Reconnecting> {
  const deadline = Date.now() + 90_000;
  for (;;) {
    const child = client.start('config', 'reconnect', 'acd:', '--auto-confirm');
    let text = '';
    const ended = new Promise<{ code: number | null; text: string }>((resolve) => {
      child.once('close', (code) => resolve({ code, text }));
    });
    const told = new Promise<URL>((resolve) => {
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (piece: Buffer) => {
          text += piece;
          const address = /http:\/\/127\.0\.0\.1:53682\/auth\?state=\S+(?=\s)/.exec(text)?.[0];
          if (address !== undefined) resolve(new URL(address));
        });
    });
    const first = await Promise.race([told, ended]);
    if (first instanceof URL) return { address: first, ended };
    if (!/address already in use/.test(first.text) || Date.now() > deadline) assert.fail(first.text);
    await sleep(1000);
  }
}

describe('rclone signs in', () => {
  rcloneTest(
    'config reconnect: goes through the authorize page and stores a token that works',
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
      // rclone closes its server as soon as it has the code, at times before the answer is out.
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

  rcloneTest(
    'token: refreshes one that is past its time before anything else, and stores the new one',
    async () => {
      const old = { ...tests.site.server.issueToken(tests.rclone.account), expiry: '2020-01-01T00:00:00Z' };
      const client = tests.sameAccount(JSON.stringify(old));
      succeeded(await client.run('lsd', 'acd:'));
      assert.deepEqual(
        tests.site.server.requests.map((entry) => entry.grantType ?? entry.operation),
        ['refresh_token', 'endpoint', 'listNodes', 'listNodes'],
      );
      assert.notEqual(client.storedToken()?.access_token, old.access_token);
    },
  );

  rcloneTest('token: gives up when the account has taken its permission back', async () => {
    const old = { ...tests.site.server.issueToken(tests.rclone.account), expiry: '2020-01-01T00:00:00Z' };
    const client = tests.sameAccount(JSON.stringify(old));
    tests.site.server.revoke(tests.rclone.account);
    const answer = await client.run('lsd', 'acd:', '--low-level-retries', '1', '--retries', '1');
    assert.equal(answer.code, 1);
    assert.match(answer.stderr, /invalid_grant/);
  });
});

describe('rclone reads', () => {
  rcloneTest('backend features: is what is known of this backend', async () => {
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

  rcloneTest('lsd: lists folders of the root and of a folder', async () => {
    tests.rclone.drive.makeFolder('test/one');
    tests.rclone.drive.putFile('test/a.txt', 'x');
    assert.match(succeeded(await tests.rclone.run('lsd', 'acd:')), / test\n$/);
    asked('EP', 'RT', 'L(ROOT)');
    assert.match(succeeded(await tests.rclone.run('lsd', 'acd:test')), / one\n$/);
    asked('EP', 'RT', 'N(ROOT, "test")', 'L(test)');
    assert.equal((await tests.rclone.run('lsd', 'acd:none', '--retries', '1')).code, 3);
  });

  rcloneTest(
    'ls, lsl, lsjson --hash, md5sum, size: tell sizes, times and hashes without reading any content',
    async () => {
      const modifiedDate = Date.parse('2021-02-03T04:05:06.789Z');
      tests.rclone.drive.putFile('test/a.txt', 'hello', { modifiedDate });
      tests.rclone.drive.putFile('test/sub/b.bin', '');
      assert.equal(
        succeeded(await tests.rclone.run('ls', 'acd:test')),
        '        5 a.txt\n        0 sub/b.bin\n',
      );
      asked('EP', 'RT', 'N(ROOT, "test")', 'L(test)', 'L(sub)');
      const [file] = JSON.parse(
        succeeded(await tests.rclone.run('lsjson', '--hash', '--files-only', 'acd:test')),
      );
      assert.deepEqual(
        [file.Size, file.MimeType, file.ModTime, file.Hashes],
        [5, 'text/plain', '2021-02-03T04:05:06Z', { md5: md5('hello') }],
      );
      assert.match(
        succeeded(await tests.rclone.run('md5sum', 'acd:test')),
        new RegExp(`^${md5('hello')} {2}a.txt$`, 'm'),
      );
      assert.match(
        succeeded(await tests.rclone.run('lsl', 'acd:test')),
        /5 2021-02-03 04:05:06\.789000000 a\.txt/,
      );
      assert.match(succeeded(await tests.rclone.run('size', 'acd:test')), /Total objects: 2/);
      assert.ok(!tests.rclone.requests().some((request) => request.startsWith('download')));
    },
  );

  rcloneTest(
    'ls: pages through more than two hundred entries, and starts again when the page token expires',
    async () => {
      for (let number = 0; number < 450; number++) tests.rclone.drive.putFile(`many/f${number}`, `${number}`);
      assert.equal(
        succeeded(await tests.rclone.run('lsf', 'acd:many'))
          .trim()
          .split('\n').length,
        450,
      );
      asked('EP', 'RT', 'N(ROOT, "many")', 'L(many)', 'L(many)+', 'L(many)+');
      tests.site.server.addFault({
        operation: 'listNodes',
        expirePageToken: true,
        url: /startToken/,
        skip: 1,
      });
      assert.equal(
        succeeded(await tests.rclone.run('lsf', 'acd:many'))
          .trim()
          .split('\n').length,
        450,
      );
      assert.deepEqual(tests.rclone.requests().slice(3), [
        'L(many)',
        'L(many)+',
        'L(many)+ 400',
        'L(many)',
        'L(many)+',
        'L(many)+',
      ]);
    },
  );

  rcloneTest('cat: gives a file', async () => {
    tests.rclone.drive.putFile('test/a.txt', '0123456789');
    assert.equal(succeeded(await tests.rclone.run('cat', 'acd:test/a.txt')), '0123456789');
    const walk = ['N(ROOT, "test")', 'N(test, "a.txt")'];
    asked('EP', 'RT', ...walk, ...walk, 'L(test)', 'download a.txt');
  });

  rcloneTest('cat --offset --count: asks for the range only', async () => {
    tests.rclone.drive.putFile('test/a.txt', '0123456789');
    assert.equal(
      succeeded(await tests.rclone.run('cat', '--offset', '3', '--count', '4', 'acd:test/a.txt')),
      '3456',
    );
    assert.equal(tests.rclone.requests().at(-1), 'download a.txt bytes=3-6');
  });

  rcloneTest('copy down: gives a folder with all below it', async () => {
    tests.rclone.drive.putFile('test/sub/b.txt', 'bee');
    tests.rclone.drive.putFile('test/sub/deep/c.dat', 'sea');
    tests.rclone.drive.putFile('test/sub/empty', '');
    const folder = tests.rclone.folder();
    succeeded(await tests.rclone.run('copy', 'acd:test/sub', folder));
    assert.equal(readFileSync(path.join(folder, 'deep/c.dat'), 'utf8'), 'sea');
    assert.equal(readFileSync(path.join(folder, 'empty')).length, 0);
    const walk = ['EP', 'RT', 'N(ROOT, "test")', 'N(test, "sub")', 'L(sub)', 'L(deep)'];
    asked(...walk, 'download b.txt', 'download c.dat', 'download empty');
  });

  rcloneTest('copyto down: goes on where a cut download ended', async () => {
    const content = randomBytes(200_000);
    tests.rclone.drive.putFile('cut.bin', content);
    tests.site.server.addFault({ operation: 'download', cutResponseAfterBytes: 100_000 });
    const file = path.join(tests.rclone.folder(), 'cut.bin');
    succeeded(await tests.rclone.run('copyto', 'acd:cut.bin', file));
    assert.ok(readFileSync(file).equals(content));
    assert.deepEqual(tests.rclone.requests().slice(-2), [
      'download cut.bin',
      'download cut.bin bytes=100000-',
    ]);
  });

  rcloneTest('copyto down --multi-thread-streams: asks for the ranges that are recorded', async () => {
    const content = randomBytes(300_000);
    tests.rclone.drive.putFile('mt.bin', content);
    const file = path.join(tests.rclone.folder(), 'mt.bin');
    const flags = ['--multi-thread-cutoff', '100k', '--multi-thread-streams', '3'];
    succeeded(await tests.rclone.run('copyto', 'acd:mt.bin', file, ...flags));
    assert.ok(readFileSync(file).equals(content));
    assert.deepEqual(tests.rclone.requests().slice(-2).sort(), [
      'download mt.bin bytes=0-196607',
      'download mt.bin bytes=196608-299999',
    ]);
  });

  rcloneTest('copyto down by tempLink: reads big files without a token', async () => {
    tests.rclone.drive.putFile('big.bin', 'more than ten bytes');
    const file = path.join(tests.rclone.folder(), 'big.bin');
    const env = { RCLONE_ACD_TEMPLINK_THRESHOLD: '10B' };
    succeeded(await tests.rclone.runWith(env, 'copyto', 'acd:big.bin', file));
    assert.equal(readFileSync(file, 'utf8'), 'more than ten bytes');
    const link = tests.site.server.requests.at(-1);
    assert.deepEqual([link?.operation, link?.headers.authorization], ['tempLink', undefined]);
    assert.deepEqual(tests.rclone.requests().at(-2), 'getNode big.bin');
  });

  rcloneTest(
    'copyto down in redirect mode: follows to the signed address and leaves its token behind',
    async () => {
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
    },
  );
});

describe('rclone meets trouble', () => {
  rcloneTest('lsd: tries again after 429, 5xx and the sporadic 403, and not after 404', async () => {
    const list = { operation: 'listNodes' as const, url: /parents/ };
    for (const fault of [
      { status: 429, retryAfter: 7 },
      { status: 503 },
      { sporadic403: true },
      { loseResponse: true },
    ]) {
      tests.site.server.addFault({ ...list, ...fault });
      succeeded(await tests.rclone.run('lsd', 'acd:'));
      assert.equal(tests.rclone.requests().length, 4, JSON.stringify(fault));
    }
    tests.site.server.addFault({ ...list, status: 404 });
    assert.notEqual((await tests.rclone.run('lsd', 'acd:', '--retries', '1')).code, 0);
    assert.equal(tests.rclone.requests().length, 3);
  });

  rcloneTest('copyto up: waits for an upload that failed with 504 and appears later', async () => {
    tests.site.server.addFault({ operation: 'upload', appearsAfterMs: 2000 });
    const source = writeFiles(tests.rclone.folder(), { 'late.bin': randomBytes(3000) });
    const file = path.join(source, 'late.bin');
    succeeded(await tests.rclone.run('copyto', file, 'acd:late.bin', '--acd-upload-wait-per-gb', '2000h'));
    const requests = tests.rclone.requests();
    const from = requests.indexOf('upload late.bin 504');
    assert.deepEqual(requests.slice(from), [
      'upload late.bin 504',
      'N(ROOT, "late.bin")',
      'N(ROOT, "late.bin")',
    ]);
    assert.ok(tests.rclone.drive.read('late.bin').equals(readFileSync(file)));
  });

  rcloneTest('copyto up: uploads again when a failed upload never appears', async () => {
    tests.site.server.addFault({ operation: 'upload', status: 504 });
    const source = writeFiles(tests.rclone.folder(), { x: 'hello world' });
    succeeded(await tests.rclone.run('copyto', path.join(source, 'x'), 'acd:x'));
    const requests = tests.rclone.requests();
    const from = requests.indexOf('upload x 504');
    assert.deepEqual(requests.slice(from), ['upload x 504', 'N(ROOT, "x")', 'N(ROOT, "x")', 'upload x']);
  });

  rcloneTest('copyto up: overwrites again when overwriting failed', async () => {
    tests.rclone.drive.putFile('x', 'older content');
    tests.site.server.addFault({ operation: 'overwrite', status: 500 });
    const source = writeFiles(tests.rclone.folder(), { x: 'hello world' });
    succeeded(await tests.rclone.run('copyto', path.join(source, 'x'), 'acd:x'));
    const requests = tests.rclone.requests();
    const from = requests.indexOf('overwrite x 500');
    assert.deepEqual(requests.slice(from), ['overwrite x 500', 'N(ROOT, "x")', 'overwrite x']);
  });

  rcloneTest('copyto up: trashes an upload whose md5 is wrong, and uploads again', async () => {
    tests.site.server.addFault({ operation: 'upload', damageStored: true });
    const source = writeFiles(tests.rclone.folder(), { x: 'hello' });
    const answer = await tests.rclone.run('copyto', path.join(source, 'x'), 'acd:x', '-v');
    succeeded(answer);
    assert.match(answer.stderr, /md5 hash differ/);
    assert.equal(tests.rclone.drive.read('x').toString(), 'hello');
    assert.equal(tests.rclone.drive.trashedNodes().length, 1);
  });
});

rcloneTest(
  'serve http --poll-interval: notices through the changes feed what another client did',
  async () => {
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
      assert.fail('waited in vain');
    };
    await until(async () => (await listing()).includes('one.txt'));
    const polls = (): number =>
      tests.site.server.requests.filter((entry) => entry.operation === 'changes').length;
    // With the second one the first has its answer, which can't tell of what comes now.
    await until(() => polls() >= 2);
    assert.ok(!(await listing()).includes('two.txt'));
    tests.rclone.drive.putFile('dir/two.txt', 'y');
    await until(async () => (await listing()).includes('two.txt'));
    const bodies = tests.site.server.requests
      .filter((entry) => entry.operation === 'changes')
      .map((entry) => entry.json);
    assert.deepEqual(bodies[0], { includePurged: 'true' });
    assert.deepEqual(Object.keys(bodies[1] as object).sort(), ['checkpoint', 'includePurged']);
  },
);
