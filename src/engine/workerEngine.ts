import type { App } from '../app';
import { saveLineCaches } from '../base/lineCache';
import type { Action, Plan, PlanProgress } from '../plan/model/plan';
import { RemoteError } from '../remote/remoteError';
import type { TokenSource } from '../remote/tokenSource';
import type { RunObserver } from '../transfer/runReport';
import type { Host } from '../usecases/host';
import type { Engine } from './engine';
import { plainCopy, stateOf } from './hostAcross';
import { type Handlers, Peer, type Port } from './peer';
import { assemble, type Outline, outlineOf, type PieceOf, pieceLength, pieceOf } from './pieces';
import type { HostCalls, RunProgress, WorkerCalls, WorkerStart } from './protocol';

/** A worker that was started. */
export interface StartedWorker {
  readonly port: Port;
  readonly threadId: number;
  /** Keeps the process alive. */
  ref(): void;
  unref(): void;
  /** Resolves when the thread has ended. */
  terminate(): Promise<unknown>;
}

/** Starts a worker, and calls `onEnd` with the reason when the worker has ended. */
export type StartWorker = (data: WorkerStart, onEnd: (reason: string) => void) => StartedWorker;

export interface WorkerEngineOptions {
  readonly host: Host;
  /** The app of this thread: it has the accounts, the keys and the locks. */
  readonly app: Pick<App, 'backends' | 'keysOf' | 'locks'>;
  /** Starts a worker that serves the engine (`serveEngine`). */
  readonly start: StartWorker;
  readonly mayConnect: (call: HostCalls['mayConnect']['args']) => Promise<boolean>;
  /** Milliseconds without work after which the worker ends, to free its memory. */
  readonly idleMs?: number;
}

const defaultIdleMs = 5 * 60_000;

/** Milliseconds in which a worker must have ended its work and written its caches, before it is stopped. */
const closeMs = 2000;

/** The plans and runs that the worker works on, by their numbers. */
interface Works {
  readonly plans: Map<number, (progress: PlanProgress) => void>;
  readonly runs: Map<number, RunInWorker>;
}

interface Running extends Works {
  readonly worker: StartedWorker;
  readonly peer: Peer<HostCalls, WorkerCalls>;
  busy: number;
}

/**
 * An engine in a worker thread, which starts with the first request and ends when it has had nothing to do for five minutes. When the worker
 * breaks, the requests under way reject with RemoteError `other`, and the next request starts a new worker.
 */
export class WorkerEngine implements Engine {
  private running: Running | undefined;
  private lastWork = 0;
  private idle: NodeJS.Timeout | undefined;

  constructor(private readonly options: WorkerEngineOptions) {}

  planSync: Engine['planSync'] = (request, signal, onProgress) =>
    this.use(async ({ peer, plans }, work) => {
      if (onProgress) plans.set(work, onProgress);
      const args = { work, state: stateOf(this.options.host), request: plainCopy(request) };
      const outline = await peer.call('planSync', args, signal);
      return fetchPieces(peer, work, outline, signal);
    });

  explainFilter: Engine['explainFilter'] = (request, path, signal) =>
    this.use(({ peer }) => {
      const args = { state: stateOf(this.options.host), request: plainCopy(request), path };
      return peer.call('explainFilter', args, signal);
    });

  runPlan: Engine['runPlan'] = (plan, signal, { observer, transfers, continues } = {}) =>
    this.use(async ({ peer, runs }, work) => {
      runs.set(work, new RunInWorker(plan, observer));
      const outline = outlineOf({ ...plan, options: plainCopy(plan.options) });
      const observed = observer !== undefined;
      const args = { work, state: stateOf(this.options.host), plan: outline, transfers, continues, observed };
      const report = await peer.call('runPlan', args, signal);
      // The run is over, so its report is fetched whatever the signal says.
      return fetchPieces(peer, work, report, undefined);
    });

  settingsChanged(name?: string): void {
    this.running?.peer.tell('settingsChanged', { state: stateOf(this.options.host), name });
  }

  /** Cancels the work under way, and ends the worker once it has written its caches. */
  async close(): Promise<void> {
    const running = this.retire();
    if (running) await end(running);
  }

  /** The next request starts a new worker. The present one ends with its work. */
  renew(): void {
    const running = this.retire();
    if (running?.busy === 0) void end(running);
  }

  private retire(): Running | undefined {
    const { running } = this;
    this.running = undefined;
    clearTimeout(this.idle);
    return running;
  }

  private async use<T>(request: (running: Running, work: number) => Promise<T>): Promise<T> {
    // What this thread has learnt of remotes is read by the worker from the disk.
    await saveLineCaches();
    clearTimeout(this.idle);
    this.running ??= this.start();
    const { running } = this;
    running.busy++;
    running.worker.ref();
    const work = ++this.lastWork;
    try {
      return await request(running, work);
    } finally {
      running.plans.delete(work);
      running.runs.delete(work);
      running.peer.tell('release', { work });
      if (--running.busy === 0) this.rest(running);
    }
  }

