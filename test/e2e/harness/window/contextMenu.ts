import type { Locator, Page } from 'playwright-core';
import { actUntil, CLICK_MS, clickUncovered, type Effect, STEP_MS } from './eventually';

/** The menu that a right click or a button opens. */
export class ContextMenu {
  constructor(private readonly page: Page) {}

  /** Opens a row's menu and takes an item, after which `effect` is seen. */
  async take(row: Locator, item: string | RegExp, effect: Effect): Promise<void> {
    await row.waitFor({ timeout: STEP_MS });
    await actUntil(
      `the menu item ${item}`,
      async () => {
        await this.open(() => clickUncovered(row, { button: 'right' }));
        // A menu ignores clicks at first, since one could be the end of the click that opened it.
        const entry = this.#menu().getByRole('menuitem', { name: item }).last();
        for (let tries = 0; tries === 0 || (tries < 20 && (await entry.isVisible())); tries++) {
          await entry.click({ timeout: CLICK_MS });
          await this.#menu()
            .first()
            .waitFor({ state: 'detached', timeout: 500 })
            .catch(() => {});
        }
        // A closed menu proves nothing: a loss of focus closes it too.
      },
      effect,
      { timeout: 2 * STEP_MS, lostAfter: CLICK_MS },
    );
  }

  /** The names in the menu of a row; the menu is closed again. */
  async names(row: Locator): Promise<string[]> {
    await this.open(() => clickUncovered(row, { button: 'right' }));
    const names = await this.#menu().getByRole('menuitem').allInnerTexts();
    await this.close();
    return names.map((name) => name.replaceAll('\u00a0', ' ').trim());
  }

  /** Opens a menu by an act. */
  async open(act: () => Promise<unknown>): Promise<void> {
    await actUntil(
      'opening a menu',
      async () => {
        if ((await this.#menu().count()) === 0) await act();
      },
      this.#menu(),
      { timeout: CLICK_MS },
    );
  }

  /** The text of the menu that is open. */
  async text(): Promise<string> {
    return (await this.#menu().allTextContents()).join('\n').replaceAll('\u00a0', ' ');
  }

  async close(): Promise<void> {
    await actUntil(
      'closing the menu',
      () => this.page.keyboard.press('Escape'),
      async () => (await this.#menu().count()) === 0,
    );
  }

  #menu(): Locator {
    return this.page.locator('.context-view .monaco-menu');
  }
}
