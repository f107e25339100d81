import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { actUntil, CLICK_MS, clickUncovered, type Effect, eventually, STEP_MS, until } from './eventually';

/** The state of the quick input. Every field but `open` is undefined or empty while it is closed. */
interface QuickState {
  readonly open: boolean;
  readonly title: string | undefined;
  readonly placeholder: string | undefined;
  readonly kind: string | undefined;
  readonly value: string | undefined;
  readonly message: string | undefined;
  readonly rows: readonly (string | null)[];
  readonly busy: boolean;
}

/** The quick input: lists to pick from and lines to type an answer into. */
export class QuickInput {
  constructor(private readonly page: Page) {}

  #widget(): Locator {
    return this.page.locator('.quick-input-widget:visible');
  }

  #state(): Promise<QuickState> {
    return this.page.evaluate(() => {
      const widget = [...document.querySelectorAll<HTMLElement>('.quick-input-widget')].find(
        (each) => each.getClientRects().length > 0,
      );
      const seen = (element: HTMLElement) => element.getClientRects().length > 0;
      const input = [...(widget?.querySelectorAll('input') ?? [])].find(
        (each) => each.type !== 'checkbox' && seen(each),
      );
      return {
        open: widget !== undefined,
        title: widget?.querySelector('.quick-input-title')?.textContent ?? undefined,
        placeholder: input?.placeholder,
        kind: input?.type,
        value: input?.value,
        message: widget?.querySelector('.quick-input-message')?.textContent ?? undefined,
        rows: [...(widget?.querySelectorAll('[role=option]') ?? [])].map((row) =>
          row.getAttribute('aria-label'),
        ),
        busy: widget?.querySelector('.monaco-progress-container.active') != null,
      };
    });
  }

  /**
   * Waits until the quick input is as `expected`, shows the same twice and is not busy: a list that is filled in several goes moves its
   * rows under the pointer.
   */
  async settled(expected: (state: QuickState) => boolean = ({ open }) => open): Promise<QuickState> {
    let before = '';
    return eventually(async () => {
      const state = await this.#state();
      const text = JSON.stringify(state);
      const same = text === before;
      before = text;
      if (!same || state.busy || !expected(state))
        throw new Error(`The quick input is still being filled: ${text}`);
      return state;
    });
  }

  /** Holds once the question that was shown as `before` has its answer: the quick input is closed or shows something else. */
  #answered(before: QuickState): Effect {
    return async () => {
      const now = await this.#state();
      return (
        !now.open ||
        now.title !== before.title ||
        now.placeholder !== before.placeholder ||
        now.kind !== before.kind ||
        now.value !== before.value
      );
    };
  }

  /** The text field of the quick input that is open. */
  input(): Locator {
    return this.#widget().locator('input:visible').first();
  }

  /** The quick input, while its title, step, prompt or rows say `text`. */
  saying(text: string | RegExp): Locator {
    return this.#widget().filter({ hasText: text });
  }

  /** The text field, while its placeholder says `text`. */
  asking(text: RegExp): Locator {
    return this.#widget().getByPlaceholder(text);
  }

  /** The title line. */
  title(): Locator {
    return this.#widget().locator('.quick-input-title');
  }

  /** Waits until the quick input says `text`. */
  async expect(text: string | RegExp): Promise<void> {
    await this.saying(text).waitFor({ timeout: STEP_MS });
  }

  /** Waits until the placeholder of the quick input says `text`. */
  async expectPlaceholder(text: RegExp): Promise<void> {
    await this.asking(text).waitFor({ timeout: STEP_MS });
  }

  /** Waits until the line below the text field, which names what is wrong with the text, says `text`. */
  async expectMessage(text: RegExp): Promise<void> {
    await this.#widget().locator('.quick-input-message').filter({ hasText: text }).waitFor({
      timeout: STEP_MS,
    });
  }

  /** The options of the open list, as shown. */
  options(): Locator {
    return this.#widget().getByRole('option');
  }

  /** An option of the open list, by its accessible name: recycled rows keep hidden text of other rows. */
  option(name: string | RegExp): Locator {
    return this.#widget().getByRole('option', { name }).first();
  }

  /** A button of the title bar or of a row, by its tooltip ("Back"). */
  button(name: string | RegExp): Locator {
    return this.#widget().getByRole('button', { name });
  }

  /** Presses a button, after which `effect` is seen. */
  async press(name: string | RegExp, effect: Effect): Promise<void> {
    await actUntil(`pressing ${name}`, () => clickUncovered(this.button(name).first()), effect);
  }

  /** Picks an option by its accessible name, and waits until it is accepted. */
  async pick(name: string | RegExp): Promise<void> {
    const option = this.option(name);
    await option.waitFor({ timeout: STEP_MS });
    const before = await this.settled();
    await actUntil(`picking ${name}`, () => clickUncovered(option), this.#answered(before));
  }

  /** Clicks an option without an action; the list stays open. */
  async read(name: string | RegExp): Promise<void> {
    await this.option(name).waitFor({ timeout: STEP_MS });
    const before = JSON.stringify(await this.settled());
    await clickUncovered(this.option(name));
    await until('the list comes back', async () => JSON.stringify(await this.#state()) === before);
  }

  /** Waits for the question that says `question`, and answers it: an earlier answer would go to the previous question. */
  async answerTo(question: string | RegExp, text: string): Promise<void> {
    await this.expect(question);
    await this.answer(text);
  }

  /** Types an answer, presses Enter, and waits until it is accepted. */
  async answer(text: string): Promise<void> {
    await this.input().fill(text);
    await this.accept();
  }

  /** Presses Enter, and waits until the answer is accepted. */
  async accept(): Promise<void> {
    const before = await this.settled();
    await actUntil(
      `answering "${before.value}" to "${before.title}"`,
      () => this.input().press('Enter', { timeout: CLICK_MS }),
      this.#answered(before),
    );
  }

  /** Types an answer that is rejected with `words`; the question stays open. */
  async refused(text: string, words: RegExp): Promise<void> {
    await this.input().fill(text);
    await this.input().press('Enter');
    await this.expectMessage(words);
    assert.equal(await this.input().inputValue(), text);
  }

  /** Closes the open quick input without an answer. */
  async dismiss(): Promise<void> {
    await actUntil(
      'closing the quick input',
      () => this.input().press('Escape', { timeout: CLICK_MS }),
      async () => !(await this.#state()).open,
    );
  }
}
