import assert from 'node:assert/strict';
import type { Frame, Locator } from 'playwright-core';
import type { EditorWindow } from './editorWindow';
import { actUntil, CLICK_MS, type Effect, eventually, until } from './eventually';
import { exactly } from './tree';

type Phase = 'scanning' | 'preview' | 'running' | 'finished' | 'same' | 'error';

/** The preview of a plan, as a person sees it. */
export class PreviewPage {
  constructor(
    readonly frame: Frame,
    readonly window: EditorWindow,
  ) {}

  /** Waits until the preview is in one of these phases. Throws an error that names its phase. */
  async reach(phase: Phase | readonly Phase[], timeout = 60_000): Promise<void> {
    const phases = typeof phase === 'string' ? [phase] : phase;
    const wanted = phases.map((each) => `body[data-phase="${each}"]`).join(', ');
    try {
      await this.frame.locator(wanted).waitFor({ timeout });
    } catch (error) {
      throw new Error(`The preview is in "${await this.phase()}", not in ${phases.join(' or ')}`, {
        cause: error,
      });
    }
  }

  /** Waits until the page has the focus: a page that takes it later closes menus and quick inputs. */
  async expectFocus(): Promise<void> {
    await until('the preview has the focus', () => this.frame.evaluate(() => document.hasFocus()));
  }

  async phase(): Promise<string | null> {
    return this.frame.locator('body').getAttribute('data-phase');
  }

  /** Waits until the headline, which names the changed side, is `expected`. */
  async expectSentence(expected: string | RegExp): Promise<void> {
    await eventually(async () => says((await this.frame.locator('h1').textContent()) ?? '', expected));
  }

  /** Waits until the line at the bottom says `expected`. */
  async expectStatus(expected: string | RegExp): Promise<void> {
    await eventually(async () => says((await this.status().textContent()) ?? '', expected));
  }

  /** Waits until the main part of the page, which shows errors and empty results, matches `expected`. Returns its text. */
  async expectMain(expected: RegExp): Promise<string> {
    return eventually(async () => {
      const text = (await this.frame.locator('main').textContent()) ?? '';
      assert.match(text, expected);
      return text;
    });
  }

  /** The row of a file or folder, by its name. */
  row(name: string): Locator {
    return this.frame
      .locator('.row')
      .filter({ has: this.frame.locator('.name', { hasText: exactly(name) }) })
      .first();
  }

  /**
   * Waits until the rows drawn pass `check`, which is handed their spoken texts: "a.css, upload, new, 2 B, just now, ticked". Never hands it
   * rows whose facts have not come yet. Returns the rows.
   */
  async expectRows(check: (rows: readonly string[]) => void): Promise<readonly string[]> {
    return eventually(async () => {
      const rows = await this.#rows();
      check(rows);
      return rows;
    });
  }

