import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { bytesOf, contentOf, type FileSet, fileOf, pieceSize, writeFiles } from '../fileSets';
import { bestPeer, judge, median, ratioOf } from '../report/figures';
import { growthChart } from '../report/growthChart';
import { pageText, replacedPart } from '../report/texts';
import type { BenchResult, RowResult, ToolResult } from '../results';
import { chosenRows, rows } from '../rows/rows';

function tool(name: string, seconds: readonly number[], more: Partial<ToolResult> = {}): ToolResult {
  const samples = seconds.map((one) => ({
    seconds: one,
    cpu: one / 2,
    peakMB: 100 + one,
    requests: { put: 1234, list: 1 },
    serverCpu: 0.1,
  }));
  const role = name.startsWith('ours') ? 'ours' : name === 'floor' ? 'floor' : 'peer';
  return { name, role, samples, ...more };
}

function row(
  id: string,
  files: number,
  tools: readonly ToolResult[],
  goals: RowResult['goals'] = [],
): RowResult {
  return { id, title: `row ${id}`, files, goals, commit: 'abc1234', command: 'npm run bench', tools };
}

const all: BenchResult = {
  date: '2026-11-30T18:00:00.000Z',
  machine: '2 × something',
  versions: ['rclone 1.76'],
  idleMB: 60,
  rows: [
    row(
      'up',
      10_000,
      [
        tool('ours', [2, 3, 10]),
        tool('rclone', [4, 4, 4]),
        tool('rclone, tuned', [3, 3, 3]),
        tool('s5cmd', [50]),
        tool('aws', [], { problem: 'ended with 1' }),
        tool('floor', [1, 1, 1]),
      ],
      [
        { of: 'the best peer', limit: 0.9 },
        { of: 'the best peer', limit: 1 },
        { of: 'MB over idle', limit: 42 },
      ],
    ),
    row('noop-10k', 10_000, [tool('ours', [1]), tool('ours, again', [0.5]), tool('s5cmd', [2])]),
    row('noop-100k', 100_000, [tool('ours', [10]), tool('ours, again', [2]), tool('s5cmd', [20])]),
    row(
      'noop-1m',
      1_000_000,
      [tool('ours', [110]), tool('ours, again', [30]), tool('s5cmd', [200])],
      [{ of: 'time per object of 100,000', limit: 1.05 }],
    ),
  ],
};

test('the median is the middle number, or the mean of both', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.equal(median([7]), 7);
  assert.ok(Number.isNaN(median([])));
});

test('a ratio is the median of the ratios run by run, of the runs that both have', () => {
  assert.equal(ratioOf(tool('ours', [1, 10, 4]), tool('rclone', [2, 10, 1])), 1);
  assert.equal(ratioOf(tool('ours', [1, 10, 4]), tool('rclone', [4])), 0.25);
  assert.ok(Number.isNaN(ratioOf(tool('ours', []), tool('rclone', [4]))));
});

test('the best peer is a peer that was measured, and the floor is no peer', () => {
  const [first] = all.rows as [RowResult];
  assert.equal(bestPeer(first)?.name, 'rclone, tuned');
  assert.equal(bestPeer(first, 's5cmd')?.name, 's5cmd');
  assert.equal(bestPeer(first, 'aws'), undefined);
});

test('a goal is met at its limit, and not met without figures', () => {
  const [first, , , million] = all.rows as [RowResult, RowResult, RowResult, RowResult];
  const judged = first.goals.map((goal) => judge(goal, first, all));
  assert.deepEqual(
    judged.map(({ value, met }) => [value, met]),
    [
      [1, false],
      [1, true],
      [43, false],
    ],
  );
  const growth = judge({ of: 'time per object of 100,000', limit: 1.05 }, million, all);
  assert.equal(growth.value.toFixed(2), '1.10');
  assert.equal(growth.met, false);
  assert.equal(judge({ of: 'rclone with its defaults', limit: 9 }, first, all).value, 0.75);
  assert.equal(judge({ of: 's5cmd, once known', limit: 9 }, million, all).value, 0.15);
  assert.equal(judge({ of: 's5cmd', limit: 9 }, million, all).value, 0.55);
  assert.equal(judge({ of: 'rclone', limit: 9 }, million, all).met, false);
});

