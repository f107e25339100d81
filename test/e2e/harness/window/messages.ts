import type { Locator, Page } from 'playwright-core';
import type { CommandPalette } from './commandPalette';
import { actUntil, CLICK_MS, type Effect, STEP_MS } from './eventually';

/** Notifications, dialogs and the status bar. */
export class Messages {
  constructor(
    private readonly page: Page,
    private readonly palette: CommandPalette,
  ) {}

  /** A notification that contains the text. */
  toast(text: string | RegExp): Locator {
    return this.#toasts().filter({ hasText: text }).first();
  }

  #toasts(): Locator {
    return this.page.locator('.notifications-toasts .notification-toast');
  }

  /** Waits for a notification that contains the text. */
  async notification(text: string | RegExp, timeout = STEP_MS): Promise<Locator> {
    const toast = this.toast(text);
    await toast.waitFor({ timeout });
    return toast;
  }

  /** Presses a button of a notification, after which `effect` is seen; of several that contain the text, the one that has the button. */
  async answer(text: string | RegExp, button: string | RegExp, effect: Effect): Promise<void> {
    const toast = this.#toasts()
      .filter({ hasText: text })
      .filter({ has: this.page.getByRole('button', { name: button }) })
      .first();
    await toast.waitFor({ timeout: STEP_MS });
    await actUntil(
      `answering the notification ${text} with ${button}`,
      async () => {
        // Toasts move while others come and go.
        await toast.hover({ timeout: CLICK_MS });
        await toast.getByRole('button', { name: button }).first().click({ timeout: CLICK_MS });
      },
      effect,
    );
  }

  /** Clears all notifications. */
  async clear(): Promise<void> {
    await this.palette.run(
      'Notifications: Clear All Notifications',
      async () => (await this.#toasts().count()) === 0,
    );
  }

  /** The modal dialog, while it contains the text. */
  box(text: string | RegExp = ''): Locator {
    return this.page.locator('.monaco-dialog-box').filter({ hasText: text }).first();
  }

  /** Waits for the modal dialog that contains the text. */
  async dialog(text: string | RegExp): Promise<Locator> {
    const box = this.box(text);
    await box.waitFor({ timeout: STEP_MS });
    return box;
  }

  /** Presses a button of the modal dialog that contains the text, and waits until it is closed. */
  async answerDialog(text: string | RegExp, button: string | RegExp): Promise<void> {
    const box = await this.dialog(text);
    await actUntil(
      `answering the dialog ${text} with ${button}`,
      () => box.getByRole('button', { name: button }).first().click({ timeout: CLICK_MS }),
      async () => (await box.count()) === 0,
    );
  }

  /** An item of the status bar. */
  status(text: string | RegExp): Locator {
    return this.page.locator('.statusbar-item').filter({ hasText: text }).first();
  }
}
