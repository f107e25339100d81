import { systemClock } from '../base/clock';
import type { Log, LogLevel } from '../base/log';
import { trusts } from '../http/wayTo';
import { RemoteError } from '../remote/remoteError';
import type { Host } from '../usecases/host';
import type { HostCalls, HostState, WorkerStart } from './protocol';

const logLevels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];

/** What a host answers at once, for another thread. */
export function stateOf(host: Host): HostState {
  return {
    remoteSettings: plainCopy(host.remoteSettings()),
    mayRunPrograms: host.mayRunPrograms(),
    forceToDisk: host.forceToDisk?.() ?? false,
    directConnections: host.directConnections?.() ?? true,
    transferThreads: host.transferThreads?.() ?? 1,
    logLevels: logLevels.filter((level) => host.log.keeps?.(level) ?? true),
  };
}

/** Settings and options as the editor hands them out are proxies, which can't cross. They are JSON. */
export function plainCopy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

type Ask<Name extends keyof HostCalls> = (
  args: HostCalls[Name]['args'],
) => Promise<HostCalls[Name]['result']>;

/** Questions to the other thread. Without `keys` remotes load their own; without `mayConnect` they may connect. */
interface Asks {
  readonly secret: Ask<'secret'>;
  readonly keys?: Ask<'keys'>;
  readonly mayConnect?: Ask<'mayConnect'>;
}

/**
 * The host of a thread whose settings, secrets, keys and log are in the thread that started it. It has no editor: no questions, no folders of
 * virtual workspaces, and no proxies.
 */
export function hostAcross(
  { storageFolder, lockFolder }: WorkerStart,
  state: () => HostState,
  log: Log,
  { secret, keys, mayConnect }: Asks,
): Host {
  return {
    log,
    clock: systemClock,
    env: process.env,
    remoteSettings: () => state().remoteSettings,
    secret: (remote, field) => secret({ remote, field }),
    ...(keys && { keys: (remote) => ({ keys: (unwanted) => keys({ remote, unwanted }) }) }),
    ...(mayConnect && { allowConnection: connectionCheck(mayConnect) }),
    directConnections: () => state().directConnections,
    forceToDisk: () => state().forceToDisk,
    transferThreads: () => state().transferThreads,
    ownThread: true,
    mayRunPrograms: () => state().mayRunPrograms,
    storageFolder,
    ...(lockFolder !== undefined && { lockFolder }),
  };
}

/** Asks for each service of a remote until the answer is yes. */
function connectionCheck(mayConnect: Ask<'mayConnect'>): NonNullable<Host['allowConnection']> {
  const asked = new Map<string, Promise<boolean>>();
  return async (remote, service) => {
    const { protocol, hostname, port } = service;
    const key = JSON.stringify([remote, protocol, hostname, port]);
    let answer = asked.get(key);
    if (!answer) {
      answer = trusts(service).then((isTrusted) => mayConnect({ remote, service, isTrusted }));
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
