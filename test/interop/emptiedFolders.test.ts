import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { checkPlan } from '../../src/plan/build/planInvariants';
import type { PlanOptions } from '../../src/plan/model/planOptions';
import { plan, run } from '../faults/faultyRun';
import { diskSide } from '../support/syncSides';
import { skipWithout } from './realTools';

// The folders that a sync with deletes removes on a disk: the same as the real rclone, where it is installed.

const noRclone = skipWithout('rclone');

interface Case {
  readonly name: string;
  /** Files, and folders with a slash at the end. */
  readonly source?: readonly string[];
  readonly target: readonly string[];
  readonly options?: Partial<PlanOptions>;
  readonly flags?: readonly string[];
  /** The files and folders left in the target, except `keep`. */
  readonly left: readonly string[];
}

const cases: readonly Case[] = [
  { name: 'one folder', target: ['gone/f'], left: [] },
  { name: 'folders in folders', target: ['gone/deep/er/f', 'gone/g'], left: [] },
  { name: 'an empty folder in a removed folder', target: ['gone/f', 'gone/empty/'], left: [] },
  {
    name: 'a folder that the source has too, empty or not',
    source: ['both/', 'some/a'],
    target: ['both/f', 'some/a', 'some/b'],
    left: ['both/', 'some/', 'some/a'],
  },
  { name: 'a folder with a new file', source: ['new/f'], target: ['new/g'], left: ['new/', 'new/f'] },
  {
    name: 'a folder with an excluded file',
    target: ['e/a.log', 'e/b', 'f/deep/b', 'f/a.log'],
    options: { filters: [{ exclude: '*.log' }] },
    flags: ['--exclude', '*.log'],
    left: ['e/', 'e/a.log', 'f/', 'f/a.log'],
  },
  {
    name: 'a folder with an excluded folder',
    target: ['e/b', 'e/x/'],
    options: { filters: [{ exclude: '/e/x/**' }] },
    flags: ['--exclude', '/e/x/**'],
    left: ['e/', 'e/x/'],
  },
  {
    name: 'an excluded folder, with deleteExcluded',
    target: ['e/b'],
    options: { filters: [{ exclude: '/e/**' }], deleteExcluded: true },
    flags: ['--exclude', '/e/**', '--delete-excluded'],
    left: [],
  },
  ...(['before', 'during'] as const).map((deletes) => ({
    name: `deletes ${deletes}`,
    target: ['gone/z/', 'gone/f'],
    options: { deletes },
    flags: [`--delete-${deletes}`],
    left: [],
  })),
  {
    name: 'a copy',
    target: ['gone/f', 'old/'],
    options: { verb: 'copy', deletes: 'none' },
    left: ['gone/', 'gone/f', 'old/'],
  },
];

function folderWith(base: string, name: string, items: readonly string[]): string {
  const folder = path.join(base, name);
  for (const item of ['keep', ...items]) {
    const at = path.join(folder, item);
    fs.mkdirSync(item.endsWith('/') ? at : path.dirname(at), { recursive: true });
    if (item.endsWith('/')) continue;
    fs.writeFileSync(at, 'x');
    fs.utimesSync(at, 1_000_000_000, 1_000_000_000);
  }
  return folder;
}

function below(folder: string): string[] {
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
  const names = entries.map((entry) => {
    const at = path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name));
    return entry.isDirectory() ? `${at}/` : at;
  });
  return names.filter((name) => name !== 'keep').sort();
}

for (const { name, source = [], target, options = {}, flags = [], left } of cases)
  test(`a sync removes emptied folders as rclone does: ${name}`, async (t) => {
    const base = fs.mkdtempSync(path.join(os.tmpdir(), 'emptied-'));
    t.after(() => fs.rmSync(base, { recursive: true, force: true }));
    const from = diskSide(folderWith(base, 'source', source));
    const to = diskSide(folderWith(base, 'target', target));
    const made = await plan(from, to, { deletes: 'after', ...options });
    assert.deepEqual(checkPlan(made), []);
    const report = await run(made, from, to);
    assert.equal(report.totals.done, made.actions.length);
    assert.deepEqual(below(path.join(base, 'target')), [...left].sort());
    assert.deepEqual((await plan(from, to, { deletes: 'after', ...options })).actions, []);
    if (noRclone !== false) return t.diagnostic(noRclone);
    const theirs = folderWith(base, 'theirs', target);
    const verb = options.verb ?? 'sync';
    const env = { PATH: process.env['PATH'] ?? '', HOME: base, RCLONE_CONFIG: path.join(base, 'none') };
    execFileSync('rclone', [verb, path.join(base, 'source'), theirs, '-q', ...flags], { env });
    assert.deepEqual(below(theirs), [...left].sort(), 'rclone');
  });
