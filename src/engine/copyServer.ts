import { setMaxListeners } from 'node:events';
import type { App } from '../app';
import type { Log } from '../base/log';
import type { CopyFile, SideName } from '../plan/model/plan';
import { RemoteError } from '../remote/remoteError';
import type { ServiceWaits } from '../remote/serviceWaits';
import { type ActionRun, runAction } from '../transfer/runAction';
import type { Host } from '../usecases/host';
import { errorOfMessage, messageOfError } from './errorMessages';
import { hostAcross } from './hostAcross';
import { Peer, type Port } from './peer';
import { Collected, LogMessages } from './progressMessages';
import type { CopyCalls, CopyProgress, EndedCopy, RunCalls, WorkerStart } from './protocol';

/** Milliseconds for which copies that ended wait for others: a message costs as much as a part of a small copy. */
const messageMs = 2;

/**
 * Makes the copies that the thread of a run sends to `port` (SharedCopies), with remotes of its own. The host that `create` receives has its
 * settings, secrets, keys and log at the other end. Returns its log.
 */
export function serveCopies(
  port: Port,
  start: WorkerStart,
  create: (host: Host) => Pick<App, 'openPlace' | 'close'>,
): Log {
  const { state, copies } = start;
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const running = new Set<Promise<void>>();
  let run: ActionRun | undefined;

  const peer: Peer<CopyCalls, RunCalls> = new Peer<CopyCalls, RunCalls>(port, {
    async open({ source, target, followSymlinks, storageIds }) {
      const [from, to] = await Promise.all([
        app.openPlace(source, 'source', followSymlinks),
        app.openPlace(target, 'target'),
      ]);
      const opened = [from, to].map(({ remote }) => remote.capabilities.storageId);
      if (opened.some((id, side) => id !== storageIds[side]))
        throw new RemoteError('changed', 'One of the places leads to another storage now.');
      progress.listen('source', from.remote.waits);
      if (to.remote !== from.remote) progress.listen('target', to.remote.waits);
      const { signal } = stop;
      run = { source: from, target: to, signal, progressed: () => {}, backedUp: () => {} };
    },
    async copy(actions) {
      for (const action of actions) {
        const copy: Promise<void> = end(action, run).then((ended) => {
          running.delete(copy);
          progress.ended(ended, running.size);
        });
        running.add(copy);
      }
    },
    async cancel(reason) {
      stop.abort(errorOfMessage(reason));
    },
    async close() {
      await Promise.all(running);
      await app.close();
      progress.end();
      log.end();
    },
  });

  const progress = new CopyMessages((latest) => peer.tell('copied', latest));
  const log = new LogMessages(
    (lines) => peer.tell('log', lines),
    (level) => state.logLevels.includes(level),
  );
  const app = create(
    hostAcross(start, () => state, log, {
      secret: (args) => peer.call('secret', args),
      ...(copies?.asksKeys && { keys: (args) => peer.call('keys', args) }),
      ...(copies?.asksToConnect && { mayConnect: (args) => peer.call('mayConnect', args) }),
    }),
  );
  return log;
}

async function end(action: CopyFile, run: ActionRun | undefined): Promise<EndedCopy> {
  const { id } = action;
  try {
    if (!run) throw new Error('The places are not open.');
    return { id, made: await runAction(action, run) };
  } catch (error) {
    return { id, error: messageOfError(error) };
  }
}

/** What happens to copies and at the services, for the thread of the run. */
class CopyMessages extends Collected {
  private copies: EndedCopy[] = [];
  private refused: Record<SideName, number> = { source: 0, target: 0 };
  private waiting: Partial<Record<SideName, number | null>> = {};

  constructor(private readonly tell: (progress: CopyProgress) => void) {
    super(messageMs);
  }

  /** `left` copies are still running: at half-time a message is due, so that others begin before these end. */
  ended(copy: EndedCopy, left: number): void {
    this.copies.push(copy);
    this.changed();
    if (this.copies.length >= left) this.end();
  }

  listen(side: SideName, waits: ServiceWaits | undefined): void {
    waits?.listenToRefusals(() => {
      this.refused[side]++;
      this.changed();
    });
    waits?.listen((until) => {
      this.waiting[side] = until ?? null;
      this.changed();
    });
  }

  protected send(): void {
    const { copies: ended, refused, waiting } = this;
    this.copies = [];
    this.refused = { source: 0, target: 0 };
    this.waiting = {};
    this.tell({ ended, refused, waiting });
  }
}
