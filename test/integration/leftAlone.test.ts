import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { PlanOptions } from '../../src/plan/model/planOptions';
import { RemoteError } from '../../src/remote/remoteError';
import { isWhole } from '../../src/transfer/runReport';
import { describeReport } from '../../src/usecases/runPlan';
import { plan, run } from '../faults/faultyRun';
import { ended, spawnFor, writeRemotes } from '../support/engineProcess';
import { createMemoryRemote } from '../support/memoryRemote/memoryRemote';
import { diskSide, remoteSide } from '../support/syncSides';
import { temporaryFolder } from '../support/temporaryFolder';
import { served } from '../unit/backends/s3/s3Fixture';

type Disk = (file: string, content?: string) => string;

interface Case {
  readonly name: string;
  /** Prepares the source folder (`at` gives, and with content writes, a file in it) and the target. */
  readonly given: (at: Disk, store: ReturnType<typeof createMemoryRemote>) => void;
  readonly options?: Partial<PlanOptions>;
  readonly target?: Parameters<typeof createMemoryRemote>[0];
  /** Lines that the report has for it. */
  readonly told: readonly RegExp[];
  readonly total?: RegExp;
  /** Whether the run still counts as whole: then the user asked for it. */
  readonly whole: boolean;
}

const cases: readonly Case[] = [
  {
    name: 'names that differ in their Unicode form only',
    given(at) {
      at('caf\u00e9', 'one');
      at('cafe\u0301', 'two');
    },
    told: [/^conflict {2}caf/],
    total: /1 conflict;/,
    whole: false,
  },
  {
    name: 'names that differ in letter case only, where the target takes them for one',
    given(at) {
      at('readme', 'one');
      at('README', 'two');
    },
    target: { caseInsensitive: true },
    told: [/^conflict {2}readme .*the same name as README/],
    whole: false,
  },
  {
    name: 'links that are not followed',
    given: (at) => fs.symlinkSync('a', at('link')),
    options: { followSymlinks: false },
    told: [/^skip {2}link {2}\(on the source, symlink\)/],
    total: /1 skipped;/,
    whole: true,
  },
  {
    name: 'a link to nothing',
    given: (at) => fs.symlinkSync('nowhere', at('link')),
    options: { followSymlinks: true },
    told: [/^skip {2}link .*brokenLink/],
    whole: false,
  },
  {
    name: 'a pipe',
    given: (at) => execFileSync('mkfifo', [at('pipe')]),
    told: [/^skip {2}pipe .*notRegular/],
    whole: false,
  },
  {
    name: 'names that the target can not hold',
    given(at) {
      at('a:b', 'x');
      at('sub/what?', 'y');
    },
    target: { forbids: 'windows' },
    told: [/^skip {2}a:b .*badName/, /^skip {2}sub\/what\? .*badName/],
    total: /2 skipped;/,
    whole: false,
  },
  {
    name: 'a file in the place of a folder',
    given(at, store) {
      at('a', 'x');
      store.put('to/a/b', 'y');
    },
    target: { hasDirectories: true },
    told: [/^conflict {2}a .*a file against a folder/],
    whole: false,
  },
  {
    name: 'a folder of the target that can not be listed',
    given(at, store) {
      at('a', 'x');
      store.put('to/secret/b', 'y');
      store.put('to/extra', 'z');
      store.fail({
        when: ({ operation, path: at }) => operation === 'list' && at === 'to/secret',
        error: new RemoteError('forbidden', 'Not for you.'),
      });
    },
    options: { deletes: 'after' },
    target: { without: ['listRecursive'] },
    told: [/^problem {2}secret .*Not for you/, /so nothing will be deleted/],
    total: /1 could not be listed;/,
    whole: false,
  },
  {
    name: 'deletes that the limit withholds',
    given(at, store) {
      at('a', 'x');
      for (let i = 0; i < 3; i++) store.put(`to/extra${i}`, 'z');
    },
    options: { deletes: 'after', maxDelete: { files: 1 } },
    told: [/3 files would be deleted, but only 1 may be\. Nothing will be deleted/],
    whole: false,
  },
  {
    name: 'files that the user leaves out, by filters and by limits',
    given(at, store) {
      at('a.log', 'x');
      at('large', 'x'.repeat(100));
      store.put('to/large', 'y');
    },
    options: { filters: [{ exclude: '*.log' }], maxSize: 10, deletes: 'after' },
    told: [],
    whole: true,
  },
  {
    name: 'files too large for the target and files that may not be changed',
    given(at, store) {
      at('fixed', 'new content');
      store.put('to/fixed', 'old');
    },
    options: { immutable: true },
    told: [/^conflict {2}fixed .*must not be changed/],
    whole: false,
  },
];

function sandbox(t: TestContext): { folder: string; at: Disk } {
  const folder = temporaryFolder(t);
  const at: Disk = (file, content) => {
    const whole = path.join(folder, 'source', file);
    fs.mkdirSync(path.dirname(whole), { recursive: true });
    if (content !== undefined) fs.writeFileSync(whole, content);
    return whole;
  };
  return { folder, at };
}

for (const { name, given, options = {}, target, told, total, whole } of cases)
  test(`a run reports ${name}`, async (t) => {
    const { folder, at } = sandbox(t);
    at('plain', 'x');
    const store = createMemoryRemote({ hasDirectories: false, ...target });
    given(at, store);
    const to = remoteSide(store, 'to');
    if (store.capabilities.hasDirectories) store.put('to/other', '');
    const from = diskSide(path.join(folder, 'source'));
    const report = await run(await plan(from, to, options), from, to);
    assert.equal(report.totals.done, report.results.length);
    const lines = [...describeReport(report)];
    for (const line of told)
      assert.ok(
        lines.some((one) => line.test(one)),
        `${line} in\n${lines.join('\n')}`,
      );
    if (total) assert.match(lines.at(-1) ?? '', total);
    assert.equal(isWhole(report), whole, lines.join('\n'));
    assert.deepEqual(JSON.parse(JSON.stringify(report)), report);
  });

test('the terminal prints what was left alone and ends with 1, or with 0 when the user asked for it', (t) =>
  served({}, async ({ server }) => {
    const { folder, at } = sandbox(t);
    const remotes = writeRemotes(folder, server);
    const engine = (options: Partial<PlanOptions>) =>
      ended(
        spawnFor(server, process.execPath, [
          ...[
            'test/tools/runTs.mjs',
            'test/tools/engine.ts',
            'run',
            path.join(folder, 'source'),
            'demo:demo',
          ],
          ...['--remotes', remotes, '--options', JSON.stringify(options)],
        ]),
      );
    at('plain', 'x');
    fs.symlinkSync('plain', at('link'));
    const requested = await engine({ followSymlinks: false });
    assert.equal(requested.code, 0, requested.text);
    assert.match(requested.text, /^skip {2}link .*symlink/m);
    assert.match(requested.text, /1 done, 1 skipped;/);
    at('caf\u00e9', 'one');
    at('cafe\u0301', 'two');
    const unexpected = await engine({ followSymlinks: false });
    assert.equal(unexpected.code, 1, unexpected.text);
    assert.match(unexpected.text, /^conflict {2}caf/m);
    // A plan without actions reports them too.
    const again = await engine({ followSymlinks: false });
    assert.equal(again.code, 1);
    assert.match(again.text, /^0 done, 1 conflict, 1 skipped;/m);
  }));
