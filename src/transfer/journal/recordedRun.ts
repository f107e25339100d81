import { createReadStream } from 'node:fs';
import { parseRecord } from '../../base/encoding';
import type { Action, Conflict, ListingProblem, Plan, Skipped } from '../../plan/model/plan';
import { pathProblem } from '../../remote/remotePath';
import type { ActionOutcome, ActionResult } from '../runReport';
import {
  type JournalLine,
  journalVersion,
  type PlannedCounts,
  type RunPlaces,
  type WriteFact,
} from './journalLines';

/** A run as its journal tells it. */
export interface RecordedRun {
  readonly run: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly plan: Plan;
  readonly places: RunPlaces;
  /** Whether the plan has its places in full. */
  readonly continuable: boolean;
  /** The last outcome of each action that has one, by id. An action without one may be done too. */
  readonly results: ReadonlyMap<string, ActionResult>;
  /** 1 for each action of the plan that an earlier process may have begun. */
  readonly begun: Uint8Array;
  /** What unfinished writes recorded, oldest first, by the id of their action. */
  readonly facts: ReadonlyMap<string, readonly WriteFact[]>;
  /** How many processes ended in the middle of the run, without a cancel. */
  readonly crashes: number;
  /** Bytes of the journal's whole lines. */
  readonly length: number;
}

/**
 * Reads a journal up to its first torn line, which a crash left. Undefined when the file is missing, is no journal of this version, or
 * ends before its plan does: then nothing was done.
 */
export async function readRun(file: string): Promise<RecordedRun | undefined> {
  let reading: Reading | undefined;
  let length = 0;
  try {
    for await (const line of wholeLines(file)) {
      const read = parseRecord(line.toString('utf8')) as JournalLine | undefined;
      if (reading === undefined) {
        if (read?.event !== 'runBegun' || read.version !== journalVersion) return undefined;
        reading = new Reading(read);
      } else if (!read || !reading.take(read)) break;
      length += line.length + 1;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return reading?.result(length);
}

/** The places of a journal's run, from its first line; undefined as in `readRun`. */
export async function readPlaces(file: string): Promise<RunPlaces | undefined> {
  for await (const line of wholeLines(file)) {
    const head = parseRecord(line.toString('utf8')) as JournalLine | undefined;
    return head?.event === 'runBegun' && head.version === journalVersion ? head.places : undefined;
  }
  return undefined;
}

/** The lines that end with a line feed, without it. */
async function* wholeLines(file: string): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const part = chunk.subarray(start, end);
      yield rest.length === 0 ? part : Buffer.concat([...rest, part]);
      rest = [];
      start = end + 1;
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
  }
}

class Reading {
  private readonly actions: Action[] = [];
  private readonly conflicts: Conflict[] = [];
  private readonly skipped: Skipped[] = [];
  private readonly problems: ListingProblem[] = [];
  private readonly results = new Map<string, ActionResult>();
  private readonly facts = new Map<string, WriteFact[]>();
  private readonly begun: Uint8Array;
  private crashes = 0;
  private isRunning = true;
  private readonly planned: PlannedCounts;

  constructor(private readonly head: Extract<JournalLine, { readonly event: 'runBegun' }>) {
    this.planned = head.planned;
    this.begun = new Uint8Array(head.planned.actions);
  }

  /** False for a line that no journal has. */
  take(line: JournalLine): boolean {
    switch (line.event) {
      case 'action':
        if (!isAction(line.action)) return false;
        this.actions.push(line.action);
        return true;
      case 'conflict':
        this.conflicts.push(line.conflict);
        return true;
      case 'skipped':
        this.skipped.push(line.skipped);
        return true;
      case 'problem':
        this.problems.push(line.problem);
        return true;
      case 'begun':
        this.begun.fill(1, line.from, line.to);
        return true;
      case 'done':
        return this.end(line.n, 'done');
      case 'ended':
        return this.end(line.n, line.outcome, line.error);
      case 'fact':
        return this.addFact(line.n, line.fact);
      case 'runContinued':
        if (this.isRunning) this.crashes++;
        this.isRunning = true;
        return true;
      case 'runEnded':
        this.isRunning = false;
        return true;
      case 'kept':
        return true;
      default:
        return false;
    }
  }

  result(length: number): RecordedRun | undefined {
    const { actions, conflicts, skipped, problems, head, planned } = this;
    const isWhole =
      actions.length === planned.actions &&
      conflicts.length === planned.conflicts &&
      skipped.length === planned.skipped &&
      problems.length === planned.problems;
    if (!isWhole) return undefined;
    return {
      run: head.run,
      startedAt: head.at,
      plan: { ...head.plan, actions, conflicts, skipped, problems },
      places: head.places,
      continuable: head.continuable,
      results: this.results,
      begun: this.begun,
      facts: this.facts,
      crashes: this.crashes + (this.isRunning ? 1 : 0),
      length,
    };
  }

  private end(n: number, outcome: ActionOutcome, error?: ActionResult['error']): boolean {
    const action = this.actions[n];
    if (!action) return false;
    const { id, kind, path } = action;
    this.results.set(id, { id, kind, path, outcome, ...(error && { error }) });
    // What a finished write recorded is of no use.
    if (outcome === 'done') this.facts.delete(id);
    return true;
  }

  private addFact(n: number, fact: WriteFact): boolean {
    const id = this.actions[n]?.id;
    if (id === undefined) return false;
    const known = this.facts.get(id);
    if (known) known.push(fact);
    else this.facts.set(id, [fact]);
    return true;
  }
}

const kinds: ReadonlySet<unknown> = new Set<Action['kind']>([
  'copyFile',
  'setTime',
  'moveFile',
  'removeSource',
  'deleteFile',
  'removeFolder',
]);

function isAction(action: Action | undefined): action is Action {
  return (
    kinds.has(action?.kind) && typeof action?.path === 'string' && pathProblem(action.path) === undefined
  );
}

/**
 * The actions that are left to do, in the plan's order. Deletes that were withheld because something had changed stay withheld (R20):
 * only a new plan can decide about them.
 */
export function idsToContinue({ plan, results }: Pick<RecordedRun, 'plan' | 'results'>): readonly string[] {
  const outcomeOf = (id: string) => results.get(id)?.outcome;
  const hasChanges = [...results.values()].some(({ outcome }) => outcome === 'changed');
  const keepsDeletes = plan.options.deletes === 'after' && hasChanges;
  const removes = ({ kind }: Action) => kind === 'deleteFile' || kind === 'removeFolder';
  return plan.actions
    .filter((action) => {
      const outcome = outcomeOf(action.id);
      if (outcome === 'done' || outcome === 'changed') return false;
      return !(keepsDeletes && outcome === undefined && removes(action));
    })
    .map(({ id }) => id);
}
