import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { describePlan } from '../../src/plan/build/describePlan';
import { defaultPlanOptions, type PlanOptions } from '../../src/plan/model/planOptions';
import { planSync } from '../../src/usecases/planSync';
import type { S3TestServer } from '../servers/s3/s3Server';
import type { Bucket } from '../servers/s3/store/objectStore';
import { calm } from '../support/remoteCalls';
import { diskSide, execute, remoteSide } from '../support/syncSides';
import { inTemporaryFolder, served } from '../unit/backends/s3/s3Fixture';

const withDeletes: PlanOptions = { ...defaultPlanOptions, verb: 'sync', deletes: 'after' };

interface Given {
  readonly server: S3TestServer;
  /** Plans, does `between`, runs, and gives the lines of the plan's actions and conflicts, with what became of each action. */
  sync(
    options?: PlanOptions,
    between?: () => Promise<void>,
  ): Promise<{ readonly lines: readonly string[]; readonly outcomes: readonly string[] }>;
  /** All keys of the bucket with their contents. */
  stock(): Readonly<Record<string, string>>;
  /** Writes a file of the source. */
  write(name: string, content: string): Promise<void>;
  remove(name: string): Promise<void>;
}

/** A folder, and a bucket of a store on a file system; `known`: whether the settings say so. `marks` are those of the emulated bucket. */
function given(
  files: Readonly<Record<string, string>>,
  objects: Readonly<Record<string, string>>,
  work: (it: Given) => Promise<void>,
  known = true,
  marks: Partial<Pick<Bucket, 'likeFiles' | 'keepsFolders'>> = { likeFiles: true },
): Promise<void> {
  return inTemporaryFolder((folder) =>
    served({ settings: known ? { fileSystem: true } : {} }, async ({ remote, server }) => {
      const bucket = server.store.findBucket('demo') ?? assert.fail();
      Object.assign(bucket, marks);
      for (const [key, content] of Object.entries(objects)) server.store.put('demo', key, content);
      const write = async (name: string, content: string) => {
        await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
        await writeFile(path.join(folder, name), content);
      };
      for (const [name, content] of Object.entries(files)) await write(name, content);
      const source = diskSide(folder);
      const target = remoteSide(remote, 'demo');
      await work({
        server,
        write,
        remove: (name) => rm(path.join(folder, name), { recursive: true }),
        stock: () =>
          Object.fromEntries(server.store.keys('demo').map((key) => [key, bucket.current(key)?.text ?? ''])),
        async sync(options = withDeletes, between = async () => {}) {
          const plan = await planSync({ source, target, options }, calm);
          await between();
          const report = await execute(plan, source, target);
          const shown = /^(upload|delete|rename|conflict|skip) /;
          return {
            lines: [...describePlan(plan)].filter((line) => shown.test(line)),
            outcomes: report.results.map(({ id, outcome }) => `${id} ${outcome}`),
          };
        },
      });
    }),
  );
}

const isDone = (outcomes: readonly string[]) => outcomes.every((outcome) => outcome.endsWith(' done'));

