/** Runs the `main` of a program, then ends the process: with the number that it resolves to (default 0), or with 1 and the message of its error. */
export function runMain(main: () => Promise<unknown>): void {
  main().then(
    (code) => process.exit(typeof code === 'number' ? code : 0),
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exit(1);
    },
  );
}

/** The value of `--port`. Throws an Error for anything but a port; 0 is any free port. */
export function parsePort(text: string): number {
  if (/^\d+$/.test(text) && Number(text) <= 65535) return Number(text);
  throw new Error(`--port takes a number from 0 to 65535, not ${text}.`);
}

/**
 * Resolves when this process is to end: at SIGINT, SIGTERM or SIGHUP, and when the npm that started it is gone. A SIGTERM to npm
 * ends npm and its shell but not this process, which only becomes an orphan.
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