  private rest(running: Running): void {
    running.worker.unref();
    if (this.running !== running) {
      void end(running);
      return;
    }
    clearTimeout(this.idle);
    this.idle = setTimeout(() => void this.close(), this.options.idleMs ?? defaultIdleMs).unref();
  }

  private start(): Running {
    const { host, app, start } = this.options;
    const { storageFolder, lockFolder } = host;
    const works: Works = { plans: new Map(), runs: new Map() };
    let threadId = 0;
    const onEnd = (reason: string) => {
      if (this.running === running) this.running = undefined;
      void app.locks?.forgetThread(threadId);
      const text = `The background thread of Cloud Remotes ended unexpectedly (${reason}). Scan again to see what is there.`;
      peer.fail(new RemoteError('other', text));
    };
    const worker = start({ storageFolder, lockFolder, state: stateOf(this.options.host) }, onEnd);
    threadId = worker.threadId;
    const peer = new Peer<HostCalls, WorkerCalls>(worker.port, this.handlers(works));
    const running: Running = { ...works, worker, peer, busy: 0 };
    return running;
  }

  private handlers({ plans, runs }: Works): Handlers<HostCalls> {
    const { host, app, mayConnect } = this.options;
    return {
      piece: async ({ work, ...piece }) => runs.get(work)?.piece(piece) ?? [],
      async log(lines) {
        for (const { level, tag, text } of lines) host.log.write(level, tag, text);
      },
      secret: ({ remote, field }) => host.secret(remote, field),
      keys: async ({ remote, unwanted }) => (await app.keysOf(remote)).keys(unwanted),
      token: ({ settings, refused }, signal) => {
        const tokens = this.tokensOf(settings);
        return refused === undefined ? tokens.token(signal) : tokens.renewed(refused, signal);
      },
      mayConnect,
      async planProgress({ work, progress }) {
        plans.get(work)?.(progress);
      },
      async runProgress({ work, progress }) {
        runs.get(work)?.progressed(progress);
      },
    };
  }

  private tokensOf(settings: HostCalls['token']['args']['settings']): TokenSource {
    const { host, app } = this.options;
    const signIn = app.backends.find(({ id }) => id === settings.backend)?.signIn;
    if (!signIn || !host.tokens)
      throw new RemoteError('unauthenticated', `Nobody is signed in for the remote "${settings.name}".`);
    return host.tokens(signIn, settings, () => host.secret(settings.name, signIn.clientSecretField));
  }
}

function end({ peer, worker }: Running): Promise<void> {
  return endWorker(worker, peer.call('close', undefined));
}

/** Ends a worker when its work has `closed`, or soon. */
export async function endWorker(worker: StartedWorker, closed: Promise<unknown>): Promise<void> {
  const late = new Promise((resolve) => setTimeout(resolve, closeMs).unref());
  await Promise.race([closed.catch(() => {}), late]);
  await worker.terminate();
}

function fetchPieces<T extends object>(
  peer: Running['peer'],
  work: number,
  outline: Outline<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  return assemble(outline, (piece) => peer.call('piece', { work, ...piece }, signal));
}

/** Hands the events of a run in the worker to an observer of this thread, with the actions of its plan. */
class RunInWorker {
  private readonly byId = new Map<string, Action>();

  constructor(
    private readonly plan: Plan,
    private readonly observer: RunObserver | undefined,
  ) {
    // A longer list is indexed piece by piece: all at once would block this thread.
    if (plan.actions.length <= pieceLength) this.index(plan.actions);
  }

  /** A piece of the plan, for the worker. */
  piece(piece: PieceOf): readonly unknown[] {
    const elements = pieceOf(this.plan, piece);
    if (piece.list === 'actions') this.index(elements as readonly Action[]);
    return elements;
  }

  private index(actions: readonly Action[]): void {
    for (const action of actions) this.byId.set(action.id, action);
  }

  progressed({ events, bytes, waiting, recorded }: RunProgress): void {
    const { observer } = this;
    if (!observer) return;
    if (recorded !== undefined) observer.recorded?.(recorded);
    for (const event of events) {
      if (typeof event === 'string') this.withAction(event, (action) => observer.started(action));
      else this.withAction(event.id, (action) => observer.ended(action, event));
    }
    for (const [id, count] of bytes) this.withAction(id, (action) => observer.progressed(action, count));
    if (waiting !== undefined) observer.waiting?.(waiting ?? undefined);
  }

  private withAction(id: string, tell: (action: Action) => void): void {
    const action = this.byId.get(id);
    if (action) tell(action);
  }
}