  async #rows(): Promise<readonly string[]> {
    const { due, waiting, rows } = await this.frame.locator('.table').evaluate((table) => {
      const drawn = [...table.querySelectorAll('.row[data-kind]')];
      return {
        // The heading counts as a row.
        due: Number(table.getAttribute('aria-rowcount')) > 1,
        waiting: drawn.some((row) => row.getAttribute('data-kind') === 'waiting'),
        rows: drawn
          .map((row) => ({
            at: Number(row.getAttribute('aria-rowindex')),
            text: row.getAttribute('aria-label') ?? '',
          }))
          .sort((one, other) => one.at - other.at)
          .map(({ text }) => text),
      };
    });
    if (waiting || (due && rows.length === 0)) throw new Error('The rows are still being drawn');
    return rows;
  }

  /** How many rows the table has, drawn or not. */
  async rowCount(): Promise<number> {
    // The heading counts as a row.
    return Number(await this.frame.locator('.table').getAttribute('aria-rowcount')) - 1;
  }

  /** Changes the box of a row. */
  async tick(name: string): Promise<void> {
    const box = this.row(name).getByRole('checkbox').first();
    const before = await box.getAttribute('aria-checked');
    await actUntil(
      `ticking ${name}`,
      () => box.click({ timeout: CLICK_MS }),
      async () => (await box.getAttribute('aria-checked')) !== before,
    );
  }

  /** Ticks a box that isn't ticked. */
  async check(name: string | RegExp): Promise<void> {
    await actUntil(
      `ticking ${name}`,
      async () => {
        if (!(await this.checkbox(name).isChecked())) await this.checkbox(name).click({ timeout: CLICK_MS });
      },
      () => this.checkbox(name).isChecked(),
    );
  }

  /** Presses a button, after which `effect` is seen. */
  async press(name: string | RegExp, effect: Effect): Promise<void> {
    await this.button(name).waitFor();
    await actUntil(`pressing ${name}`, () => this.button(name).click({ timeout: CLICK_MS }), effect);
  }

  button(name: string | RegExp): Locator {
    return this.frame.getByRole('button', { name });
  }

  checkbox(name: string | RegExp): Locator {
    return this.frame.getByRole('checkbox', { name });
  }

  /** The line at the bottom: the selection, the progress, the result. */
  status(): Locator {
    return this.frame.locator('footer .line');
  }

  /** Runs `act`, which starts another scan, and waits for its end. */
  async rescanned(act: () => Promise<unknown>): Promise<void> {
    const before = await this.#scans();
    await act();
    await until('the preview scans again', async () => (await this.#scans()) > before);
    await this.reach(['preview', 'same', 'error']);
  }

  /** Presses "Scan again", and waits for the end of the scan, which may be over before anyone looks. */
  async scanAgain(): Promise<void> {
    const before = await this.#scans();
    await this.press(/^Scan again$/, async () => (await this.#scans()) > before);
    await this.reach(['preview', 'same', 'error']);
  }

  /** How many scans have begun since the first call. */
  #scans(): Promise<number> {
    return this.frame.evaluate(() => {
      const page = globalThis as unknown as { scansSeen?: number };
      if (page.scansSeen === undefined) {
        page.scansSeen = 0;
        new MutationObserver(() => {
          if (document.body.dataset['phase'] === 'scanning') page.scansSeen = (page.scansSeen ?? 0) + 1;
        }).observe(document.body, { attributeFilter: ['data-phase'] });
      }
      return page.scansSeen;
    });
  }

  /** Presses a button that asks a question first. */
  async pressForDialog(name: string | RegExp): Promise<void> {
    await this.press(name, this.window.messages.box());
  }

  /** Applies the ticked actions and waits for the end. */
  async apply(): Promise<void> {
    await this.press(/^Apply/, async () => (await this.phase()) !== 'preview');
    await this.reach('finished');
  }
}

function says(text: string, expected: string | RegExp): void {
  if (typeof expected === 'string') assert.equal(text, expected);
  else assert.match(text, expected);
}

const PAGE = 'body[data-page="planPreview"]';

/** Closes all editors, and so every preview. */
export async function closePreviews(window: EditorWindow): Promise<void> {
  await window.editors.closeAll();
  await window.webviews.gone(PAGE);
}

/** Closes the previews that are open, runs a command that ends in one, choosing `picks` on the way, and waits for the scan's end. */
export async function openPreview(
  window: EditorWindow,
  command: string,
  ...picks: [string | RegExp, ...(string | RegExp)[]]
): Promise<PreviewPage> {
  await closePreviews(window);
  await window.palette.run(command, window.quick.option(picks[0]));
  for (const pick of picks) await window.quick.pick(pick);
  const page = await currentPreview(window);
  await page.reach(['preview', 'same', 'error']);
  await page.expectFocus();
  return page;
}

/** The preview that is open. */
export async function currentPreview(window: EditorWindow): Promise<PreviewPage> {
  return new PreviewPage(await window.webviews.find(`${PAGE}[data-ready]`), window);
}