describe('on a store on a file system, a sync with deletes (H16)', () => {
  it('deletes a folder in the place of a file before it copies, and is complete after one run', () =>
    given({ x: 'file', other: 'o' }, { 'x/a': '1', 'x/b/c': '2', old: 'gone' }, async ({ sync, stock }) => {
      const { lines, outcomes } = await sync();
      assert.deepEqual(lines, [
        'delete  x/a  (not in the source, 1 byte; first, to make room for x)',
        'delete  x/b/c  (not in the source, 1 byte; first, to make room for x)',
        'upload  other  (only in the source, 1 byte)',
        'upload  x  (only in the source, 4 bytes)',
        'delete  old  (not in the source, 4 bytes)',
      ]);
      assert.ok(isDone(outcomes), outcomes.join());
      assert.deepEqual(stock(), { other: 'o', x: 'file' });
      assert.deepEqual((await sync()).lines, []);
    }));

  it('deletes a file in the place of a folder first', () =>
    given({ 'x/a': '1', 'x/b/c': '2' }, { x: 'file' }, async ({ sync, stock }) => {
      const { lines } = await sync();
      assert.match(lines[0] ?? '', /^delete {2}x {2}.*first, to make room for x\/a/);
      assert.deepEqual(stock(), { 'x/a': '1', 'x/b/c': '2' });
      assert.deepEqual((await sync()).lines, []);
    }));

  for (const deletes of ['before', 'during'] as const)
    it(`does so with deletes ${deletes}`, () =>
      given({ x: 'file', 'y/z': 'below' }, { 'x/a': '1', y: 'file', zz: 'gone' }, async ({ sync, stock }) => {
        await sync({ ...withDeletes, deletes });
        assert.deepEqual(stock(), { x: 'file', 'y/z': 'below' });
      }));

  it('removes an empty folder of that name, which no listing of files contains', () =>
    given({ x: 'file' }, { 'x/': '', 'x/a': '1' }, async ({ sync, stock }) => {
      await sync();
      assert.deepEqual(stock(), { x: 'file' });
    }));

  it('detects the store by its refusal, deletes then, and is complete after one run', () =>
    given(
      { x: 'file', 'y/z': 'below', k: 'k' },
      { 'x/a': '1', 'x/b/c': '2', y: 'file', old: 'gone' },
      async ({ sync, stock }) => {
        const { outcomes } = await sync();
        assert.ok(isDone(outcomes), outcomes.join());
        assert.deepEqual(stock(), { k: 'k', x: 'file', 'y/z': 'below' });
        assert.deepEqual((await sync()).lines, []);
      },
      false,
    ));

  it('does not delete late when another file failed too', () =>
    given(
      { x: 'file', k: 'k' },
      { 'x/a': '1', old: 'gone' },
      async ({ server, sync, stock }) => {
        server.addFault({ operation: 'PutObject', key: 'k', status: 403, code: 'AccessDenied', count: 9 });
        await sync();
        assert.deepEqual(stock(), { old: 'gone', 'x/a': '1' });
      },
      false,
    ));

  it('keeps a file that the source has again', () =>
    given({ x: 'file', keep: 'k' }, { 'x/a': '1', old: 'gone' }, async (it) => {
      const { outcomes } = await it.sync(withDeletes, async () => {
        await it.remove('x');
        await it.write('x/a', '1');
      });
      assert.ok(outcomes.includes('d:x/a changed'), outcomes.join());
      assert.deepEqual(it.stock(), { keep: 'k', old: 'gone', 'x/a': '1' });
    }));

  it('reports a conflict where deletes are limited', () =>
    given(
      { x: 'file', 'y/z': '1' },
      { 'x/a': '1', 'x/keep.log': 'l', y: 'file' },
      async ({ sync, stock }) => {
        const { lines } = await sync({ ...withDeletes, maxDelete: { files: 1 } } as PlanOptions);
        assert.deepEqual(lines.filter((line) => line.startsWith('conflict')).length, 2, lines.join('\n'));
        assert.deepEqual(stock(), { 'x/a': '1', 'x/keep.log': 'l', y: 'file' });
      },
    ));

  it('can’t store both a file and a folder of the source, and keeps the stored files', () =>
    served({ settings: { fileSystem: true } }, async ({ remote, server }) => {
      server.store.createBucket('from');
      for (const key of ['x', 'x/a', 'y']) server.store.put('from', key, 'new');
      const bucket = server.store.findBucket('demo') ?? assert.fail();
      server.store.put('demo', 'x/a', 'old');
      server.store.put('demo', 'x/b', 'extra');
      bucket.likeFiles = true;
      const [source, target] = [remoteSide(remote, 'from'), remoteSide(remote, 'demo')];
      const plan = await planSync({ source, target, options: withDeletes }, calm);
      assert.deepEqual(
        plan.conflicts.map(({ path: at, because }) => `${at} ${because}`),
        ['x fileAgainstFolder'],
      );
      await execute(plan, source, target);
      assert.deepEqual(server.store.keys('demo'), ['x/a', 'y']);
    }));
});

