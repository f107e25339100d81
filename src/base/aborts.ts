import { setMaxListeners } from 'node:events';

interface SharedListener {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const sharedListeners = new WeakMap<AbortSignal, SharedListener>();

/**
 * Runs `callback` once when `signal` is aborted; never when it is already aborted. All callbacks of a signal share one listener, because
 * hundreds wait on the signal of a run and Node warns of a leak from the eleventh listener on.
 */
export function addAbortListener(signal: AbortSignal, callback: () => void): void {
  if (signal.aborted) return;
  const shared = sharedListeners.get(signal);
  if (shared) {
    shared.callbacks.add(callback);
    return;
  }
  const callbacks = new Set([callback]);
  const listener = () => {
    // A callback may remove another one, which then does not run.
    for (const one of callbacks)
      try {
        callbacks.delete(one);
        one();
      } catch (error) {
        // As for listeners of events, an error does not keep the other callbacks from running.
        process.nextTick(() => {
          throw error;
        });
      }
    sharedListeners.delete(signal);
  };
  sharedListeners.set(signal, { callbacks, listener });
  signal.addEventListener('abort', listener, { once: true });
}

/** Removes `callback`. With its last callback a signal loses the listener too, so that it can be collected. */
export function removeAbortListener(signal: AbortSignal, callback: () => void): void {
  const shared = sharedListeners.get(signal);
  if (!shared?.callbacks.delete(callback) || shared.callbacks.size > 0) return;
  sharedListeners.delete(signal);
  signal.removeEventListener('abort', shared.listener);
}

/** For a signal that Node or an SDK receives: each request adds a listener, so many at once are no leak. */
export function allowManyListeners(signal: AbortSignal): void {
  if (unlimited.has(signal)) return;
  unlimited.add(signal);
  setMaxListeners(0, signal);
}
const unlimited = new WeakSet<AbortSignal>();
