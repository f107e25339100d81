import type { Locator, Page } from 'playwright-core';
import { actUntil, CLICK_MS, clickUncovered, type Effect, STEP_MS, until } from './eventually';

/** The rows of the side bar: of our view or of the Explorer. */
export class Tree {
  constructor(private readonly page: Page) {}

  /** A row, by its accessible name. */
  row(name: string | RegExp): Locator {
    return this.page.locator('.sidebar').getByRole('treeitem', { name }).first();
  }

  /** The row whose visible label is exactly `label`. */
  label(label: string): Locator {
    return this.page
      .locator('.sidebar .monaco-list-row')
      .filter({ has: this.page.locator('.label-name', { hasText: exactly(label) }) })
      .first();
  }

  /** The accessible names of the rows that are drawn. */
  async names(): Promise<string[]> {
    return this.page
      .locator('.sidebar')
      .getByRole('treeitem')
      .evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label') ?? ''));
  }

  /** Expands nested rows by label and waits for each: expand('demo', 'photos', '2026'). Returns the last row. */
  async expand(...labels: string[]): Promise<Locator> {
    let row = this.page.locator('.sidebar');
    for (const label of labels) {
      row = this.label(label);
      await this.#fold(row, 'true', `unfolding ${label}`);
    }
    return row;
  }

  /** Collapses a row. */
  async collapse(row: Locator): Promise<void> {
    await this.#fold(row, 'false', 'folding a row');
  }

  async #fold(row: Locator, wanted: 'true' | 'false', what: string): Promise<void> {
    await row.waitFor({ timeout: STEP_MS });
    const done = async () => (await row.getAttribute('aria-expanded', { timeout: 1000 })) === wanted;
    await actUntil(
      what,
      async () => {
        // A click on the twistie, since a click on the row may also open it.
        if (!(await done())) await clickUncovered(row.locator('.monaco-tl-twistie'));
      },
      done,
    );
  }

  /** Waits until the row with this label is selected. */
  async selected(label: string): Promise<void> {
    await until(
      `${label} is selected`,
      async () => (await this.label(label).getAttribute('aria-selected', { timeout: 1000 })) === 'true',
    );
  }

  /** Selects a row, alone or in addition to the selection, and focuses it. */
  async select(row: Locator, { besides = false } = {}): Promise<void> {
    await row.waitFor({ timeout: STEP_MS });
    await actUntil(
      `selecting ${row}`,
      () => clickUncovered(row, besides ? { modifiers: ['ControlOrMeta'] } : {}),
      async () => (await row.getAttribute('aria-selected', { timeout: 1000 })) === 'true',
    );
  }

  /** Presses a key on the row that was selected last, after which `effect` is seen. */
  async press(key: string, effect: Effect): Promise<void> {
    const list = this.page
      .locator('.sidebar .monaco-list')
      .filter({ has: this.page.locator('.monaco-list-row.focused') })
      .first();
    // A list with many rows may not draw the focused row.
    const drawn = (await list.count()) > 0 ? list : this.page.locator('.sidebar .monaco-list').first();
    await actUntil(`pressing ${key} in the tree`, () => drawn.press(key, { timeout: CLICK_MS }), effect);
  }

  /** Presses an inline action of a row, after which `effect` is seen. */
  async action(row: Locator, name: string | RegExp, effect: Effect): Promise<void> {
    await actUntil(
      `the action ${name} of a row`,
      async () => {
        await row.hover({ timeout: CLICK_MS });
        await row.getByRole('button', { name }).first().click({ timeout: CLICK_MS });
      },
      effect,
    );
  }
}

/** Matches an element whose whole text is `text`. */
export function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);
}
