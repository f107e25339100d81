import assert from 'node:assert/strict';
import { silentLog } from '../../src/base/log';
import type { Engine } from '../../src/engine/engine';
import type { Action, Place, Plan } from '../../src/plan/model/plan';
import { defaultPlanOptions, type PlanOptions } from '../../src/plan/model/planOptions';
import { withRetry } from '../../src/remote/layers/withRetry';
import type { Instant } from '../../src/remote/modifiedTime';
import type { Remote } from '../../src/remote/remote';
import { RemoteError } from '../../src/remote/remoteError';
import { joinPath, type RemotePath } from '../../src/remote/remotePath';
import { executePlan } from '../../src/transfer/executePlan';
import type { RunObserver, RunReport } from '../../src/transfer/runReport';
import type { Host } from '../../src/usecases/host';
import { planSync } from '../../src/usecases/planSync';
import { retryFailed } from '../../src/usecases/runPlan';
import { createFakeClock } from '../support/fakeClock';
import type { MemoryCall, MemoryFailure } from '../support/memoryRemote/memoryOptions';
import { createMemoryRemote, type MemoryRemote } from '../support/memoryRemote/memoryRemote';
import { type Random, random } from '../support/random';
import { errors, type Files, filesBelow, from, kept, kinds, to } from './randomCases';

// One random sync with random trees, options, faults and foreign changes, and the invariants that must hold afterwards.
const calm = new AbortController().signal;

type Engines = Pick<Engine, 'planSync' | 'runPlan'>;
/** Plans and runs at the other end of a connection, from which `served` plans and runs. */
type Across = (served: Engines) => Engines;

/** Runs the case of `seed` and asserts all invariants. `threads` share the copies of its runs. */
export async function randomRun(seed: number, across?: Across, threads?: Host['copyThreads']): Promise<void> {
  await new RandomRun(seed, across, threads).play();
}

class RandomRun {
  private readonly r: Random;
  private readonly clock = createFakeClock();
  private readonly places: readonly [Place, Place];
  private readonly source: MemoryRemote;
  private readonly target: MemoryRemote;
  private readonly options: PlanOptions;
  private readonly keeps: boolean;
  private readonly layered: boolean;
  private readonly share: number;
  private armed = false;
  /** Called when an action starts or ends. */
  private event: () => void = () => {};
  /** Files that other writers changed during the run. */
  private readonly foreign: {
    readonly remote: MemoryRemote;
    readonly path: RemotePath;
    readonly text: string;
  }[] = [];

  private readonly engine: Engines;
  constructor(
    private readonly seed: number,
    across: Across = (served) => served,
    private readonly threads: Host['copyThreads'] = async () => undefined,
  ) {
    const r = random(seed);
    this.r = r;
    this.engine = across({
      planSync: ({ options }, signal) => this.planHere(options, signal),
      runPlan: (plan, signal, { observer, transfers } = {}) =>
        this.runHere(plan, signal, transfers, observer),
    });
    const kind = r.pick(kinds);
    this.places = kind.places;
    const without = (
      ['serverSideMove', 'serverSideCopy', 'setModifiedTime', 'listRecursive'] as const
    ).filter(() => r.chance(0.15));
    const { clock } = this;
    this.source = createMemoryRemote({ ...kind.source, clock, without, pageSize: 7 });
    this.target = kind.target
      ? createMemoryRemote({ ...kind.target, clock, without, pageSize: 7 })
      : this.source;
    const verb = r.pick(['copy', 'sync', 'sync', 'move'] as const);
    this.options = {
      ...defaultPlanOptions,
      useDefaultExcludes: false,
      verb,
      deletes: verb === 'sync' ? r.pick(['none', 'before', 'during', 'after'] as const) : 'none',
      compare: r.pick(['rclone', 'rclone', 'checksum'] as const),
      ...(verb === 'sync' && r.chance(0.5) && { trackRenames: 'hash' as const }),
    };
    this.keeps = r.chance(0.4);
    this.layered = r.chance(0.5);
    this.share = r.whole(40) / 100;
    this.fill();
    for (const remote of new Set([this.source, this.target]))
      remote.fail(
        this.failures(remote === this.source && remote !== this.target ? this.share / 2 : this.share),
      );
  }

