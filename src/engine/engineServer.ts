import { systemClock } from '../base/clock';
import type { Log } from '../base/log';
import { trusts } from '../http/wayTo';
import { RemoteError } from '../remote/remoteError';
import type { Host } from '../usecases/host';
import type { Engine } from './engine';
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
 * (WorkerEngine). It has no editor: no questions, no folders of virtual workspaces, and no proxies. Returns its log.
 */
export function serveEngine(port: Port, start: WorkerStart, create: (host: Host) => ServedEngine): Log {
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

  const log = new LogMessages(peer, (level) => state.logLevels.includes(level));
  const { storageFolder, lockFolder } = start;
  const engine = create({
    log,
    clock: systemClock,
    env: process.env,
    remoteSettings: () => state.remoteSettings,
    secret: (remote, field) => peer.call('secret', { remote, field }),
    keys: (remote) => ({ keys: (unwanted) => peer.call('keys', { remote, unwanted }) }),
    tokens: (_requirement, settings) => ({
      token: (signal) => peer.call('token', { settings, refused: undefined }, signal),
      renewed: (refused, signal) => peer.call('token', { settings, refused }, signal),
    }),
    allowConnection: connectionCheck(peer),
    directConnections: () => state.directConnections,
    forceToDisk: () => state.forceToDisk,
    ownThread: true,
    mayRunPrograms: () => state.mayRunPrograms,
    storageFolder,
    ...(lockFolder !== undefined && { lockFolder }),
  });
  return log;
}

type HostPeer = Peer<WorkerCalls, HostCalls>;

/** Asks for each service of a remote until the answer is yes. */
function connectionCheck(peer: HostPeer): NonNullable<Host['allowConnection']> {
  const asked = new Map<string, Promise<boolean>>();
  return async (remote, service) => {
    const { protocol, hostname, port } = service;
    const key = JSON.stringify([remote, protocol, hostname, port]);
    let answer = asked.get(key);
    if (!answer) {
      answer = trusts(service).then((isTrusted) => peer.call('mayConnect', { remote, service, isTrusted }));
      asked.set(key, answer);
    }
    if (await answer) return;
    asked.delete(key);
    throw new RemoteError(
      'unsupported',
      `${hostname} can only be reached through the editor's own connections. Try again.`,
    );
  };
}