describe('on a store on a file system, a copy without deletes', () => {
  it('reports files in the way instead of failing', () =>
    given({ x: 'file', 'y/z': '1', w: 'w' }, { 'x/a': '1', y: 'file' }, async ({ sync, stock }) => {
      const { lines, outcomes } = await sync({ ...defaultPlanOptions, verb: 'copy' });
      assert.deepEqual(outcomes, ['c:w done']);
      assert.equal(lines.filter((line) => line.startsWith('conflict')).length, 2);
      assert.deepEqual(stock(), { w: 'w', 'x/a': '1', y: 'file' });
    }));
});

describe('on a store that takes a folder for an object where one must be absent (SeaweedFS)', () => {
  const files = { x: 'file', 'x2/y': 'z', k: 'k', w: 'file' };
  const objects = { 'x/a': '1', 'x/b/c': '2', x2: 'file', old: 'gone', w: 'older' };
  for (const deletes of ['after', 'before', 'during'] as const)
    for (const [what, marks] of [
      ['can keep both', { keepsFolders: true }],
      ['can’t', { keepsFolders: true, likeFiles: true }],
    ] as const)
      it(`a sync with deletes ${deletes} is complete after one run where it ${what}, or after two`, () =>
        given(
          files,
          objects,
          async ({ sync, stock }) => {
            const { outcomes } = await sync({ ...withDeletes, deletes });
            const isWhole = isDone(outcomes);
            if (!('likeFiles' in marks) || deletes === 'after') assert.ok(isWhole, outcomes.join());
            if (!isWhole) await sync({ ...withDeletes, deletes });
            assert.deepEqual(stock(), files);
            assert.deepEqual((await sync({ ...withDeletes, deletes })).lines, []);
          },
          false,
          marks,
        ));

  it('a copy without deletes keeps the stored files beside the new file', () =>
    given(
      files,
      objects,
      async ({ sync, stock }) => {
        const copies = { ...defaultPlanOptions, verb: 'copy' } as const;
        const { outcomes } = await sync(copies);
        assert.ok(isDone(outcomes), outcomes.join());
        assert.deepEqual(stock(), { ...objects, ...files });
        assert.deepEqual((await sync(copies)).lines, []);
      },
      false,
      { keepsFolders: true },
    ));

  it('a copy without deletes reports files in the way where the store can’t keep both', () =>
    given(
      { x: 'file', k: 'k' },
      { 'x/a': '1' },
      async ({ sync, stock }) => {
        const copies = { ...defaultPlanOptions, verb: 'copy' } as const;
        const { outcomes } = await sync(copies);
        assert.deepEqual(outcomes, ['c:k done', 'c:x failed']);
        assert.deepEqual(
          (await sync(copies)).lines.map((line) => line.split(' ')[0]),
          ['conflict'],
        );
        assert.deepEqual(stock(), { k: 'k', 'x/a': '1' });
      },
      false,
      { keepsFolders: true, likeFiles: true },
    ));
});

describe('on an ordinary store', () => {
  it('a file and a folder can have one name, and deletes come last', () =>
    inTemporaryFolder(async (folder) =>
      served({}, async ({ remote, server }) => {
        server.store.put('demo', 'x/a', '1');
        await writeFile(path.join(folder, 'x'), 'file');
        const sides = { source: diskSide(folder), target: remoteSide(remote, 'demo') };
        const plan = await planSync({ ...sides, options: withDeletes }, calm);
        assert.deepEqual(
          plan.actions.map(({ id }) => id),
          ['c:x', 'd:x/a'],
        );
        assert.ok(plan.actions.every((action) => !('makesRoomFor' in action)));
      }),
    ));
});
