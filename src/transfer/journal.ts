import { mkdir, open, readdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../base/clock';
import { type Action, type Plan, placeText } from '../plan/model/plan';
import type { RemotePath } from '../remote/remotePath';
import type { ActionResult, RunReport } from './runReport';

/** Append-only JSON lines about one run, which show after a crash which actions were in progress. No content, no credentials. */
export interface Journal {
  readonly file: string;
  begun(action: Action): void;
  /** The target's old file is in the backup, at `path`. */
  backedUp(action: Action, path: RemotePath): void;
  ended(result: ActionResult): void;
  /** Writes the last lines. Never rejects, because a journal must not fail a run. */
  close(report: RunReport | undefined): Promise<void>;
}

/** Delay before lines are written, in milliseconds, so that 100,000 small files don't cause as many writes. */
const flushMs = 100;

/**
 * Opens the journal of a run in `folder`, which is made when missing. Throws errors of `node:fs`; when a later write fails,
 * `onError` is called once and the remaining lines are dropped.
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
    source: placeText(plan.source),
    target: placeText(plan.target),
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
  // The names start with the time.
  const journals = (await readdir(folder)).filter((name) => /^run-.*\.jsonl$/.test(name)).sort();
  for (const name of journals.slice(0, Math.max(0, journals.length - maxJournals + 1)))
    await unlink(path.join(folder, name)).catch(() => {});
}
