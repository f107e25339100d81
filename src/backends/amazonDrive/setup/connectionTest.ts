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
    const { kind, code } = endpoints.error;
    if (kind === 'unauthenticated')
      yield code === undefined || code === 'signedOut'
        ? {
            title: 'Reached',
            outcome: 'skipped',
            detail: `${service} was not contacted: nobody is signed in.`,
          }
        : { title: 'Reached', outcome: 'ok', detail: `${service} responds.` };
    yield failed(endpoints.error, 'Reached');
    return;
  }
  yield reached(config, service);
  const root = await attempt(() => api.root(signal), signal);
  if ('error' in root) {
    if (root.error.kind !== 'unauthenticated') yield signedIn;
    yield failed(root.error, 'Can list');
    return;
  }
  yield endpoints.value.customerExists
    ? signedIn
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
  const { lastResponse } = api.http;
  yield* clockFinding(lastResponse && lastResponse.at - lastResponse.date, 'sign-ins expire by it');
}

const signedIn: ConnectionFinding = {
  title: 'Signed in',
  outcome: 'ok',
  detail: 'The sign-in is accepted.',
};

/** A failure of the step `title`, or of the sign-in. */
function failed({ kind, message }: RemoteError, title: string): ConnectionFinding {
  const [what, field] = kind === 'unauthenticated' ? ['Signed in', 'account'] : [title, 'endpoint'];
  return { title: what, outcome: 'failed', detail: message, fields: [field] };
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
