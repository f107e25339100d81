import type { Frame, Page } from 'playwright-core';
import { eventually, until } from './eventually';

/** The webviews of the window. */
export class Webviews {
  constructor(private readonly page: Page) {}

  /** The inner frame of the webview in which `marker` (a CSS selector) is found; waits for it. */
  async find(marker: string, timeout = 30_000): Promise<Frame> {
    return eventually(async () => {
      const [frame] = await this.#with(marker);
      if (!frame) throw new Error(`No webview holds ${marker}`);
      return frame;
    }, timeout);
  }

  /** Waits until no webview holds `marker`. */
  async gone(marker: string): Promise<void> {
    await until(`no webview holds ${marker}`, async () => (await this.#with(marker)).length === 0);
  }

  async #with(marker: string): Promise<Frame[]> {
    const found: Frame[] = [];
    for (const frame of this.page.frames()) {
      if (!frame.url().includes('fake.html')) continue;
      // A frame that is being replaced throws; the next round finds the new one.
      const count = await frame
        .locator(marker)
        .count()
        .catch(() => 0);
      if (count > 0) found.push(frame);
    }
    return found;
  }
}
