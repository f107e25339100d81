import { RetryablePages } from '../pages';
import type { Remote } from '../remote';
import type { RemoteError } from '../remoteError';
import { recoverLostResponse } from './lostResponse';
import { type CallArguments, type CallName, operations, wrapRemote } from './operations';
import { resumableFill, resumableRead } from './resumableRead';
import { type RetryPolicy, withRetries } from './retry';
import { SourceErrorTracker } from './sourceErrors';

/**
 * The same remote, with transient errors retried; backends don't retry by themselves. An interrupted read resumes at the byte where
 * it stopped, in the same version; a failed page of a listing is requested again (see RetryablePages); a write sends its body again.
 */
export function withRetry(inner: Remote, policy: RetryPolicy): Remote {
  function retried<T, Name extends CallName>(
    name: Name,
    args: CallArguments<Name>,
    call: () => Promise<T>,
  ): Promise<T> {
    const signal = args.at(-1) as AbortSignal;
    const attempt = (failed: RemoteError | undefined) =>
      failed ? recoverLostResponse(inner, name, args, call, failed, policy, signal) : call();
    return withRetries(() => operations[name].text(...args), attempt, policy, signal);
  }

  const remote = wrapRemote(inner, {
    call: (name, _operation, args, call) => retried(name, args, call),
    pages: (text, open, signal) => retriedPages(text, open, policy, signal),
  });
  const special: Pick<Remote, 'read' | 'write'> = {
    read: (path, options, signal) => resumableRead(inner, path, options, policy, signal),
    write(path, body, facts, precondition, signal) {
      const source = new SourceErrorTracker(body);
      return retried('write', [path, body, facts, precondition, signal], () =>
        source.sending(() => inner.write(path, source, facts, precondition, signal)),
      );
    },
  };
  const fill: Pick<Remote, 'readInto'> = inner.readInto
    ? { readInto: (...args) => resumableFill(inner, policy, ...args) }
    : {};
  return Object.assign(remote, special, fill, policy.waits && { waits: policy.waits });
}

/**
 * Retries failed pages. A listing that can't repeat a page is restarted, but only before its first page: after that its error is
 * thrown, because a restarted listing could lose or repeat entries.
 */
function retriedPages<T>(
  text: string,
  open: () => AsyncIterable<T>,
  policy: RetryPolicy,
  signal: AbortSignal,
): AsyncIterable<T> {
  const first = open();
  if (first instanceof RetryablePages)
    return new RetryablePages<T>(() => withRetries(text, () => first.next(), policy, signal));
  return restartedPages(text, first, open, policy, signal);
}

async function* restartedPages<T>(
  text: string,
  first: AsyncIterable<T>,
  open: () => AsyncIterable<T>,
  policy: RetryPolicy,
  signal: AbortSignal,
): AsyncGenerator<T> {
  let pages = first[Symbol.asyncIterator]();
  try {
    const firstPage = (failed: RemoteError | undefined) => {
      if (failed) pages = open()[Symbol.asyncIterator]();
      return pages.next();
    };
    let page = await withRetries(text, firstPage, policy, signal);
    while (!page.done) {
      yield page.value;
      page = await pages.next();
    }
  } finally {
    await pages.return?.();
  }
}
