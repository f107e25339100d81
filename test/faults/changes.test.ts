import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { Remote } from '../../src/remote/remote';
import { pattern } from '../support/remoteCalls';
import { actions, mebi, outcomes, plan, readOrNone, run, synced } from './faultyRun';

const mirror = { deletes: 'after' } as const;

for (const [size, way] of [
  [3 * mebi, 'stream'],
  [11 * mebi, 'stream'],
  [3 * mebi, 'readInto'],
  [11 * mebi, 'readInto'],
  [11 * mebi, 'computeDigests'],
] as const)
  test(`a source file of ${size} bytes that is written to while it is read (${way}) does not arrive mixed (H21, R26)`, () =>
    synced(
      async (it) => {
        it.write('growing', pattern(size));
        it.write('calm', 'x');
        it.put('growing', 'old');
        const made = await plan(it.disk, it.bucket);
        const grow = () => it.write('growing', pattern(size, 2), 1_000_000_001);
        const disk = { ...it.disk, remote: changingWhenRead(it.disk.remote, 'growing', way, grow) };
        const report = await run(made, disk, it.bucket);
        assert.deepEqual(outcomes(report), ['done copyFile calm', 'changed copyFile growing']);
        assert.equal(it.object('growing'), 'old');
        assert.equal(it.server.uploads.size, 0);
        // The next run copies the current content.
        const again = await run(await plan(it.disk, it.bucket), it.disk, it.bucket);
        assert.deepEqual(outcomes(again), ['done copyFile growing']);
        assert.ok(it.server.store.get('demo', 'growing')?.body.equals(pattern(size, 2)));
      },
      { settings: { uploadCutoff: '5Mi', chunkSize: '5Mi' } },
    ));

test('a source file that is written to while its parts are sent does not arrive mixed (H21, R26)', () =>
  synced(
    async (it) => {
      it.write('growing', pattern(11 * mebi));
      it.put('growing', 'old');
      const made = await plan(it.disk, it.bucket);
      let changed = false;
      it.server.addFault({
        when: ({ operation }) => {
          if (!changed && operation === 'UploadPart') {
            changed = true;
            it.write('growing', pattern(11 * mebi, 2), 1_000_000_001);
          }
          return false;
        },
      });
      assert.deepEqual(outcomes(await run(made, it.disk, it.bucket)), ['changed copyFile growing']);
      assert.ok(changed);
      assert.equal(it.object('growing'), 'old');
      assert.equal(it.server.uploads.size, 0);
    },
    // One part at a time, or all parts are in memory before the first one arrives.
    { settings: { uploadCutoff: '5Mi', chunkSize: '5Mi', concurrency: 1 } },
  ));

test('an object that is replaced while it is downloaded does not arrive mixed (A29, R26)', () =>
  synced(async (it) => {
    for (const key of ['small', 'large']) {
      const size = key === 'small' ? 100 : 3 * mebi;
      it.put(key, pattern(size));
      it.write(key, 'old');
    }
    const made = await plan(it.bucket, it.disk);
    it.server.addFault({
      when: (request) => {
        if (request.operation === 'GetObject') {
          const key = request.key ?? '';
          const { size = 0 } = it.server.store.get('demo', key) ?? {};
          it.put(key, pattern(size, 2), 1_000_000_002_000);
        }
        return false;
      },
    });
    const report = await run(made, it.bucket, it.disk);
    assert.deepEqual(outcomes(report), ['changed copyFile large', 'changed copyFile small']);
    for (const key of ['small', 'large']) assert.equal(it.read(key), 'old');
    assert.deepEqual(it.files(), ['large', 'small']);
  }));

test('a body that ends in the middle of a download is resumed there, and the file is whole', () =>
  synced(async (it) => {
    it.put('large', pattern(3 * mebi));
    it.server.addFault({ operation: 'GetObject', cutResponseAfterBytes: mebi });
    const report = await run(await plan(it.bucket, it.disk), it.bucket, it.disk);
    assert.deepEqual(outcomes(report), ['done copyFile large']);
    assert.ok(fs.readFileSync(path.join(it.folder, 'large')).equals(pattern(3 * mebi)));
  }));

