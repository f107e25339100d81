import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { PlanEndpoint } from '../../src/plan/model/plan';
import type { PlanOptions } from '../../src/plan/model/planOptions';
import { RemoteError } from '../../src/remote/remoteError';
import { parsePath } from '../../src/remote/remotePath';
import { isWhole } from '../../src/transfer/runReport';
import { describeReport } from '../../src/usecases/runPlan';
import { diskSide, plan, run } from '../faults/faultyRun';
import { createMemoryRemote } from '../support/memoryRemote/memoryRemote';
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

function sandbox(): { folder: string; at: Disk } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'left-alone-'));
  const at: Disk = (file, content) => {
    const whole = path.join(folder, 'source', file);
    fs.mkdirSync(path.dirname(whole), { recursive: true });
    if (content !== undefined) fs.writeFileSync(whole, content);
    return whole;
  };
  return { folder, at };
}

for (const { name, given, options = {}, target, told, total, whole } of cases)
  test(`a run tells of ${name}`, async () => {
    const { folder, at } = sandbox();
    try {
      at('plain', 'x');
      const store = createMemoryRemote({ hasDirectories: false, ...target });
      given(at, store);
      const root = parsePath('to');
      const to: PlanEndpoint = {
        remote: store,
        root,
        place: { kind: 'remote', remote: 'store', path: root },
      };
      if (store.capabilities.hasDirectories) store.put('to/other', '');
      const from = diskSide(path.join(folder, 'source'));
      const made = await plan(from, to, options);
      const report = await run(made, from, to);
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
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

test('the terminal prints what was left alone and ends with 1, or with 0 when that was asked for', () =>
  served({}, async ({ server }) => {
    const { folder, at } = sandbox();
    try {
      const remotes = path.join(folder, 'remotes.json');
      const { endpoint, region } = server;
      fs.writeFileSync(
        remotes,
        JSON.stringify([{ name: 'lab', backend: 's3', endpoint, region, credentials: 'environment' }]),
      );
      const engine = (options: Partial<PlanOptions>) =>
        new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
          const args = [
            'test/tools/runTs.mjs',
            'test/tools/engine.ts',
            'run',
            path.join(folder, 'source'),
            'lab:demo',
          ];
          const more = ['--remotes', remotes, '--options', JSON.stringify(options)];
          const env = {
            ...process.env,
            AWS_ACCESS_KEY_ID: server.accessKeyId,
            AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
          };
          execFile(process.execPath, [...args, ...more], { env }, (error, stdout, stderr) =>
            resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
          );
        });
      at('plain', 'x');
      fs.symlinkSync('plain', at('link'));
      const asked = await engine({ followSymlinks: false });
      assert.equal(asked.code, 0, asked.stderr);
      assert.match(asked.stdout, /^skip {2}link .*symlink/m);
      assert.match(asked.stdout, /1 done, 1 skipped;/);
      at('caf\u00e9', 'one');
      at('cafe\u0301', 'two');
      const silent = await engine({ followSymlinks: false });
      assert.equal(silent.code, 1, silent.stdout);
      assert.match(silent.stdout, /^conflict {2}caf/m);
      // Nothing to do any more is no reason to be silent.
      const again = await engine({ followSymlinks: false });
      assert.equal(again.code, 1);
      assert.match(again.stdout, /^0 done, 1 conflict, 1 skipped;/m);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  }));
