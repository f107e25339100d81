import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { openLocalRemote } from '../../../../src/backends/local/localRemote';
import { releaseTemporary, temporaryName } from '../../../../src/backends/local/temporaryNames';
import type { ByteSource, Remote } from '../../../../src/remote/remote';
import { RemoteError } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';
import { body, calm, ifAbsent, pattern } from '../../../support/remoteCalls';
import { type MemoryRecord, memoryRecord } from '../../../support/resumable';
import { temporariesIn } from '../../../support/trees';
import { given } from './localFixture';

const mebi = 1024 * 1024;
const rangeBytes = 8 * mebi;
/** Three whole ranges and a part of one. */
const content = pattern(26 * mebi + 333, 7);
const md5 = createHash('md5').update(content).digest('hex');
const target = parsePath('big');

/** The content in ranges, one at a time, and the ranges that were asked for. The range at `stopAt` never ends. */
function watched(stopAt = content.length): ByteSource & { readonly asked: number[] } {
  const asked: number[] = [];
  return {
    ...body(content),
    md5,
    asked,
    rangesAtOnce: 1,
    async readInto(start, into, onFilled, signal) {
      asked.push(start / rangeBytes);
      while (start >= stopAt) {
        signal.throwIfAborted();
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      content.copy(into, 0, start);
      onFilled?.(into.length);
    },
  };
}

/** Writes until `good` ranges are there, and cancels. */
async function cancelled(remote: Remote, record: MemoryRecord, good: number): Promise<void> {
  const stop = new AbortController();
  const source = watched(good * rangeBytes);
  const ended = remote.write(target, source, { resume: record }, ifAbsent, stop.signal);
  const rejected = assert.rejects(ended, /Cancelled/);
  while (source.asked.at(-1) !== good) await new Promise((resolve) => setTimeout(resolve, 1));
  stop.abort(new Error('Cancelled.'));
  await rejected;
}

function assertWhole(folder: string): void {
  assert.ok(fs.readFileSync(path.join(folder, 'big')).equals(content));
  assert.deepEqual(temporariesIn(folder), []);
}

async function interrupted(t: TestContext, good = 2) {
  const it = given(t);
  const record = memoryRecord();
  await cancelled(it.remote, record, good);
  const [temporary = '', ...more] = temporariesIn(it.folder);
  assert.equal(more.length, 0);
  assert.ok(!fs.existsSync(it.at('big')));
  return { ...it, record, temporary: it.at(temporary) };
}

/** The ranges that were asked for. */
async function goOn(remote: Remote, record: MemoryRecord): Promise<number[]> {
  const source = watched();
  await remote.write(target, source, { resume: record.again() }, ifAbsent, calm);
  return source.asked;
}

const all = [0, 1, 2, 3];

test('a cancelled download goes on with the ranges that it lacks', async (t) => {
  const { remote, record, folder } = await interrupted(t);
  assert.deepEqual(await goOn(remote, record), [2, 3]);
  assertWhole(folder);
});

test('a range that was not recorded any more is asked for again', async (t) => {
  const { remote, record, folder } = await interrupted(t);
  const killed = memoryRecord(record.recorded.filter(({ from }) => from !== rangeBytes));
  assert.deepEqual(await goOn(remote, killed), [1, 2, 3]);
  assertWhole(folder);
});

const damages: Readonly<Record<string, readonly [(file: string) => void, number[]]>> = {
  'a wrong byte': [
    (file) => {
      const bytes = fs.readFileSync(file);
      bytes.writeUInt8(bytes.readUInt8(9 * mebi) ^ 1, 9 * mebi);
      fs.writeFileSync(file, bytes);
    },
    [1, 2, 3],
  ],
  'a shorter file': [(file) => fs.truncateSync(file, 12 * mebi), [1, 2, 3]],
  'zeros, as a power cut leaves them': [
    (file) => {
      fs.truncateSync(file, mebi);
      fs.truncateSync(file, content.length);
    },
    all,
  ],
  'a longer file': [(file) => fs.appendFileSync(file, 'more'), [2, 3]],
};

for (const [name, [damage, asked]] of Object.entries(damages))
  test(`what is on the disk is verified: ${name}`, async (t) => {
    const { remote, record, folder, temporary } = await interrupted(t);
    damage(temporary);
    assert.deepEqual(await goOn(remote, record), asked);
    assertWhole(folder);
  });

const replaced: Readonly<Record<string, (file: string, precious: string) => void>> = {
  'nothing is there': (file) => fs.unlinkSync(file),
  'a symlink': (file, precious) => {
    fs.unlinkSync(file);
    fs.symlinkSync(precious, file);
  },
  'a second name of another file': (file, precious) => {
    fs.unlinkSync(file);
    fs.linkSync(precious, file);
  },
  'a folder': (file) => {
    fs.unlinkSync(file);
    fs.mkdirSync(file);
  },
};

for (const [name, replace] of Object.entries(replaced))
  test(`a temporary file that is no longer ours is left alone: ${name}`, async (t) => {
    const { remote, record, at, temporary } = await interrupted(t);
    fs.writeFileSync(at('precious'), 'precious');
    replace(temporary, at('precious'));
    assert.deepEqual(await goOn(remote, record), all);
    assert.ok(fs.readFileSync(at('big')).equals(content));
    assert.equal(fs.readFileSync(at('precious'), 'utf8'), 'precious');
  });

test('a name in the record that is no temporary name is never opened', async (t) => {
  for (const temporary of ['precious', '../precious', '/etc/hostname', '.x.cloud-remotes-0.part', 7, null]) {
    const { remote, at } = given(t);
    fs.writeFileSync(at('precious'), 'precious');
    const record = memoryRecord([{ temporary }, { from: 0, to: rangeBytes, crc: 0 }]);
    assert.deepEqual(await goOn(remote, record), all);
    assert.ok(fs.readFileSync(at('big')).equals(content));
    assert.equal(fs.readFileSync(at('precious'), 'utf8'), 'precious');
  }
});

test('a second interruption keeps what both attempts wrote', async (t) => {
  const { remote, record, folder } = await interrupted(t, 1);
  const second = record.again();
  await cancelled(remote, second, 3);
  assert.deepEqual(await goOn(remote, second), [3]);
  assertWhole(folder);
});

test('a source that has no ranges now is read from its start', async (t) => {
  const { remote, record, folder, temporary } = await interrupted(t);
  fs.appendFileSync(temporary, 'more');
  await remote.write(target, { ...body(content), md5 }, { resume: record.again() }, ifAbsent, calm);
  assertWhole(folder);
});

test('after crashes fewer ranges are asked for at once', async (t) => {
  for (const [crashes, most] of [
    [0, 4],
    [1, 2],
    [5, 1],
  ] as const) {
    const { remote, record } = await interrupted(t, 0);
    let open = 0;
    let atOnce = 0;
    const source: ByteSource = {
      ...watched(),
      rangesAtOnce: 4,
      async readInto(start, into) {
        atOnce = Math.max(atOnce, ++open);
        await new Promise((resolve) => setTimeout(resolve, 5));
        content.copy(into, 0, start);
        open--;
      },
    };
    const facts = Array.from({ length: crashes }, () => ({ continued: true }));
    const resume = memoryRecord([...record.recorded, ...facts]);
    await remote.write(target, source, { resume }, ifAbsent, calm);
    assert.equal(atOnce, most);
  }
});

test('a download whose source has changed fails as any other, and leaves nothing', async (t) => {
  const { remote, record, folder } = await interrupted(t);
  const changed = new RemoteError('changed', 'The object has changed.');
  const source: ByteSource = { ...watched(), readInto: () => Promise.reject(changed) };
  await assert.rejects(remote.write(target, source, { resume: record.again() }, ifAbsent, calm), changed);
  assert.deepEqual(fs.readdirSync(folder), []);
});

test('a discarded download leaves nothing, and no other file is removed', async (t) => {
  const { remote, record, folder, at } = await interrupted(t);
  // Another process may be writing the same file.
  const other = temporaryName(at('big'));
  releaseTemporary(other);
  fs.writeFileSync(other, 'x');
  fs.writeFileSync(at('precious'), 'precious');
  await remote.discardWrite?.(target, record.again().recorded, calm);
  await remote.discardWrite?.(target, record.again().recorded, calm);
  for (const temporary of ['precious', '../precious', 7])
    await remote.discardWrite?.(target, [{ temporary }], calm);
  assert.deepEqual(fs.readdirSync(folder).sort(), [path.basename(other), 'precious'].sort());
});

test('what a killed write of a small file left is removed by its name, and nothing else', async (t) => {
  const { remote, folder, at } = given(t);
  const left = temporaryName(at('big'));
  releaseTemporary(left);
  const others = [temporaryName(at('big'), true), temporaryName(at('bigger')), at('.big.part'), at('big')];
  for (const file of [left, ...others]) fs.writeFileSync(file, 'x');
  for (const file of others) releaseTemporary(file);
  const used = temporaryName(at('big'));
  fs.writeFileSync(used, 'x');
  await remote.discardWrite?.(target, [], calm);
  assert.deepEqual(
    fs.readdirSync(folder).sort(),
    [...others, used].map((file) => path.basename(file)).sort(),
  );
  releaseTemporary(used);
});

test('the part of a download is kept for a week, however many files are written beside it', async (t) => {
  const { remote, record, folder, temporary } = await interrupted(t);
  const [name = ''] = temporariesIn(folder);
  assert.match(name, /\.kept\.part$/);
  const again = openLocalRemote({ root: folder, leftoverAgeMs: 0 });
  await again.write(parsePath('other'), body('x'), {}, ifAbsent, calm);
  assert.ok(fs.existsSync(temporary));
  assert.deepEqual(await goOn(remote, record), [2, 3]);
});