for (const verb of ['upload', 'download'] as const)
  test(`a target that others write to after the preview is neither overwritten nor deleted (${verb}, R26)`, () =>
    synced(async (it) => {
      const upload = verb === 'upload';
      const [source, target] = upload ? [it.disk, it.bucket] : [it.bucket, it.disk];
      const onSource = (file: string, content: string) =>
        upload ? it.write(file, content) : it.put(file, content);
      const onTarget = (file: string, content: string) =>
        upload ? it.put(file, content, 2_000_000_000_000) : it.write(file, content, 2_000_000_000);
      const theirs = ['new', 'changed', 'extra'];
      for (const file of ['new', 'changed', 'fine']) onSource(file, `my ${file}`);
      for (const deletes of ['before', 'during', 'after'] as const) {
        for (const file of ['changed', 'extra']) onTarget(file, 'old');
        const made = await plan(source, target, { deletes });
        for (const file of theirs) onTarget(file, `their ${file}`);
        const report = await run(made, source, target);
        const expected = [
          'changed copyFile changed',
          'changed copyFile new',
          `${deletes === 'after' ? 'notStarted' : 'changed'} deleteFile extra`,
        ];
        const ends = outcomes(report).filter((line) => !line.endsWith('fine'));
        assert.deepEqual(ends.sort(), expected.sort());
        for (const file of theirs) assert.equal(upload ? it.object(file) : it.read(file), `their ${file}`);
        if (upload) it.server.store.delete('demo', 'new');
        else fs.rmSync(path.join(it.folder, 'new'));
      }
    }));

test('a target file that vanished after the preview is not created again by a delete or an overwrite', () =>
  synced(async (it) => {
    it.write('changed', 'mine');
    for (const key of ['changed', 'extra']) it.put(key, 'old');
    const made = await plan(it.disk, it.bucket, { deletes: 'during' });
    for (const key of ['changed', 'extra']) it.server.store.delete('demo', key);
    const report = await run(made, it.disk, it.bucket);
    assert.deepEqual(outcomes(report), ['changed copyFile changed', 'changed deleteFile extra']);
    assert.deepEqual(it.server.store.keys('demo'), []);
  }));

test('a source file that becomes a folder, and back, is followed by uploads without losing anything (H16, R14)', () =>
  synced(async (it) => {
    const sync = async () => run(await plan(it.disk, it.bucket, mirror), it.disk, it.bucket);
    it.write('a', 'a file');
    it.write('keep', 'x');
    await sync();
    // Between preview and run: the planned file is refused, and nothing is deleted.
    it.write('a', 'a changed file', 1_000_000_005);
    const made = await plan(it.disk, it.bucket, mirror);
    fs.rmSync(path.join(it.folder, 'a'));
    it.write('a/b', 'in a folder');
    assert.deepEqual(outcomes(await run(made, it.disk, it.bucket)), ['changed copyFile a']);
    assert.equal(it.object('a'), 'a file');
    await sync();
    assert.deepEqual(it.server.store.keys('demo'), ['a/b', 'keep']);
    fs.rmSync(path.join(it.folder, 'a'), { recursive: true });
    it.write('a', 'a file again');
    await sync();
    assert.deepEqual(it.server.store.keys('demo'), ['a', 'keep']);
    assert.equal(it.object('a'), 'a file again');
    assert.deepEqual(actions(await plan(it.disk, it.bucket, mirror)), []);
  }));

test("a target file that becomes a folder after the preview keeps the folder's files, and is written once it is a file again (H16)", () =>
  synced(async (it) => {
    it.put('a', 'newer');
    it.put('keep', 'x');
    it.write('a', 'old');
    const made = await plan(it.bucket, it.disk, mirror);
    fs.rmSync(path.join(it.folder, 'a'));
    it.write('a/b', 'someone needs this');
    const report = await run(made, it.bucket, it.disk);
    const outcome = report.results.find(({ path: file }) => file === 'a')?.outcome;
    assert.ok(outcome === 'failed' || outcome === 'changed', outcome);
    assert.equal(it.read('a/b'), 'someone needs this');
    // A new plan has a conflict and leaves the folder alone.
    const conflicted = await plan(it.bucket, it.disk, mirror);
    assert.deepEqual(
      conflicted.conflicts.map(({ path: file, because }) => `${file} ${because}`),
      ['a fileAgainstFolder'],
    );
    await run(conflicted, it.bucket, it.disk);
    assert.equal(it.read('a/b'), 'someone needs this');
    fs.rmSync(path.join(it.folder, 'a'), { recursive: true });
    await run(await plan(it.bucket, it.disk, mirror), it.bucket, it.disk);
    assert.equal(it.read('a'), 'newer');
    assert.deepEqual(actions(await plan(it.bucket, it.disk, mirror)), []);
  }));

