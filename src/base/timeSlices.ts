/** Work runs this many milliseconds before it pauses, so that the editor stays responsive. */
const maxSliceMs = 20;

/** Work that may pause after each step, and its result. */
export type Steps<T> = Generator<unknown, T, void>;

/** Runs the work, and lets the event loop run whenever a time slice is used up. Rejects with an error of the work. */
export async function runInTimeSlices<T>(
  work: Steps<T>,
  pause: () => Promise<void> = () => new Promise((resolve) => setImmediate(resolve)),
  now: () => number = () => performance.now(),
): Promise<T> {
  let began = now();
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    if (now() - began < maxSliceMs) continue;
    await pause();
    began = now();
  }
}
