/** Milliseconds that a piece of work may go on while others wait: what is asked of the editor meanwhile is not to stutter. */
const longestTurnMs = 20;

/** Steps of a piece of work after which it may pause, and its outcome. */
export type Steps<T> = Generator<unknown, T, void>;

/** Does the work, and lets others have a turn whenever it has gone on for 20 ms. Rejects with what the work throws. */
export async function inTurns<T>(
  work: Steps<T>,
  pause: () => Promise<void> = () => new Promise((resolve) => setImmediate(resolve)),
  now: () => number = () => performance.now(),
): Promise<T> {
  let began = now();
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    if (now() - began < longestTurnMs) continue;
    await pause();
    began = now();
  }
}
