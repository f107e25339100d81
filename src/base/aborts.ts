import { setMaxListeners } from 'node:events';

/** Who waits on which signal; each signal has one listener of ours, however many wait. */
const waiting = new WeakMap<AbortSignal, Waiters>();

interface Waiters {
  readonly acts: Set<() => void>;
  readonly listener: () => void;
}

/**
 * Runs `act` once when `signal` is aborted, unless it was forgotten before; not when it is aborted already. Node warns of a leak from the
 * eleventh listener of a signal on, and a run has hundreds that wait; so they share one.
 */
export function hearAbort(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) return;
  const known = waiting.get(signal);
  if (known) {
    known.acts.add(act);
    return;
  }
  const acts = new Set([act]);
  const listener = () => {
    // One act may make another forgotten, which then isn't run any more.
    for (const one of acts)
      try {
        acts.delete(one);
        one();
      } catch (error) {
        // As an event's listeners do: none keeps the others from hearing.
        process.nextTick(() => {
          throw error;
        });
      }
    waiting.delete(signal);
  };
  waiting.set(signal, { acts, listener });
  signal.addEventListener('abort', listener, { once: true });
}

/** Takes `act` off again. A signal that nobody waits on has no listener, so that it can be collected. */
export function forgetAbort(signal: AbortSignal, act: () => void): void {
  const known = waiting.get(signal);
  if (!known?.acts.delete(act) || known.acts.size > 0) return;
  waiting.delete(signal);
  signal.removeEventListener('abort', known.listener);
}

/** For signals that are handed to Node and to SDKs, which add a listener for each request: many at once are no leak. */
export function manyMayListen(signal: AbortSignal): void {
  setMaxListeners(0, signal);
}
