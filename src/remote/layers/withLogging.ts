import type { Log, LogTag } from '../../base/log';
import type { Entry } from '../entry';
import { RetryablePages } from '../pages';
import type { Remote } from '../remote';
import { isRemoteError } from '../remoteError';
import { type Pages, wrapRemote } from './operations';

/** The same remote, with one debug line per call: the call, its outcome and its duration in milliseconds. */
export function withLogging(inner: Remote, log: Log): Remote {
  const isSilent = () => log.keeps?.('debug') === false;

  async function logged<T>(
    tag: LogTag,
    text: string,
    call: () => Promise<T>,
    outcome?: (result: T) => string,
  ): Promise<T> {
    const start = performance.now();
    const line = (result: string) =>
      log.write('debug', tag, `${text}: ${result} (${Math.round(performance.now() - start)} ms)`);
    try {
      const result = await call();
      line(outcome?.(result) ?? 'done');
      return result;
    } catch (error) {
      line(isRemoteError(error) ? [error.kind, error.code].filter(Boolean).join(' ') : 'stopped');
      throw error;
    }
  }

  function loggedPages(text: string, pages: Pages): Pages {
    const next = (iterator: AsyncIterator<readonly Entry[]>) => {
      if (isSilent()) return iterator.next();
      return logged(
        'list',
        text,
        () => iterator.next(),
        ({ done, value }) => (done ? 'end' : `${value.length} entries`),
      );
    };
    if (pages instanceof RetryablePages) return new RetryablePages(() => next(pages));
    return {
      [Symbol.asyncIterator]() {
        const iterator = pages[Symbol.asyncIterator]();
        return {
          next: () => next(iterator),
          return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
        };
      },
    };
  }

  return wrapRemote(inner, {
    call(_name, { text, details, outcome, tag = 'http' }, args, call) {
      if (isSilent()) return call();
      const line = text(...args) + (details?.(...args) ?? '');
      return logged(tag, line, call, outcome as (result: unknown) => string);
    },
    pages: (text, open) => loggedPages(text, open()),
  });
}