test('the page has every row and every tool with its figures, also those that failed', () => {
  const text = pageText(all);
  assert.match(
    text,
    /\| row up \| 3\.00 s \| rclone, tuned, 3\.00 s \| 1\.00 \| 1\.00 s \| .*0\.90: not met.*1\.00: met/,
  );
  assert.match(
    text,
    /\| row noop-10k \| 1\.00 s; once known 0\.50 s \| s5cmd, 2\.00 s \| 0\.50; once known 0\.25 \|/,
  );
  assert.match(
    text,
    /\| {2}\| s5cmd \| 1 \| 50\.00 s \| 25\.00 s \(2500 µs a file\) \| 150 MB \| 0\.10 s \| 1,234 put, 1 list \|/,
  );
  assert.match(text, /Server: 81 µs of CPU/);
  assert.match(text, /\| {2}\| aws \| 0 \| ended with 1 \|/);
  assert.match(text, /Not measured: down, list, /);
  const failed = row('down', 10, [tool('ours', [], { problem: 'left 9 of 10 files' })]);
  assert.match(pageText({ ...all, rows: [failed] }), /\| row down \| left 9 of 10 files \|/);
  for (const line of text.split('\n').filter((one) => one.startsWith('|')))
    assert.ok([8, 10].includes(line.split('|').length), line);
});

test('the page has no command and no path of the machine that measured', () => {
  for (const [problem, shown] of [
    ['/usr/bin/node /home/me/a.mjs s3://b ended with 1: see /home/me/log', 'ended with 1'],
    ['rclone sync /mnt/x ended with null', 'ended with null'],
    ['spawn /opt/x/rclone ENOENT', 'spawn … ENOENT'],
    ['left 9 of 10 files', 'left 9 of 10 files'],
  ] as const) {
    const failed = row('down', 10, [tool('ours', [], { problem })]);
    const text = pageText({ ...all, rows: [failed] });
    assert.ok(text.includes(`| row down | ${shown} |`), text);
    assert.ok(text.includes(`| ours | 0 | ${shown} |`), text);
  }
});

test('only the part of the bench is replaced in the page', () => {
  const page = 'a\n<!-- The bench writes from here. -->\nold\n<!-- The bench writes to here. -->\nb\n';
  const again = replacedPart(page, 'new');
  assert.equal(again, page.replace('old', 'new'));
  assert.equal(replacedPart(again, 'old'), page);
  assert.throws(() => replacedPart('a', 'new'), /no part/);
});

test('the picture shows the growth of each tool that did several sizes', () => {
  const chart = growthChart(all) ?? '';
  assert.equal(chart.match(/<polyline/g)?.length, 3);
  assert.equal(chart.match(/<circle/g)?.length, 9);
  assert.match(chart, /prefers-color-scheme: dark/);
  assert.doesNotMatch(chart, /NaN|undefined|Infinity/);
  assert.equal(growthChart({ ...all, rows: all.rows.slice(0, 2) }), undefined);
});

test('rows are chosen by name, and an unknown name is refused', () => {
  assert.deepEqual(
    chosenRows([], false).map(({ id }) => id),
    rows.map(({ id }) => id),
  );
  assert.deepEqual(
    chosenRows(['list', 'up', 'drive'], false).map(({ title }) => title),
    ['10,000 × 4 KiB up', 'list 200,000'],
  );
  assert.throws(() => chosenRows(['uq'], false), /No row is named uq/);
  assert.ok(chosenRows([], true).every(({ set }) => bytesOf(set) <= 1 << 30));
});

const sets: readonly FileSet[] = [
  { count: 205, size: 30 },
  { count: 1, size: pieceSize + 5 },
  { count: 150, size: 1000, spread: 2, biggest: 50_000 },
];

for (const set of sets)
  test(`the files on disk are those of the set: ${JSON.stringify(set)}`, () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-sets-'));
    try {
      writeFiles(folder, set);
      const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) =>
        one.isFile(),
      );
      assert.equal(names.length, set.count);
      let bytes = 0;
      for (let i = 0; i < set.count; i++) {
        const { path: relative, size, modified } = fileOf(set, i);
        const file = path.join(folder, relative);
        assert.equal(statSync(file).mtimeMs, modified * 1000);
        assert.ok(readFileSync(file).equals(Buffer.concat(contentOf(set, i))), relative);
        assert.equal(statSync(file).size, size);
        assert.ok(size <= (set.biggest ?? size));
        bytes += size;
      }
      assert.equal(bytes, bytesOf(set));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