test('links of a source are followed or left out by the option, never in a loop, and their counterparts stay (A21, H2)', (t) => {
  if (process.platform === 'win32') return t.skip('links need a privilege on Windows');
  return synced(async (it) => {
    const outside = path.join(path.dirname(it.folder), 'outside');
    fs.mkdirSync(outside);
    fs.writeFileSync(path.join(outside, 'far'), 'far away');
    it.write('real/file', 'x');
    const link = (target: string, name: string) => fs.symlinkSync(target, path.join(it.folder, name));
    link('real/file', 'to a file');
    link('real', 'to a folder');
    link(outside, 'out');
    link('..', 'real/loop');
    link('nowhere', 'broken');
    for (const key of ['broken', 'to a file', 'to a folder/file', 'real/loop/x', 'extra'])
      it.put(key, 'there before');
    const followed = await plan(it.disk, it.bucket, { ...mirror, followSymlinks: true });
    assert.ok(
      followed.skipped.some(({ path: file, because }) => file === 'broken' && because === 'brokenLink'),
    );
    assert.ok(
      followed.skipped.some(({ path: file, because }) => file === 'real/loop' && because === 'linkLoop'),
    );
    await run(followed, it.disk, it.bucket);
    for (const [key, content] of [
      ['to a file', 'x'],
      ['to a folder/file', 'x'],
      ['out/far', 'far away'],
      ['broken', 'there before'],
      ['real/loop/x', 'there before'],
    ] as const)
      assert.equal(it.object(key), content, key);
    const leftOut = await plan(it.disk, it.bucket, { ...mirror, followSymlinks: false });
    const links = leftOut.skipped
      .filter(({ because }) => because === 'symlink')
      .map(({ path: file }) => file);
    assert.deepEqual(links.sort(), ['broken', 'out', 'real/loop', 'to a file', 'to a folder']);
    await run(leftOut, it.disk, it.bucket);
    for (const key of ['to a file', 'to a folder/file', 'out/far', 'broken', 'real/loop/x'])
      assert.ok(it.object(key), `${key} is not deleted for a link that is left out`);
  });
});

test('a download never goes through a link out of the folder, also one that came after the preview (H19)', (t) => {
  if (process.platform === 'win32') return t.skip('links need a privilege on Windows');
  return synced(async (it) => {
    const outside = path.join(path.dirname(it.folder), 'outside');
    fs.mkdirSync(outside);
    fs.writeFileSync(path.join(outside, 'old'), 'not ours');
    it.put('sub/new', 'x');
    it.put('sub/old', 'y');
    it.put('fine', 'z');
    const link = () => fs.symlinkSync(outside, path.join(it.folder, 'sub'));
    const before = await plan(it.bucket, it.disk, mirror);
    link();
    const report = await run(before, it.bucket, it.disk);
    assert.deepEqual(
      report.results.filter(({ outcome }) => outcome === 'done').map(({ path: file }) => file),
      ['fine'],
    );
    await run(await plan(it.bucket, it.disk, mirror), it.bucket, it.disk);
    assert.deepEqual(fs.readdirSync(outside), ['old']);
    assert.equal(readOrNone(path.join(outside, 'old')), 'not ours');
  });
});

/** The remote; `change` is called after the first bytes of `file` were read by a stream, or when the first call of another way ends. */
function changingWhenRead(
  inner: Remote,
  file: string,
  way: 'stream' | 'readInto' | 'computeDigests',
  change: () => void,
): Remote {
  let changed = false;
  const { readToBuffer: _, computeMd5: __, readInto, computeDigests, ...remote } = inner;
  const changeAfter = async (path: string, reading: Promise<unknown> | undefined) => {
    await reading;
    if (path === file && !changed) {
      changed = true;
      change();
    }
  };
  return {
    ...remote,
    ...(way === 'readInto' && {
      readInto: async (...args) => {
        const { path: from } = args[0];
        // Where one call reads the whole file, the change comes before it.
        if (args[2].length === args[0].size) await changeAfter(from, undefined);
        await changeAfter(from, readInto?.(...args));
      },
    }),
    ...(way === 'computeDigests' && {
      readInto: readInto as NonNullable<Remote['readInto']>,
      computeDigests: async (...args) => {
        const digests = await (computeDigests as NonNullable<Remote['computeDigests']>)(...args);
        await changeAfter(args[0].path, undefined);
        return digests;
      },
    }),
    capabilities: inner.capabilities,
    read: async (from, options, signal) => {
      const result = await inner.read(from, options, signal);
      if (from !== file) return result;
      const stream = Readable.from(
        (async function* () {
          for await (const chunk of result.stream) {
            yield chunk;
            if (changed) continue;
            changed = true;
            change();
          }
        })(),
        { objectMode: false },
      );
      return { ...result, stream };
    },
  };
}
