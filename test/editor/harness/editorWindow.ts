import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser, BrowserContext, Frame, Locator, Page } from 'playwright-core';
import { projectRoot } from './projectRoot';

const SLOW_STEP_MS = 20_000;

export interface WindowOptions {
  /** Folder or .code-workspace opened in the window; default: an empty window. */
  readonly folder?: string;
  readonly workspace?: string;
  readonly width?: number;
  readonly height?: number;
}

/** One window of the real editor in a headless browser, with the steps that a person takes. */
export class EditorWindow {
  /** What the page's console said: warnings and errors. */
  readonly console: string[] = [];
  readonly #url: string;

  constructor(
    readonly page: Page,
    readonly context: BrowserContext,
    url: string,
  ) {
    this.#url = url;
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        this.console.push(`${message.type()}: ${message.text()}`);
      }
    });
    page.on('pageerror', (error) => this.console.push(`pageerror: ${error.message}`));
  }

  /** Waits until the workbench and its status bar are drawn. */
  async ready(): Promise<void> {
    await this.page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
    await this.page.locator('.statusbar-item').first().waitFor({ timeout: 60_000 });
    await this.page.locator('.activitybar .action-item').first().waitFor({ timeout: 60_000 });
  }

  /** Reloads the window as "Developer: Reload Window" does; secrets and state stay. */
  async reload(): Promise<void> {
    await this.page.goto(this.#url);
    await this.ready();
  }

  // ---- commands and quick input ----

  /** Runs a command by its title in the palette ("Cloud Remotes: Add Remote…"). */
  async runCommand(title: string): Promise<void> {
    const row = this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: title }).first();
    const deadline = Date.now() + SLOW_STEP_MS;
    for (;;) {
      await this.page.keyboard.press('F1');
      await this.quickInput().fill(`>${title}`);
      try {
        await row.waitFor({ timeout: 3000 });
        break;
      } catch (error) {
        // An open palette never learns of commands that an extension declares later.
        await this.page.keyboard.press('Escape');
        if (Date.now() > deadline) throw new Error(`The palette has no command "${title}"`, { cause: error });
      }
    }
    // By keyboard: what the command shows next may appear under the pointer before a click has ended.
    for (let tries = 0; tries < 30; tries++) {
      if (/\bfocused\b/.test((await row.getAttribute('class')) ?? '')) break;
      await this.page.keyboard.press('ArrowDown');
    }
    await this.page.keyboard.press('Enter');
    await this.paletteClosed(title);
  }

  /** Waits until the palette has let go of its text field: what is typed before that goes to the palette. */
  private async paletteClosed(title: string): Promise<void> {
    const deadline = Date.now() + SLOW_STEP_MS;
    const typed = async () =>
      this.page.evaluate(
        () =>
          [...document.querySelectorAll<HTMLInputElement>('.quick-input-widget input')].find(
            (input) => input.offsetParent !== null,
          )?.value,
      );
    while ((await typed()) === `>${title}`) {
      if (Date.now() > deadline) throw new Error(`The palette stays open at "${title}"`);
      await this.page.waitForTimeout(30);
    }
  }

  /** The text field of the quick input that is open. */
  quickInput(): Locator {
    return this.page.locator('.quick-input-widget input:visible').first();
  }

  /** The title line of the quick input. */
  quickTitle(): Locator {
    return this.page.locator('.quick-input-widget .quick-input-title');
  }

  /** Waits for a quick pick whose title, placeholder or step says `text`. */
  async expectQuick(text: string | RegExp): Promise<void> {
    await this.page
      .locator('.quick-input-widget')
      .filter({ hasText: text })
      .waitFor({ timeout: SLOW_STEP_MS });
  }

  /** The options of the open quick pick, as shown. */
  quickOptions(): Locator {
    return this.page.locator('.quick-input-widget').getByRole('option');
  }

  /** An option of the open quick pick, by its spoken name: recycled rows keep hidden text of others. */
  quickOption(name: string | RegExp): Locator {
    return this.page.locator('.quick-input-widget').getByRole('option', { name }).first();
  }

  /** Picks an option by its spoken name. */
  async quickPick(name: string | RegExp): Promise<void> {
    const option = this.quickOption(name);
    await option.waitFor({ timeout: SLOW_STEP_MS });
    // A list that is filled in several goes moves its rows under the pointer.
    await this.page.waitForTimeout(200);
    await option.click();
  }

  /** Waits until the placeholder of the quick input says `text`. */
  async expectPlaceholder(text: RegExp): Promise<void> {
    await this.page.locator('.quick-input-widget').getByPlaceholder(text).waitFor({ timeout: SLOW_STEP_MS });
  }

  /** Types an answer into the open input box and presses Enter. */
  async quickType(text: string): Promise<void> {
    await this.quickInput().fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** A button of the quick input's title bar or rows, by its tooltip ("Back"). */
  quickButton(name: string | RegExp): Locator {
    return this.page.locator('.quick-input-widget').getByRole('button', { name });
  }

  // ---- side bar ----

  /** Shows the extension's own view container. */
  async showRemotes(): Promise<void> {
    await this.runCommand('View: Show Explorer');
    await this.page.locator('.activitybar').getByRole('tab', { name: 'Cloud Remotes' }).click();
    await this.page.locator('.sidebar').getByText('Cloud Remotes').first().waitFor({ timeout: SLOW_STEP_MS });
  }

  async showExplorer(): Promise<void> {
    await this.runCommand('View: Show Explorer');
  }

  /** The row of a tree (side bar or Explorer), by its accessible name. */
  treeRow(name: string | RegExp): Locator {
    return this.page.locator('.sidebar').getByRole('treeitem', { name }).first();
  }

  /** The row whose visible label is exactly `label`. */
  treeLabel(label: string): Locator {
    return this.page
      .locator('.sidebar .monaco-list-row')
      .filter({ has: this.page.locator('.label-name', { hasText: exactly(label) }) })
      .first();
  }

  /** Unfolds rows one below the other, by label, waiting for each: expand('demo', 'photos', '2026'). Returns the last row. */
  async expand(...labels: string[]): Promise<Locator> {
    let row = this.page.locator('.sidebar');
    for (const label of labels) {
      row = this.treeLabel(label);
      await row.waitFor({ timeout: SLOW_STEP_MS });
      if ((await row.getAttribute('aria-expanded')) === 'false') {
        // A click on the twistie, since a click on the row may also open it.
        await row.locator('.monaco-tl-twistie').click();
      }
      await this.page
        .locator(`.sidebar .monaco-list-row[aria-expanded="true"]`)
        .filter({ hasText: label })
        .first()
        .waitFor({ timeout: SLOW_STEP_MS });
    }
    return row;
  }

  /** Presses an inline action of a row. */
  async rowAction(row: Locator, name: string | RegExp): Promise<void> {
    await row.hover();
    await row.getByRole('button', { name }).first().click();
  }

  /** Opens a row's context menu and takes an item; several names walk into submenus. */
  async contextMenu(row: Locator, ...items: (string | RegExp)[]): Promise<void> {
    await row.click({ button: 'right' });
    const menu = this.page.locator('.context-view .monaco-menu');
    await menu.first().waitFor({ timeout: SLOW_STEP_MS });
    // A menu takes no click in its first moments: it might be the end of the one that opened it.
    await this.page.waitForTimeout(300);
    for (const [i, item] of items.entries()) {
      const entry = menu.getByRole('menuitem', { name: item }).last();
      if (i < items.length - 1) await entry.hover();
      else await entry.click();
    }
  }

  /** The names in the context menu of a row; the menu is closed again. */
  async contextMenuItems(row: Locator): Promise<string[]> {
    await row.click({ button: 'right' });
    const menu = this.page.locator('.context-view .monaco-menu');
    await menu.first().waitFor({ timeout: SLOW_STEP_MS });
    const names = await menu.getByRole('menuitem').allInnerTexts();
    await this.page.keyboard.press('Escape');
    return names.map((name) => name.trim());
  }

  // ---- messages ----

  /** A notification toast that contains the text; waits for it. */
  async notification(text: string | RegExp, timeout = SLOW_STEP_MS): Promise<Locator> {
    const toast = this.page
      .locator('.notifications-toasts .notification-toast')
      .filter({ hasText: text })
      .first();
    await toast.waitFor({ timeout });
    return toast;
  }

  /** Presses a button of a notification; of several that contain the text, the one that has the button. */
  async answerNotification(text: string | RegExp, button: string | RegExp): Promise<void> {
    const toast = this.page
      .locator('.notifications-toasts .notification-toast')
      .filter({ hasText: text })
      .filter({ has: this.page.getByRole('button', { name: button }) })
      .first();
    await toast.waitFor({ timeout: SLOW_STEP_MS });
    await toast.hover();
    await toast.getByRole('button', { name: button }).first().click();
  }

  async closeNotifications(): Promise<void> {
    await this.runCommand('Notifications: Clear All Notifications');
  }

  /** The modal dialog, once it is there and contains the text. */
  async dialog(text: string | RegExp): Promise<Locator> {
    const box = this.page.locator('.monaco-dialog-box').filter({ hasText: text }).first();
    await box.waitFor({ timeout: SLOW_STEP_MS });
    return box;
  }

  async answerDialog(text: string | RegExp, button: string | RegExp): Promise<void> {
    const box = await this.dialog(text);
    await box.getByRole('button', { name: button }).first().click();
    await box.waitFor({ state: 'detached', timeout: SLOW_STEP_MS });
  }

  statusItem(text: string | RegExp): Locator {
    return this.page.locator('.statusbar-item').filter({ hasText: text }).first();
  }

  // ---- editors ----

  /** The tab of an open editor. */
  tab(name: string | RegExp): Locator {
    return this.page.locator('.tabs-container .tab').filter({ hasText: name }).first();
  }

  /** The text of the active text editor as far as it is drawn. */
  async editorText(): Promise<string> {
    const lines = this.page.locator('.editor-group-container.active .monaco-editor .view-lines').first();
    await lines.waitFor({ timeout: SLOW_STEP_MS });
    // Lines are recycled, so their order in the document says nothing.
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
    await this.page.locator('.editor-instance .monaco-editor .view-lines').first().click();
    await this.page.keyboard.press('Control+End');
    await this.page.keyboard.type(text);
  }

  /** Presses save; `wait` until the tab is clean (not for saves that are expected to fail). */
  async save(wait = true): Promise<void> {
    await this.page.keyboard.press('Control+s');
    if (wait) {
      await this.page
        .locator('.tabs-container .tab.active.dirty')
        .waitFor({ state: 'detached', timeout: SLOW_STEP_MS });
    }
  }

  /** Gives up all unsaved changes and closes all editors. */
  async discardAll(): Promise<void> {
    await this.runCommand('View: Close All Editors');
    const box = this.page.locator('.monaco-dialog-box').filter({ hasText: /save the changes/i });
    const empty = this.page.locator('.editor-group-container.empty');
    await box.or(empty).first().waitFor({ timeout: SLOW_STEP_MS });
    if ((await box.count()) > 0) await box.getByRole('button', { name: /Don.t Save/ }).click();
    await empty.waitFor({ timeout: SLOW_STEP_MS });
  }

  // ---- webviews ----

  /** The inner frame of the webview in which `marker` (a CSS selector) is found; waits for it. */
  async webview(marker: string, timeout = 30_000): Promise<Frame> {
    const deadline = Date.now() + timeout;
    for (;;) {
      const [frame] = await this.#webviewsWith(marker);
      if (frame) return frame;
      if (Date.now() > deadline) throw new Error(`No webview holds ${marker} after ${timeout / 1000} s`);
      await this.page.waitForTimeout(100);
    }
  }

  /** Waits until no webview holds `marker`. */
  async noWebview(marker: string): Promise<void> {
    const deadline = Date.now() + SLOW_STEP_MS;
    while ((await this.#webviewsWith(marker)).length > 0) {
      if (Date.now() > deadline) throw new Error(`A webview still holds ${marker}`);
      await this.page.waitForTimeout(50);
    }
  }

  async #webviewsWith(marker: string): Promise<Frame[]> {
    const found: Frame[] = [];
    for (const frame of this.page.frames()) {
      if (!frame.url().includes('fake.html')) continue;
      // A frame that is being replaced answers with an error; the next round looks again.
      const count = await frame
        .locator(marker)
        .count()
        .catch(() => 0);
      if (count > 0) found.push(frame);
    }
    return found;
  }

  // ---- looks ----

  /** Saves a picture of the window (or of one element) as out/<name>.png, or at `name` when it has a folder. Returns the path. */
  async screenshot(name: string, element?: Locator): Promise<string> {
    const file = path.isAbsolute(name) ? name : path.join(projectRoot, 'out', `${name}.png`);
    mkdirSync(path.dirname(file), { recursive: true });
    await (element ?? this.page).screenshot({ path: file });
    return file;
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}

/** Opens a window on the server's address. Secrets that the extension stores survive reloads of this window. */
export async function openWindow(
  browser: Browser,
  serverUrl: string,
  options: WindowOptions = {},
): Promise<EditorWindow> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1400, height: options.height ?? 900 },
  });
  // Without this key the workbench keeps secrets in memory only.
  await context.route('**/mint-key', (route) => route.fulfill({ body: Buffer.alloc(32, 7) }));
  const page = await context.newPage();
  const url = windowAddress(serverUrl, options);
  const window = new EditorWindow(page, context, url);
  await page.goto(url);
  await window.ready();
  return window;
}

/** The address of a window on a folder, a workspace file, or nothing. */
export function windowAddress(serverUrl: string, options: WindowOptions): string {
  if (options.workspace !== undefined)
    return `${serverUrl}/?workspace=${encodeURIComponent(options.workspace)}`;
  if (options.folder !== undefined) return `${serverUrl}/?folder=${encodeURIComponent(options.folder)}`;
  return `${serverUrl}/?ew=true`;
}

function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);
}
