import type { Locator } from 'playwright-core';

/** How long a step of a spec waits for its effect. */
export const STEP_MS = 30_000;
/** After this time without an effect an act counts as lost. The window itself reacts much faster. */
const LOST_MS = 4000;
/** How long one click may take; a loaded machine needs seconds for some. */
export const CLICK_MS = 6000;
const LOOK_MS = 40;

/** The effect of an act: an element that becomes visible, or a condition that becomes true. */
export type Effect = Locator | (() => boolean | Promise<boolean>);

/**
 * Repeats `look` until it doesn't throw, and resolves to its result. The window updates with a delay, so every reading of it goes
 * through here. Throws the last error.
 */
export async function eventually<T>(look: () => T | Promise<T>, timeout = STEP_MS): Promise<T> {
  const deadline = Date.now() + timeout;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await pause(LOOK_MS);
  }
}

/** Waits until an effect is seen. Throws an error that names it. */
export async function until(what: string, effect: Effect, timeout = STEP_MS): Promise<void> {
  await eventually(async () => {
    if (!(await isSeen(effect))) throw new Error(`Not so within ${timeout / 1000} s: ${what}`);
  }, timeout);
}

/** Whether an effect is there now. */
export async function isSeen(effect: Effect): Promise<boolean> {
  return typeof effect === 'function' ? effect() : effect.first().isVisible();
}

/**
 * Acts, and repeats the act while no effect is seen: a click can fall between two renderings of the window. Prints each repeat, since
 * frequent repeats are a bug of the code that redraws. Throws when there is no effect in time.
 */
export async function actUntil(
  what: string,
  act: () => Promise<unknown>,
  effect: Effect,
  { timeout = STEP_MS, lostAfter = LOST_MS } = {},
): Promise<void> {
  const deadline = Date.now() + timeout;
  for (let tries = 1; ; tries++) {
    if (tries > 1) console.log(`ACTED AGAIN (${tries}): ${what}`);
    let failure: unknown;
    await act().catch((error: unknown) => {
      failure = error;
    });
    const lost = Date.now() + lostAfter;
    do {
      // An element that is being redrawn throws; the next round finds it.
      if (await isSeen(effect).catch(() => false)) return;
      await pause(LOOK_MS);
    } while (Date.now() < lost);
    if (Date.now() > deadline) throw new Error(`Nothing came of this: ${what}`, { cause: failure });
  }
}

/** Clicks. A hover that covers the target disappears when the mouse moves away. */
export async function clickUncovered(
  target: Locator,
  options: Parameters<Locator['click']>[0] = {},
): Promise<void> {
  try {
    await target.click({ timeout: CLICK_MS, ...options });
  } catch (error) {
    if (!/intercepts pointer events/.test(String(error))) throw error;
    await target.page().mouse.move(1, 1);
    await target.click({ timeout: CLICK_MS, ...options });
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
