import { randomBytes } from 'node:crypto';
import { readdir, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';

/** The newest journals of ended runs that stay, and their bytes in all. */
const maxEnded = 50;
const maxEndedBytes = 200 * 1024 * 1024;
/** Milliseconds after which an unfinished run can't be continued: its files have changed, and parts of its uploads cost money. */
const maxUnfinishedMs = 7 * 24 * 3_600_000;

const runPattern = /^run-\d{4}-[0-9TZ-]+-\d+-[0-9a-f]{8}$/;

/** A new id, which begins with the time (milliseconds since the epoch). */
export function newRunId(nowMs: number): string {
  const time = new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-');
  return `run-${time}-${process.pid}-${randomBytes(4).toString('hex')}`;
}

/** Whether `text` has the form of an id; any other text must not become part of a path. */
export function isRunId(text: string): boolean {
  return runPattern.test(text);
}

/** The journal of a run that is in progress or can be continued. The name tells this without a look into the file. */
export function unfinishedFile(folder: string, run: string): string {
  return path.join(folder, `${run}.open.jsonl`);
}

/** The journal of a run that is complete or discarded. */
export function endedFile(folder: string, run: string): string {
  return path.join(folder, `${run}.jsonl`);
}

/** The ids of the runs that are in progress or can be continued, newest first. Empty when the folder can't be read. */
export async function unfinishedIds(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .flatMap((name) => (name.endsWith('.open.jsonl') ? name.slice(0, -'.open.jsonl'.length) : []))
    .filter(isRunId)
    .sort()
    .reverse();
}

/** Marks a run as complete or discarded. A missing journal is no error. */
export async function endRun(folder: string, run: string): Promise<void> {
  await rename(unfinishedFile(folder, run), endedFile(folder, run)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

/** Ends runs that were left unfinished for too long, and removes the oldest journals of ended ones. Never rejects. */
export async function tidyJournals(folder: string, nowMs: number): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  let count = 0;
  let bytes = 0;
  // The names start with the time.
  for (const name of names.sort().reverse()) {
    if (!/^run-.*\.jsonl$/.test(name)) continue;
    const file = path.join(folder, name);
    const facts = await stat(file).catch(() => undefined);
    if (!facts) continue;
    if (name.endsWith('.open.jsonl')) {
      if (nowMs - facts.mtimeMs > maxUnfinishedMs)
        await endRun(folder, name.slice(0, -'.open.jsonl'.length)).catch(() => {});
      continue;
    }
    count++;
    bytes += facts.size;
    // One more begins now.
    if (count >= maxEnded || bytes > maxEndedBytes) await unlink(file).catch(() => {});
  }
}
