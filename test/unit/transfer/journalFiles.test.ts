import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
  endedFile,
  isRunId,
  newRunId,
  tidyJournals,
  unfinishedFile,
  unfinishedIds,
} from '../../../src/transfer/journal/journalFiles';
import { temporaryFolder } from '../../support/temporaryFolder';

const day = 24 * 3_600_000;
const now = Date.UTC(2026, 10, 30, 12);

/** A journal of `bytes` bytes, which take no space, written `ageMs` milliseconds before `now`. */
function writeJournal(file: string, ageMs: number, bytes = 100): void {
  fs.writeFileSync(file, '');
  fs.truncateSync(file, bytes);
  fs.utimesSync(file, (now - ageMs) / 1000, (now - ageMs) / 1000);
}

/** Ids of runs that began a minute after each other, newest first. */
function ids(count: number): string[] {
  return Array.from({ length: count }, (_, i) => newRunId(now - i * 60_000));
}

test('a run that was left unfinished for a week ends, and its journal stays', async (t) => {
  const folder = temporaryFolder(t);
  const [fresh = '', old = ''] = ids(2);
  writeJournal(unfinishedFile(folder, fresh), 7 * day - 60_000);
  writeJournal(unfinishedFile(folder, old), 7 * day + 60_000);
  await tidyJournals(folder, now);
  assert.deepEqual(await unfinishedIds(folder), [fresh]);
  assert.ok(fs.existsSync(endedFile(folder, old)));
});

const mebi = 1024 * 1024;
for (const [title, count, bytes, kept] of [
  ['in number', 60, 100, 49],
  ['in bytes', 5, 90 * mebi, 2],
] as const)
  test(`the newest journals of ended runs stay up to a limit ${title}, beside one that begins now`, async (t) => {
    const folder = temporaryFolder(t);
    const runs = ids(count);
    for (const run of runs) writeJournal(endedFile(folder, run), 30 * day, bytes);
    const [unfinished = ''] = ids(1);
    writeJournal(unfinishedFile(folder, unfinished), day, bytes);
    fs.writeFileSync(path.join(folder, 'notes.jsonl'), '');
    await tidyJournals(folder, now);
    const expected = [
      ...runs.slice(0, kept).map((run) => endedFile(folder, run)),
      unfinishedFile(folder, unfinished),
      path.join(folder, 'notes.jsonl'),
    ];
    assert.deepEqual(fs.readdirSync(folder).sort(), expected.map((file) => path.basename(file)).sort());
  });

test('only ids of runs become names of files', () => {
  const [id = ''] = ids(1);
  assert.ok(isRunId(id));
  for (const other of ['', '../x', `${id}/..`, `../${id}`, `${id}.open`, `x${id}`])
    assert.ok(!isRunId(other), other);
});
