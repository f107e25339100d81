import type { Locator, Page } from 'playwright-core';
import { actUntil, CLICK_MS, type Effect, eventually, STEP_MS } from './eventually';
import type { QuickInput } from './quickInput';

/** The list of all commands. */
export class CommandPalette {
  constructor(
    private readonly page: Page,
    private readonly quick: QuickInput,
  ) {}

  /** Runs a command by its title ("Cloud Remotes: Add Remote…"), after which `effect` is seen. */
  async run(title: string, effect: Effect): Promise<void> {
    await actUntil(
      `the command "${title}"`,
      async () => {
        await this.#choose(title);
        await this.page.keyboard.press('Enter');
        // Keys that are typed before the palette closes go to the palette.
        await eventually(async () => {
          const typed = await this.quick
            .input()
            .inputValue({ timeout: 500 })
            .catch(() => '');
          if (typed === `>${title}`) throw new Error(`The palette stays open after "${title}"`);
        }, CLICK_MS);
      },
      effect,
      // A command may first load its extension, and a command that runs twice asks twice.
      { timeout: 2 * STEP_MS, lostAfter: 2 * CLICK_MS },
    );
  }

  /** Opens the palette and selects the command by keyboard, since the pointer could select a row that appears under it. */
  async #choose(title: string): Promise<void> {
    const row = this.#row(title);
    const deadline = Date.now() + STEP_MS;
    for (;;) {
      await this.page.keyboard.press('F1');
      try {
        // The palette closes when an editor that opens late takes the focus.
        await this.quick.input().fill(`>${title}`, { timeout: CLICK_MS });
        await row.waitFor({ timeout: 3000 });
        break;
      } catch (error) {
        // An open palette doesn't show commands that an extension declares later.
        await this.page.keyboard.press('Escape');
        if (Date.now() > deadline) throw new Error(`The palette has no command "${title}"`, { cause: error });
      }
    }
    await eventually(async () => {
      if (/\bfocused\b/.test((await row.getAttribute('class', { timeout: 1000 })) ?? '')) return;
      await this.page.keyboard.press('ArrowDown');
      throw new Error(`"${title}" is not the chosen row of the palette`);
    }, CLICK_MS);
  }

  #row(title: string): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: title }).first();
  }
}