  async play(): Promise<void> {
    const sourceFiles = filesBelow(this.source, from);
    const oldFiles = filesBelow(this.target, to);
    await this.planWithFaults(sourceFiles, oldFiles);
    const plan = await this.plan();
    const report = await this.runWithFaults(plan);
    this.assertNothingLost(sourceFiles, oldFiles, plan);
    if (this.foreign.length === 0) this.assertReportTrue(report, plan, sourceFiles, oldFiles);
    if (this.r.chance(0.4)) {
      await this.run(retryFailed(report, plan), calm);
      this.assertNothingLost(sourceFiles, oldFiles, plan);
    }
    await this.assertReachesTheEnd();
  }

  private assertNothingLost(sourceFiles: Files, oldFiles: Files, plan: Plan): void {
    this.assertSourceSafe(sourceFiles, plan);
    this.assertTargetWhole(sourceFiles, oldFiles, plan);
    if (this.keeps) this.assertKept(oldFiles);
    for (const { remote, path, text } of this.foreign)
      assert.equal(remote.text(path), text, `what others wrote to ${path}`);
  }

  private fill(): void {
    const { r } = this;
    const times: readonly Instant[] = [
      { s: 1000, ns: 0 },
      { s: 2000, ns: 0 },
      { s: 3000, ns: 5 },
    ];
    const content = (word: string, i: number) =>
      r.chance(0.03) ? `${word} ${i} `.repeat(130_000) : `${word} ${i} `.repeat(r.whole(20));
    for (let i = 0; i < 22; i++) {
      const path = r.chance(0.2) ? `f${i}` : `d${i % 4}/${r.chance(0.3) ? 'e/' : ''}f${i}.txt`;
      const mine = content('new', i);
      const modified = r.pick(times);
      if (r.chance(0.75)) this.source.put(joinPath(from, path), mine, { modified });
      if (!r.chance(0.6)) continue;
      const theirs = r.chance(0.3) ? mine : content('old', i);
      // A comparison that reads nothing takes two files of equal size and time as equal.
      const sameTime = r.chance(0.5) && (theirs === mine || theirs.length !== mine.length);
      const time = sameTime ? modified : r.pick(times.filter((one) => one !== modified));
      const there = r.chance(theirs === mine ? 0.5 : 0.15) ? `moved/${i}` : path;
      this.target.put(joinPath(to, there), theirs, { modified: time });
    }
    // An empty source would delete nothing.
    this.source.put(joinPath(from, 'always'), 'there', { modified: times[0] as Instant });
  }

  /** Failures of about `share` of all calls: before, after, or in the middle of the body. */
  private failures(share: number): MemoryFailure {
    const { r } = this;
    const verdicts = new Map<MemoryCall, boolean>();
    let at: 'before' | 'after' | number = 'before';
    return {
      when: (call) => {
        if (!this.armed) return false;
        const known = verdicts.get(call);
        if (known !== undefined) return known;
        const fails = r.chance(share);
        verdicts.set(call, fails);
        at = r.chance(0.4) ? 'before' : r.chance(0.5) ? 'after' : r.whole(50);
        return fails;
      },
      get at() {
        return at;
      },
      error: () => {
        const kind = r.pick(errors);
        // A fatal error ends a run, so it is rare here.
        return new RemoteError(
          kind === 'unauthenticated' && r.chance(0.9) ? 'other' : kind,
          'A random failure.',
        );
      },
    };
  }

  private layers(remote: Remote): Remote {
    const random = () => this.r.whole(1000) / 1000;
    return this.layered
      ? withRetry(remote, { clock: this.clock, log: silentLog, random, attempts: 3 })
      : remote;
  }

  private sides(): { source: Remote; target: Remote } {
    const source = this.layers(this.source);
    return { source, target: this.source === this.target ? source : this.layers(this.target) };
  }

  private planHere(options: PlanOptions, signal: AbortSignal): Promise<Plan> {
    const { source, target } = this.sides();
    return planSync(
      {
        source: { remote: source, root: from, place: this.places[0] },
        target: { remote: target, root: to, place: this.places[1] },
        options,
        clock: this.clock,
      },
      signal,
    );
  }

  private async plan(): Promise<Plan> {
    const [source, target] = this.places;
    const plan = await this.engine.planSync({ source, target, options: this.options }, calm);
    return this.keeps ? { ...plan, backup: { kind: 'remote', remote: 'backup', path: kept } } : plan;
  }

