import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { type Instant, nsBetween } from '../../../src/remote/modifiedTime';
import type { ByteSource } from '../../../src/remote/remote';
import { RemoteError } from '../../../src/remote/remoteError';
import {
  at,
  body,
  calm,
  failingBody,
  ifAbsent,
  ifMatch,
  names,
  noPrecondition,
  pattern,
  read,
  readText,
  refused,
  statFile,
  wholeBody,
  write,
} from '../../support/remoteCalls';
import type { ContractContext } from '../remoteContract';

const md5 = (content: Uint8Array) => createHash('md5').update(content).digest('hex');

export function registerWritingTests({ sentence, largeSize }: ContractContext): void {
  sentence('written content, streamed or whole, is read back unchanged', async ({ remote, root }) => {
    for (const size of [0, 1, 1000, 65_537, largeSize]) {
      const content = pattern(size, size + 3);
      for (const source of [body(content), wholeBody(content)]) {
        const entry = await remote.write(at(root, `f${size}`), source, {}, noPrecondition, calm);
        assert.equal(entry.kind, 'file');
        assert.equal(entry.size, size);
        assert.equal(entry.path, at(root, `f${size}`));
        if (entry.md5 !== undefined) assert.equal(entry.md5, md5(content));
        assert.ok((await read(remote, at(root, `f${size}`))).equals(content));
      }
    }
  });

  sentence('the result of a write agrees with a later stat', async ({ remote, file }) => {
    const entry = await write(remote, file, 'hello', { modified: { s: 1_600_000_000, ns: 0 } });
    const stat = await statFile(remote, file);
    assert.equal(entry.version, stat.version);
    if (entry.modified) assert.deepEqual(entry.modified, stat.modified);
    if (entry.md5 !== undefined && stat.md5 !== undefined) assert.equal(entry.md5, stat.md5);
  });

  sentence('a write creates the parent folders', async ({ remote, root }) => {
    await write(remote, at(root, 'new/deeper/f.txt'), 'x');
    assert.deepEqual(await names(remote, at(root, 'new/deeper')), ['f.txt']);
  });

  sentence('a shorter overwrite leaves nothing of the old content', async ({ remote, file, root }) => {
    const old = await write(remote, file, pattern(100_000));
    const entry = await write(remote, file, 'short');
    assert.equal(await readText(remote, file), 'short');
    if (old.version !== undefined) assert.notEqual(entry.version, old.version);
    assert.deepEqual(await names(remote, root), ['f']);
  });

  sentence('a write whose source fails leaves the old content, or no file', async (opened) => {
    const { remote, root } = opened;
    await write(remote, at(root, 'old'), 'the old content');
    const error = new RemoteError('unavailable', 'The source went away.');
    for (const [size, good] of [
      [1000, 0],
      [1000, 500],
      [largeSize, 0],
      [largeSize, largeSize - 1],
    ] as const) {
      for (const name of ['new', 'old'])
        await refused(
          remote.write(at(root, name), failingBody(size, good, error), {}, noPrecondition, calm),
          'unavailable',
        );
      assert.deepEqual(await names(remote, root), ['old']);
      assert.equal(await readText(remote, at(root, 'old')), 'the old content');
    }
  });

  sentence('a write whose source has changed fails with changed', async ({ remote, file, root }) => {
    const error = new RemoteError('changed', 'The source changed.');
    const write = remote.write(file, failingBody(1000, 400, error), {}, noPrecondition, calm);
    await refused(write, 'changed');
    assert.deepEqual(await names(remote, root), []);
  });

  sentence(
    'a body of another length than announced is corrupted, and changes nothing',
    async ({ remote, root }) => {
      await write(remote, at(root, 'old'), 'the old content');
      for (const [promised, real] of [
        [1000, 999],
        [1000, 1001],
        [1, 0],
        [0, 1],
        [largeSize, largeSize - 1],
      ] as const) {
        const lying: ByteSource = {
          size: promised,
          open: async (range) => {
            const content = pattern(real);
            const end = range?.end === undefined || range.end >= promised ? real : range.end;
            return Readable.from([content.subarray(range?.start ?? 0, end)], { objectMode: false });
          },
        };
        await refused(remote.write(at(root, 'old'), lying, {}, noPrecondition, calm), 'corrupted', 'changed');
        await refused(remote.write(at(root, 'new'), lying, {}, noPrecondition, calm), 'corrupted', 'changed');
      }
      assert.deepEqual(await names(remote, root), ['old']);
      assert.equal(await readText(remote, at(root, 'old')), 'the old content');
    },
  );

  sentence(
    'a body with another MD5 than announced is corrupted, and changes nothing',
    async ({ remote, root }) => {
      await write(remote, at(root, 'old'), 'the old content');
      const good = pattern(5000);
      const bad = Buffer.from(good);
      bad[4000] = (bad[4000] ?? 0) ^ 1;
      for (const source of [body(bad), wholeBody(bad)])
        await refused(
          remote.write(at(root, 'old'), { ...source, md5: md5(good) }, {}, noPrecondition, calm),
          'corrupted',
        );
      assert.equal(await readText(remote, at(root, 'old')), 'the old content');
      await remote.write(at(root, 'old'), { ...body(good), md5: md5(good) }, {}, noPrecondition, calm);
      assert.ok((await read(remote, at(root, 'old'))).equals(good));
    },
  );

  sentence('a write with ifAbsent fails when there is a file', async ({ remote, file, root }) => {
    await write(remote, file, 'first', {}, ifAbsent);
    await refused(write(remote, file, 'second', {}, ifAbsent), 'alreadyExists');
    assert.equal(await readText(remote, file), 'first');
    await refused(remote.write(file, body(pattern(largeSize)), {}, ifAbsent, calm), 'alreadyExists');
    assert.equal(await readText(remote, file), 'first');
    assert.deepEqual(await names(remote, root), ['f']);
  });

  sentence('a write with ifMatch fails when the file has changed', async (opened) => {
    const { remote, file } = opened;
    await write(remote, file, 'theirs 1');
    const seen = await statFile(remote, file);
    await write(remote, file, 'theirs 2');
    await refused(write(remote, file, 'mine', {}, ifMatch(seen)), 'changed');
    await refused(remote.write(file, body(pattern(largeSize)), {}, ifMatch(seen), calm), 'changed');
    assert.equal(await readText(remote, file), 'theirs 2');
    await write(remote, file, 'mine', {}, ifMatch(await statFile(remote, file)));
    assert.equal(await readText(remote, file), 'mine');
  });

  sentence('a write with ifMatch fails when the file is gone', async ({ remote, file, root }) => {
    const seen = await write(remote, file, 'theirs');
    await remote.removeFile(file, noPrecondition, calm);
    await refused(write(remote, file, 'mine', {}, ifMatch(seen)), 'changed', 'notFound');
    assert.deepEqual(await names(remote, root), []);
  });

  sentence('the result of a write serves as the precondition of the next one', async ({ remote, file }) => {
    let seen = await write(remote, file, 'version 0', {}, ifAbsent);
    for (let i = 1; i < 4; i++) seen = await write(remote, file, `version ${i}`, {}, ifMatch(seen));
    assert.equal(await readText(remote, file), 'version 3');
  });

  sentence('modified times are kept within the precision', async ({ remote, file }) => {
    const precision = remote.capabilities.timePrecisionNs;
    if (precision === 'none') return;
    const times: Instant[] = [
      { s: 1_700_000_000, ns: 123_456_789 },
      { s: 1_700_000_000, ns: 0 },
      { s: 1, ns: 1000 },
      { s: 0, ns: 0 },
      { s: -2, ns: 500_000_000 },
      { s: 4_102_444_800, ns: 999_999_999 },
    ];
    for (const modified of times) {
      await write(remote, file, 'x', { modified });
      const found = (await statFile(remote, file)).modified;
      assert.ok(found, 'a stat tells the modified time');
      const off = Math.abs(nsBetween(found, modified));
      assert.ok(off < precision, `${JSON.stringify(modified)} came back ${off} ns off`);
    }
  });

  sentence('a write keeps attributes on request', async ({ remote, root, attributes, putWithAttributes }) => {
    if (!attributes || !putWithAttributes) return;
    const path = at(root, 'f.txt');
    await putWithAttributes(path, 'old', { 'content-type': 'text/x-special' });
    const before = await attributes(path);
    assert.equal(before['content-type'], 'text/x-special');
    await write(remote, path, 'new', { keepAttributes: true }, ifMatch(await statFile(remote, path)));
    assert.equal(await readText(remote, path), 'new');
    assert.deepEqual((await attributes(path))['content-type'], 'text/x-special');
  });

  sentence('progress ends with all bytes', async ({ remote, file }) => {
    for (const source of [body(pattern(largeSize)), wholeBody('hello')]) {
      let last = 0;
      const onProgress = (bytes: number) => {
        last = bytes;
      };
      await remote.write(file, source, { onProgress }, noPrecondition, calm);
      assert.equal(last, source.size);
    }
  });

  sentence('a write that is aborted half-way rejects with the reason and changes nothing', async (opened) => {
    const { remote, root } = opened;
    await write(remote, at(root, 'old'), 'the old content');
    for (const name of ['new', 'old']) {
      const stop = new AbortController();
      const reason = new Error('stopped here');
      const whole = body(pattern(largeSize));
      const source: ByteSource = {
        size: whole.size,
        open: async (range, signal) => {
          const stream = await whole.open(range, signal);
          queueMicrotask(() => stop.abort(reason));
          return stream;
        },
      };
      const writing = remote.write(at(root, name), source, {}, noPrecondition, stop.signal);
      await assert.rejects(writing, (error) => error === reason);
      assert.deepEqual(await names(remote, root), ['old']);
      assert.equal(await readText(remote, at(root, 'old')), 'the old content');
    }
  });

  sentence('a write with an aborted signal sends no request', async ({ remote, file, root, requests }) => {
    const before = requests?.() ?? 0;
    const reason = new Error('stopped before');
    const writing = remote.write(file, body('x'), {}, noPrecondition, AbortSignal.abort(reason));
    await assert.rejects(writing, (error) => error === reason);
    if (requests) assert.equal(requests() - before, 0);
    assert.deepEqual(await names(remote, root), []);
  });

  sentence("a file can't replace a directory", async ({ remote, root }) => {
    if (!remote.capabilities.hasDirectories) return;
    await write(remote, at(root, 'folder/f'), 'x');
    await refused(write(remote, at(root, 'folder'), 'y'), 'isAFolder', 'alreadyExists');
    await refused(write(remote, at(root, 'folder/f/below'), 'y'), 'notAFolder', 'alreadyExists');
    assert.equal(await readText(remote, at(root, 'folder/f')), 'x');
  });
}
