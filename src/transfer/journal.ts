import { mkdir, open, readdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../base/clock';
import { formatPlace } from '../plan/model/place';
import type { Action, Plan } from '../plan/model/plan';
import type { RemotePath } from '../remote/remotePath';
import type { ActionResult, RunReport } from './runReport';

/** Append-only lines of JSON about one run: enough to tell after a crash what was under way. No content, no credentials. */
export interface Journal {
  readonly file: string;
  begun(action: Action): void;
  /** The target's old file was put into the backup, under this path. */
  backedUp(action: Action, path: RemotePath): void;
  ended(result: ActionResult): void;
  /** Writes the last line and what is still waiting. Never rejects: a journal is no reason for a run to fail. */
  close(report: RunReport | undefined): Promise<void>;
}

/** Lines wait this long, in milliseconds, so that 100,000 small files aren't held up by as many writes. */
const flushMs = 100;

/**
 * Begins the journal of a run in `folder` (made when missing). Throws the errors of `node:fs` when it can't be begun;
 * when writing fails later, `onError` hears it once and the rest is dropped.
 */
export async function openJournal(
  folder: string,
  plan: Plan,
  clock: Clock,
  onError: (error: unknown) => void,
): Promise<Journal> {
  await mkdir(folder, { recursive: true });
  await dropOldest(folder);
  const started = clock.now();
  const file = path.join(
    folder,
    `run-${new Date(started).toISOString().replaceAll(/[:.]/g, '-')}-${process.pid}.jsonl`,
  );
  const handle = await open(file, 'a');
  let waiting: string[] = [];
  let writing = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let broken = false;

  function flush(): void {
    timer = undefined;
    const lines = waiting;
    waiting = [];
    writing = writing.then(async () => {
      if (broken || lines.length === 0) return;
      try {
        await handle.appendFile(`${lines.join('\n')}\n`);
      } catch (error) {
        broken = true;
        onError(error);
      }
    });
  }

  function line(event: string, facts: object): void {
    waiting.push(JSON.stringify({ at: clock.now(), event, ...facts }));
    timer ??= setTimeout(flush, flushMs);
  }

  line('runBegun', {
    source: formatPlace(plan.source),
    target: formatPlace(plan.target),
    actions: plan.actions.length,
  });
  return {
    file,
    begun: (action) => line('begun', { id: action.id }),
    backedUp: (action, path) => line('kept', { id: action.id, path }),
    ended: ({ id, outcome, error }) => line('ended', { id, outcome, ...(error && { error }) }),
    async close(report) {
      line(
        'runEnded',
        report
          ? {
              totals: report.totals,
              bytes: report.bytes,
              ...(report.kept !== undefined && { kept: report.kept }),
              ...(report.leftAlone && {
                conflicts: report.leftAlone.conflicts.length,
                skipped: report.leftAlone.skipped.length,
                problems: report.leftAlone.problems.length,
              }),
            }
          : { broken: true },
      );
      clearTimeout(timer);
      flush();
      await writing;
      await handle.close().catch(onError);
    },
  };
}

/** The newest journals that stay, with the one that begins. */
const maxJournals = 20;

async function dropOldest(folder: string): Promise<void> {
  // Their names begin with the time.
  const journals = (await readdir(folder)).filter((name) => /^run-.*\.jsonl$/.test(name)).sort();
  for (const name of journals.slice(0, Math.max(0, journals.length - maxJournals + 1)))
    await unlink(path.join(folder, name)).catch(() => {});
}