  /** Planning with faults throws or makes a plan without deletes of unknown files, and writes nothing. */
  private async planWithFaults(sourceFiles: Files, oldFiles: Files): Promise<void> {
    this.armed = true;
    try {
      const plan = await this.plan();
      const deletes = plan.actions.filter(({ kind }) => kind === 'deleteFile' || kind === 'moveFile');
      for (const action of deletes) {
        const gone = action.kind === 'moveFile' ? action.from : action.path;
        assert.ok(!sourceFiles.has(gone), `${gone} is on the source, and would be deleted`);
      }
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
    } finally {
      this.armed = false;
    }
    assert.deepEqual(filesBelow(this.source, from), sourceFiles);
    assert.deepEqual(filesBelow(this.target, to), oldFiles);
  }

  private async runWithFaults(plan: Plan): Promise<RunReport> {
    const { r } = this;
    const stop = new AbortController();
    const cancelAt = r.chance(0.25) ? r.whole(25) : Number.POSITIVE_INFINITY;
    const changeAt = r.chance(0.3) ? r.whole(20) : Number.POSITIVE_INFINITY;
    let events = 0;
    this.event = () => {
      events++;
      if (events === cancelAt) stop.abort(new Error('cancelled'));
      if (events === changeAt) this.changeByOthers(plan);
    };
    this.armed = true;
    try {
      return await this.run(plan, stop.signal);
    } finally {
      this.armed = false;
      this.event = () => {};
    }
  }

  private run(plan: Plan, signal: AbortSignal): Promise<RunReport> {
    return this.engine.runPlan(plan, signal, { transfers: 1 + this.r.whole(6) });
  }

  private async runHere(
    plan: Plan,
    signal: AbortSignal,
    transfers: number | undefined,
    observer: RunObserver | undefined,
  ): Promise<RunReport> {
    const remotes = this.sides();
    const [source, target] = [
      { remote: remotes.source, root: from },
      { remote: remotes.target, root: to },
    ];
    const backup = this.keeps ? { remote: target.remote, root: kept } : undefined;
    const threads = await this.threads?.(plan, { source, target, backup }, signal);
    const own: RunObserver = {
      started: (action) => {
        this.event();
        observer?.started(action);
      },
      progressed: (action, bytes) => observer?.progressed(action, bytes),
      ended: (action, result) => {
        this.event();
        observer?.ended(action, result);
      },
    };
    const options = { clock: this.clock, log: silentLog, ...(transfers && { transfers }), observer: own };
    const run = executePlan(plan, source, target, { ...options, backup, threads }, signal);
    return run.finally(() => threads?.close());
  }

  /** Another writer changes or creates a file of the plan on one of the sides. */
  private changeByOthers(plan: Plan): void {
    const { r } = this;
    // A file in the place of a folder that both sides had would be a conflict, which no run completes.
    const files = plan.actions.filter(({ kind }) => kind !== 'removeFolder');
    const action = r.pick<Action | undefined>(
      [...files, undefined, undefined].slice(0, Math.max(1, files.length)),
    );
    if (!action) return;
    const onSource = r.chance(0.5);
    const remote = onSource ? this.source : this.target;
    const path = joinPath(onSource ? from : to, action.path);
    const text = `written by others, seed ${this.seed}`;
    // A folder in the file's place would be another kind of change.
    try {
      remote.put(path, text, { modified: { s: 4000, ns: 0 } });
      this.foreign.push({ remote, path, text });
    } catch {}
  }

  private isForeign(remote: MemoryRemote, path: RemotePath): boolean {
    return this.foreign.some((one) => one.remote === remote && one.path === path);
  }

  private assertSourceSafe(sourceFiles: Files, plan: Plan): void {
    const now = filesBelow(this.source, from);
    for (const [path, content] of sourceFiles) {
      if (this.isForeign(this.source, joinPath(from, path))) continue;
      if (now.get(path) === content) continue;
      assert.equal(now.get(path), undefined, `the source's ${path} is another one`);
      assert.equal(plan.options.verb, 'move', `the source's ${path} is gone`);
      const arrived = this.target.text(joinPath(to, path));
      if (this.isForeign(this.target, joinPath(to, path))) continue;
      assert.equal(arrived, content, `${path} is on neither side`);
    }
    for (const path of now.keys())
      assert.ok(
        sourceFiles.has(path) || this.isForeign(this.source, joinPath(from, path)),
        `${path} came from nowhere to the source`,
      );
  }

