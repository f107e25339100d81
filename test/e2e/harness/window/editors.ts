import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import type { CommandPalette } from './commandPalette';
import { actUntil, CLICK_MS, clickUncovered, eventually, STEP_MS, until } from './eventually';

const ACTIVE = '.editor-group-container.active .editor-instance';

/** The open editors and their tabs. */
export class Editors {
  constructor(
    private readonly page: Page,
    private readonly palette: CommandPalette,
  ) {}

  /** The tab of an open editor. */
  tab(name: string | RegExp): Locator {
    return this.#tabs().filter({ hasText: name }).first();
  }

  #tabs(): Locator {
    return this.page.locator('.tabs-container .tab');
  }

  /** The tab, while its editor is active. */
  active(name: string | RegExp): Locator {
    return this.page.locator('.tabs-container .tab.active').filter({ hasText: name }).first();
  }

  /** The tab, while its editor is dirty. */
  dirty(name: string | RegExp): Locator {
    return this.page.locator('.tabs-container .tab.dirty').filter({ hasText: name }).first();
  }

  /** Opens a file of the tree in a permanent tab, and waits until it has the focus and its text. */
  async keepOpen(row: Locator, name: string | RegExp): Promise<void> {
    await row.waitFor({ timeout: STEP_MS });
    await actUntil(
      `opening ${name}`,
      () => row.dblclick({ timeout: CLICK_MS }),
      () => this.#hasFocus(name),
      { timeout: 2 * STEP_MS, lostAfter: CLICK_MS },
    );
  }

  /** Waits until an opened text editor has the focus: an editor that takes it later closes menus and quick inputs. */
  async expectFocus(name: string | RegExp): Promise<void> {
    await until(`the editor ${name} has the focus`, () => this.#hasFocus(name));
  }

  async #hasFocus(name: string | RegExp): Promise<boolean> {
    if (!(await this.active(name).isVisible())) return false;
    return this.page.locator(`${ACTIVE} .monaco-editor.focused .view-lines`).first().isVisible();
  }

  /** Brings the editor of a tab to the front. */
  async show(name: string | RegExp): Promise<void> {
    await actUntil(`showing ${name}`, () => clickUncovered(this.tab(name)), this.active(name));
  }

  /** Waits until the active text editor shows `expected`, as far as it is drawn. Returns the text. */
  async shows(expected: RegExp): Promise<string> {
    return eventually(async () => {
      const text = await this.#text();
      assert.match(text, expected);
      return text;
    });
  }

  async #text(): Promise<string> {
    const lines = this.page.locator('.editor-group-container.active .monaco-editor .view-lines').first();
    await lines.waitFor({ timeout: STEP_MS });
    // Lines are recycled, so their DOM order is arbitrary.
    const drawn = await lines.locator('.view-line').evaluateAll((elements) =>
      elements
        .map((element) => ({ top: element.getBoundingClientRect().top, text: element.textContent ?? '' }))
        .sort((one, other) => one.top - other.top)
        .map((line) => line.text),
    );
    return drawn.join('\n').replaceAll('\u00a0', ' ');
  }

  /** Types at the end of the active text editor. */
  async typeAtEnd(text: string): Promise<void> {
    const editor = this.page.locator(`${ACTIVE} .monaco-editor`).first();
    await actUntil(
      'putting the cursor into the editor',
      () => editor.locator('.view-lines').click({ timeout: CLICK_MS }),
      async () => /\bfocused\b/.test((await editor.getAttribute('class', { timeout: 1000 })) ?? ''),
    );
    await this.page.keyboard.press('Control+End');
    await this.page.keyboard.type(text);
    await this.#activeDirty().waitFor({ timeout: STEP_MS });
    const [last = ''] = text.trimEnd().split('\n').slice(-1);
    await until(`"${last}" is typed`, async () => (await this.#text()).includes(last));
  }

  /** Presses save; `wait` until the tab is clean (not for saves that are expected to fail). */
  async save(wait = true): Promise<void> {
    await this.page.keyboard.press('Control+s');
    if (wait) await this.#activeDirty().waitFor({ state: 'detached', timeout: STEP_MS });
  }

  #activeDirty(): Locator {
    return this.page.locator('.tabs-container .tab.active.dirty');
  }

  /** Discards all unsaved changes and closes all editors. */
  async closeAll(): Promise<void> {
    const box = this.page.locator('.monaco-dialog-box').filter({ hasText: /save the changes/i });
    const empty = this.page.locator('.editor-group-container.empty');
    await this.palette.run('View: Close All Editors', box.or(empty));
    await actUntil(
      'closing all editors',
      async () => {
        if ((await box.count()) > 0)
          await box.getByRole('button', { name: /Don.t Save/ }).click({ timeout: CLICK_MS });
      },
      empty,
    );
  }
}
