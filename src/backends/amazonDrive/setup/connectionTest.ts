import { isRemoteError, type RemoteError } from '../../../remote/remoteError';
import type { ConnectionFinding } from '../../backend';
import { clockFinding } from '../../clockFinding';
import type { DriveConfig } from '../config/driveConfig';
import { isLoopback } from '../config/textSettings';
import type { DriveRemote } from '../driveRemote';

/** Tests the connection step by step: reached, signed in, can list, space, clock. Writes nothing. Throws only the signal's reason. */
export async function* testDriveConnection(
  remote: DriveRemote,
  config: DriveConfig,
  signal: AbortSignal,
): AsyncIterable<ConnectionFinding> {
  signal.throwIfAborted();
  const { api } = remote;
  const service = new URL(config.endpoint).host;
  const endpoints = await attempt(() => api.endpoints(signal), signal);
  if ('error' in endpoints) {
    const { error } = endpoints;
    const isReached =
      error.kind === 'unauthenticated' && error.code !== undefined && error.code !== 'signedOut';
    if (isReached) yield { title: 'Reached', outcome: 'ok', detail: `${service} responds.` };
    else if (error.kind === 'unauthenticated')
      yield {
        title: 'Reached',
        outcome: 'skipped',
        detail: `${service} was not contacted: nobody is signed in.`,
      };
    yield {
      title: error.kind === 'unauthenticated' ? 'Signed in' : 'Reached',
      outcome: 'failed',
      detail: error.message,
      fields: [error.kind === 'unauthenticated' ? 'account' : 'endpoint'],
    };
    return;
  }
  yield reached(config, service);
  const root = await attempt(() => api.root(signal), signal);
  if ('error' in root) {
    const isSignIn = root.error.kind === 'unauthenticated';
    if (!isSignIn) yield { title: 'Signed in', outcome: 'ok', detail: 'The sign-in is accepted.' };
    yield {
      title: isSignIn ? 'Signed in' : 'Can list',
      outcome: 'failed',
      detail: root.error.message,
      fields: [isSignIn ? 'account' : 'endpoint'],
    };
    return;
  }
  yield endpoints.value.customerExists
    ? { title: 'Signed in', outcome: 'ok', detail: 'The sign-in is accepted.' }
    : {
        title: 'Signed in',
        outcome: 'warning',
        detail: 'The sign-in is accepted, but this account has never used the drive.',
      };
  const count = await attempt(async () => {
    for await (const page of remote.list(config.root, { pageSize: 50 }, signal)) return page.length;
    return 0;
  }, signal);
  if ('error' in count) {
    yield {
      title: 'Can list',
      outcome: 'failed',
      fields: ['root'],
      detail:
        config.root !== '' && count.error.kind === 'notFound'
          ? `There is no folder "${config.root}" in the drive. Correct "root", or leave it empty.`
          : count.error.message,
    };
    return;
  }
  const where = config.root === '' ? 'The drive' : `"${config.root}"`;
  yield {
    title: 'Can list',
    outcome: 'ok',
    detail: count.value === 0 ? `${where} can be listed and is empty.` : `${where} can be listed.`,
  };
  yield {
    title: 'Modified times',
    outcome: 'warning',
    detail:
      'The service does not store modified times: a sync compares sizes, or MD5 hashes if you choose to compare by hash.',
  };
  const quota = await attempt(() => api.quota(signal), signal);
  yield 'error' in quota
    ? { title: 'Space', outcome: 'skipped', detail: quota.error.message }
    : {
        title: 'Space',
        outcome: quota.value.available > 0 ? 'ok' : 'warning',
        detail: `${gigabytes(quota.value.available)} of ${gigabytes(quota.value.total)} GB are free.`,
      };
  const received = api.http.lastResponse;
  yield* clockFinding(received && received.at - received.date, 'sign-ins expire by it');
}

function reached(config: DriveConfig, service: string): ConnectionFinding {
  const plain = [config.endpoint, config.tokenUrl].map((address) => new URL(address)).find(isPlain);
  if (!plain) return { title: 'Reached', outcome: 'ok', detail: `${service} responds.` };
  return {
    title: 'Reached',
    outcome: 'warning',
    detail: `${service} responds, but the sign-in is sent unencrypted to ${plain.host}: use an https:// URL.`,
  };
}

function isPlain({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && !isLoopback(hostname);
}

async function attempt<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<{ readonly value: T } | { readonly error: RemoteError }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (signal.aborted || !isRemoteError(error)) throw error;
    return { error };
  }
}

function gigabytes(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(1);
}
