/**
 * Resolves when this process is to end: at SIGINT, SIGTERM or SIGHUP, and, where npm started it, when npm is gone. A SIGTERM to
 * npm ends npm and its shell but never comes here; being orphaned is the only sign of it.
 */
export function askedToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
    if (process.env['npm_lifecycle_event'] === undefined) return;
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      resolve();
    }, 300);
    watch.unref();
  });
}
