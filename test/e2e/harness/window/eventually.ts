import type { Locator } from 'playwright-core';

/** How long a step of a spec waits for what it is about. */
export const STEP_MS = 30_000;
/** After so long without an effect an act counts as lost. What an act brings about in the window itself comes within a fraction of it. */
const LOST_MS = 4000;
/** How long one click may take; a loaded machine needs seconds for some. */
export const CLICK_MS = 6000;
const LOOK_MS = 40;

/** What an act brings about: something that is visible then, or a condition that holds then. It may not be so before the act. */
export type Effect = Locator | (() => boolean | Promise<boolean>);

/**
 * Looks again and again until looking throws no more, and resolves to what it gave then. What the window shows follows
 * what happened by moments, so every reading of it goes through here. Throws the last failure.
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

/** Waits until an effect is seen. Throws naming it. */
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
 * Acts, and acts again when no effect is seen, as a person would whose click fell between two drawings of the window. Each repeat
 * is told on stdout: one that comes again and again is a fault of what redraws. Throws when there is no effect in time.
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
      // What is being redrawn answers with an error; the next look sees.
      if (await isSeen(effect).catch(() => false)) return;
      await pause(LOOK_MS);
    } while (Date.now() < lost);
    if (Date.now() > deadline) throw new Error(`Nothing came of this: ${what}`, { cause: failure });
  }
}

/** Clicks; a hover that covers the target goes away with the mouse. */
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
