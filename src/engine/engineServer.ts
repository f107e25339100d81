import type { Log } from '../base/log';
import type { Host } from '../usecases/host';
import type { Engine } from './engine';
import { hostAcross } from './hostAcross';
import { Peer, type Port } from './peer';
import { assemble, type Outline, outlineOf, pieceOf } from './pieces';
import { LogMessages, PlanProgressMessages, RunProgressMessages } from './progressMessages';
import type { HostCalls, WorkerCalls, WorkerStart } from './protocol';

/** What the worker serves: an app has it all. */
export interface ServedEngine extends Engine {
  settingsChanged(name?: string): void;
  close(): Promise<void>;
}

/**
 * Serves an engine at one end of `port`. The host that `create` receives has its settings, secrets, keys, tokens and log at the other end
 * (WorkerEngine). `copyThreads` makes threads that share the copies of a run; absent = there are none. Returns the host's log.
 */
export function serveEngine(
  port: Port,
  start: WorkerStart,
  create: (host: Host) => ServedEngine,
  copyThreads?: (host: Host) => NonNullable<Host['copyThreads']>,
): Log {
  let { state } = start;
  /** Results whose pieces the other end fetches, by the number of the work. */
  const results = new Map<number, object>();

  const keep = <T extends object>(work: number, result: T): Outline<T> => {
    const outline = outlineOf(result);
    if (Object.keys(outline.pieces).length > 0) results.set(work, result);
    return outline;
  };

  /** Plans and runs under way. */
  const works = new Set<Promise<unknown>>();
  const working = async <T>(work: Promise<T>): Promise<T> => {
    works.add(work);
    try {
      return await work;
    } finally {
      works.delete(work);
      log.end();
    }
  };

  const peer: HostPeer = new Peer<WorkerCalls, HostCalls>(port, {
    async planSync({ work, state: now, request }, signal) {
      state = now;
      const progress = new PlanProgressMessages(peer, work);
      try {
        const plan = engine.planSync(request, signal, (latest) => progress.update(latest));
        return keep(work, await working(plan));
      } finally {
        progress.end();
      }
    },
    async explainFilter({ state: now, request, path }, signal) {
      state = now;
      return engine.explainFilter(request, path, signal);
    },
    async runPlan({ work, state: now, plan, transfers, continues, observed }, signal) {
      state = now;
      const whole = await assemble(plan, (piece) => peer.call('piece', { work, ...piece }, signal));
      const progress = new RunProgressMessages(peer, work);
      try {
        const options = {
          ...(observed && { observer: progress }),
          ...(continues !== undefined && { continues }),
          ...(transfers !== undefined && { transfers }),
        };
        return keep(work, await working(engine.runPlan(whole, signal, options)));
      } finally {
        progress.end();
      }
    },
    piece: async ({ work, ...piece }) => pieceOf(results.get(work) ?? {}, piece),
    async release({ work }) {
      results.delete(work);
    },
    async settingsChanged({ state: now, name }) {
      state = now;
      engine.settingsChanged(name);
    },
    async close() {
      peer.abortHandlers(new DOMException('The editor closes the window.', 'AbortError'));
      await Promise.allSettled(works);
      await engine.close();
      log.end();
    },
  });

  const log = new LogMessages(
    (lines) => peer.tell('log', lines),
    (level) => state.logLevels.includes(level),
  );
  const host = hostAcross(start, () => state, log, {
    secret: (args) => peer.call('secret', args),
    keys: (args) => peer.call('keys', args),
    mayConnect: (args) => peer.call('mayConnect', args),
  });
  const engine = create({
    ...host,
    tokens: (_requirement, settings) => ({
      token: (signal) => peer.call('token', { settings, refused: undefined }, signal),
      renewed: (refused, signal) => peer.call('token', { settings, refused }, signal),
    }),
    ...(copyThreads && { copyThreads: copyThreads(host) }),
  });
  return log;
}

type HostPeer = Peer<WorkerCalls, HostCalls>;