  private assertTargetWhole(sourceFiles: Files, oldFiles: Files, plan: Plan): void {
    const now = filesBelow(this.target, to);
    const leaving = new Map<string, string | undefined>();
    for (const action of plan.actions) {
      if (action.kind === 'deleteFile') leaving.set(action.path, undefined);
      if (action.kind === 'moveFile') leaving.set(action.from, action.path);
    }
    for (const [path, content] of now) {
      if (this.isForeign(this.target, joinPath(to, path))) continue;
      assert.ok(
        content === oldFiles.get(path) || content === sourceFiles.get(path),
        `the target's ${path} is neither the old nor the new file`,
      );
    }
    for (const [path, content] of oldFiles) {
      if (now.has(path)) continue;
      assert.ok(leaving.has(path), `the target's ${path} is missing`);
      const moved = leaving.get(path);
      if (moved !== undefined && !this.isForeign(this.target, joinPath(to, moved)))
        assert.equal(now.get(moved), content, `${path} is neither here nor at ${moved}`);
    }
  }

  /** Every old version that the run replaced or deleted is in the backup, and nothing else is. */
  private assertKept(oldFiles: Files): void {
    const now = filesBelow(this.target, to);
    const inBackup = filesBelow(this.target, kept);
    const contents = new Set(inBackup.values());
    for (const content of contents)
      assert.ok(
        [...oldFiles.values()].includes(content),
        'a file in the backup that never was on the target',
      );
    const elsewhere = new Set(now.values());
    for (const [path, content] of oldFiles) {
      if (now.get(path) === content || this.isForeign(this.target, joinPath(to, path))) continue;
      // A renamed file is not replaced, only moved.
      assert.ok(contents.has(content) || elsewhere.has(content), `the old ${path} is lost`);
    }
  }

  private assertReportTrue(report: RunReport, plan: Plan, sourceFiles: Files, oldFiles: Files): void {
    assert.equal(report.results.length, plan.actions.length);
    const now = filesBelow(this.target, to);
    const source = filesBelow(this.source, from);
    for (const { path, outcome, kind } of report.results) {
      if (outcome === 'notStarted')
        assert.equal(now.get(path), oldFiles.get(path), `${path} was not started`);
      if (outcome !== 'done') continue;
      if (kind === 'deleteFile') assert.equal(now.get(path), undefined, `${path} was deleted`);
      else if (kind !== 'removeSource')
        assert.equal(now.get(path), sourceFiles.get(path), `${path} was done`);
      if (plan.options.verb === 'move') assert.equal(source.get(path), undefined, `${path} was moved`);
    }
    const isLate = (kind: string) => kind === 'deleteFile' || kind === 'removeFolder';
    const spoilt = report.results.some(({ kind, outcome }) => !isLate(kind) && outcome !== 'done');
    const deletes = plan.actions.filter(({ kind }) => kind === 'deleteFile');
    if (!spoilt || deletes.length === 0 || plan.options.deletes !== 'after') return;
    assert.ok(report.deletesWithheld, 'deletes that were withheld are told');
    for (const { path } of deletes) assert.equal(now.get(path), oldFiles.get(path), `${path} was to be kept`);
  }

  /** A run without faults completes the sync. */
  private async assertReachesTheEnd(): Promise<void> {
    const sourceFiles = filesBelow(this.source, from);
    const oldFiles = filesBelow(this.target, to);
    const plan = await this.plan();
    const report = await this.run(plan, calm);
    for (const { outcome, path, error } of report.results)
      assert.equal(outcome, 'done', `${path} when run again: ${error?.message}`);
    const now = filesBelow(this.target, to);
    for (const [path, content] of sourceFiles) assert.equal(now.get(path), content, `${path} at the end`);
    const { verb, deletes } = this.options;
    if (verb === 'sync' && deletes !== 'none')
      assert.equal(now.size, sourceFiles.size, 'nothing extra at the end');
    else for (const path of oldFiles.keys()) assert.ok(now.has(path), `${path} was no file to delete`);
    const left = filesBelow(this.source, from);
    assert.equal(left.size, verb === 'move' ? 0 : sourceFiles.size, 'what is left on the source');
    assert.deepEqual((await this.plan()).actions, [], 'planning again gives nothing to do');
  }
}
