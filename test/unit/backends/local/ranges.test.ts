import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ByteSource } from '../../../../src/remote/remote';
import { RemoteError } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';
import { random } from '../../../support/random';
import { body, calm, ifAbsent, pattern, refused } from '../../../support/remoteCalls';
import { given } from './localFixture';

// Large bodies whose source sends several ranges at once.

const mebi = 1024 * 1024;
const path = parsePath('folder/f');

interface Asked {
  readonly source: ByteSource;
  /** Starts of the ranges, in the order of the calls. */
  readonly starts: number[];
  most: number;
}

/** A body that answers in ranges, each after a random time. `fill` replaces the bytes of a range, or throws. */
function inRanges(
  content: Buffer,
  more: Partial<ByteSource> = {},
  fill: (start: number, into: Buffer) => void = () => {},
): Asked {
  const { whole } = random(3);
  let running = 0;
  const asked: Asked = {
    starts: [],
    most: 0,
    source: {
      size: content.length,
      rangesAtOnce: 3,
      md5: createHash('md5').update(content).digest('hex'),
      open: () => assert.fail('no stream is needed'),
      async readInto(start, into, onFilled, signal) {
        asked.starts.push(start);
        asked.most = Math.max(asked.most, ++running);
        await sleep(whole(10), undefined, { signal });
        content.copy(into, 0, start);
        onFilled(into.length >> 1);
        onFilled(into.length);
        fill(start, into);
        running--;
      },
      ...more,
    },
  };
  return asked;
}

test('ranges that arrive in any order make one file', async (t) => {
  const { remote, at } = given(t);
  for (const size of [16 * mebi, 16 * mebi + 1, 40 * mebi - 1]) {
    const content = pattern(size);
    const progress: number[] = [];
    const asked = inRanges(content);
    const facts = {
      onProgress: (bytes: number) => progress.push(bytes),
      modified: { s: 1_700_000_000, ns: 0 },
    };
    const entry = await remote.write(path, asked.source, facts, { kind: 'none' }, calm);
    assert.equal(entry.size, size);
    assert.ok(fs.readFileSync(at('folder/f')).equals(content), `${size} bytes`);
    assert.equal(fs.statSync(at('folder/f')).mtimeMs, 1_700_000_000_000);
    assert.equal(asked.starts.length, Math.ceil(size / (8 * mebi)));
    assert.ok(asked.most <= 3 && asked.most > 1, `${asked.most} at once`);
    assert.equal(progress.at(-1), size);
    assert.deepEqual(
      progress,
      progress.toSorted((a, b) => a - b),
    );
  }
});

test('one wrong byte in any range is found by the MD5, and leaves no file', async (t) => {
  const content = pattern(24 * mebi);
  for (const wrong of [0, 8 * mebi, 24 * mebi - 1]) {
    const { remote, at } = given(t);
    const { source } = inRanges(content, {}, (start, into) => {
      const place = wrong - start;
      if (place >= 0 && place < into.length) into[place] = ~(into[place] ?? 0) & 0xff;
    });
    await refused(remote.write(path, source, {}, ifAbsent, calm), 'corrupted');
    assert.deepEqual(fs.readdirSync(at('folder')), []);
  }
});

test('a failure of one range ends the others and leaves no file', async (t) => {
  const content = pattern(80 * mebi);
  const { remote, at } = given(t);
  const asked = inRanges(content, {}, (start) => {
    if (start === 16 * mebi) throw new RemoteError('changed', 'It has changed.');
  });
  await refused(remote.write(path, asked.source, {}, ifAbsent, calm), 'changed');
  assert.ok(asked.starts.length < 8, `${asked.starts.length} of 10 ranges were asked for`);
  assert.deepEqual(fs.readdirSync(at('folder')), []);
  const stop = new AbortController();
  const reason = new Error('enough');
  const stopped = inRanges(content, {}, () => stop.abort(reason));
  await assert.rejects(
    remote.write(path, stopped.source, {}, ifAbsent, stop.signal),
    (error) => error === reason,
  );
  assert.deepEqual(fs.readdirSync(at('folder')), []);
});

test('where the service sends only whole files, one stream brings the file', async (t) => {
  const content = pattern(17 * mebi);
  const { remote, at } = given(t);
  const whole = inRanges(content, { open: body(content).open }, () => {
    throw new RemoteError('unsupported', 'The service has no ranges.');
  });
  await remote.write(path, whole.source, {}, ifAbsent, calm);
  assert.ok(fs.readFileSync(at('folder/f')).equals(content));
});

test('small bodies, and bodies without ranges, come as one stream', async (t) => {
  const { remote, at } = given(t);
  const { rangesAtOnce: _, ...noRanges } = inRanges(pattern(17 * mebi)).source;
  for (const [content, source] of [
    [pattern(16 * mebi - 1), inRanges(pattern(16 * mebi - 1)).source],
    [pattern(17 * mebi), noRanges],
  ] as const) {
    const readInto = () => assert.fail('no range is needed');
    await remote.write(path, { ...source, readInto, open: body(content).open }, {}, { kind: 'none' }, calm);
    assert.ok(fs.readFileSync(at('folder/f')).equals(content));
  }
});
