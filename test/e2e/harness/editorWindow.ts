import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser, BrowserContext, Frame, Locator, Page } from 'playwright-core';
import { actUntil, CLICK_MS, eventually, STEP_MS, until } from './eventually';
import { projectRoot } from './projectRoot';

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
    const deadline = Date.now() + STEP_MS;
    for (;;) {
      await this.page.keyboard.press('F1');
      try {
        // A palette that loses the focus to an editor that opens late closes at once.
        await this.quickInput().fill(`>${title}`, { timeout: CLICK_MS });
        await row.waitFor({ timeout: 3000 });
        break;
      } catch (error) {
        // An open palette never learns of commands that an extension declares later.
        await this.page.keyboard.press('Escape');
        if (Date.now() > deadline) throw new Error(`The palette has no command "${title}"`, { cause: error });
      }
    }
    // By keyboard: what the command shows next may appear under the pointer before a click has ended.
    await eventually(async () => {
      if (/\bfocused\b/.test((await row.getAttribute('class', { timeout: 1000 })) ?? '')) return;
      await this.page.keyboard.press('ArrowDown');
      throw new Error(`"${title}" is not the chosen row of the palette`);
    });
    await this.page.keyboard.press('Enter');
    // What is typed before the palette has let go of its text field goes to the palette.
    await until(
      `the palette closes after "${title}"`,
      async () => (await this.#quickState()).value !== `>${title}`,
    );
  }

  /** What the quick input shows, to see whether it has changed. */
  #quickState(): Promise<{ readonly value: string | undefined; readonly shown: string }> {
    return this.page.evaluate(() => {
      const widget = [...document.querySelectorAll<HTMLElement>('.quick-input-widget')].find(
        (each) => each.offsetParent !== null || each.getClientRects().length > 0,
      );
      const input = [...(widget?.querySelectorAll('input') ?? [])].find((each) => each.offsetParent !== null);
      const rows = [...(widget?.querySelectorAll('[role=option]') ?? [])].map((row) =>
        row.getAttribute('aria-label'),
      );
      const title = widget?.querySelector('.quick-input-title')?.textContent;
      return {
        value: input?.value,
        shown: JSON.stringify([
          widget !== undefined,
          title,
          input?.placeholder,
          input?.value,
          input?.type,
          widget?.querySelector('.quick-input-message')?.textContent,
          rows,
        ]),
      };
    });
  }

  /** Waits until the quick input shows the same twice: a list that is filled in several goes moves its rows under the pointer. */
  async #quickSettled(): Promise<string> {
    let before = '';
    await until('the quick input stays as it is', async () => {
      const { shown } = await this.#quickState();
      const settled = shown === before;
      before = shown;
      return settled;
    });
    return before;
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
    await this.page.locator('.quick-input-widget').filter({ hasText: text }).waitFor({ timeout: STEP_MS });
  }

  /** The options of the open quick pick, as shown. */
  quickOptions(): Locator {
    return this.page.locator('.quick-input-widget').getByRole('option');
  }

  /** An option of the open quick pick, by its spoken name: recycled rows keep hidden text of others. */
  quickOption(name: string | RegExp): Locator {
    return this.page.locator('.quick-input-widget').getByRole('option', { name }).first();
  }

  /** Picks an option by its spoken name, and waits until the quick input has taken it: closed, or showing something else. */
  async quickPick(name: string | RegExp): Promise<void> {
    const option = this.quickOption(name);
    await option.waitFor({ timeout: STEP_MS });
    const before = await this.#quickSettled();
    await actUntil(
      `picking ${name}`,
      () => option.click({ timeout: CLICK_MS }),
      async () => (await this.#quickState()).shown !== before,
    );
  }

  /** Clicks an option that is there to be read; the list stays as it is. */
  async quickRead(name: string | RegExp): Promise<void> {
    await this.quickOption(name).waitFor({ timeout: STEP_MS });
    const before = await this.#quickSettled();
    await this.quickOption(name).click();
    await until('the list comes back', async () => (await this.#quickState()).shown === before);
  }

  /** Waits until the placeholder of the quick input says `text`. */
  async expectPlaceholder(text: RegExp): Promise<void> {
    await this.page.locator('.quick-input-widget').getByPlaceholder(text).waitFor({ timeout: STEP_MS });
  }

  /** Types an answer into the open input box and presses Enter. */
  async quickType(text: string): Promise<void> {
    await this.quickInput().fill(text);
    await this.quickInput().press('Enter');
  }

  /** A button of the quick input's title bar or rows, by its tooltip ("Back"). */
  quickButton(name: string | RegExp): Locator {
    return this.page.locator('.quick-input-widget').getByRole('button', { name });
  }

  // ---- side bar ----

  /** Shows the extension's own view container. */
  async showRemotes(): Promise<void> {
    await this.runCommand('View: Show Explorer');
    const tab = this.page.locator('.activitybar').getByRole('tab', { name: 'Cloud Remotes' });
    const title = this.page.locator('.sidebar').getByText('Cloud Remotes').first();
    // A click on the tab that is shown would hide the side bar.
    await actUntil(
      'showing the view of remotes',
      async () => {
        if (!(await title.isVisible())) await tab.click();
      },
      () => title.isVisible(),
    );
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
      const wanted = this.treeLabel(label);
      await wanted.waitFor({ timeout: STEP_MS });
      const expanded = async () => (await wanted.getAttribute('aria-expanded', { timeout: 1000 })) === 'true';
      // A click on the twistie, since a click on the row may also open it.
      await actUntil(
        `unfolding ${label}`,
        async () => {
          if (!(await expanded())) await wanted.locator('.monaco-tl-twistie').click({ timeout: CLICK_MS });
        },
        expanded,
      );
      row = wanted;
    }
    return row;
  }

  /** Folds a row, by its label. */
  async collapse(row: Locator): Promise<void> {
    const collapsed = async () => (await row.getAttribute('aria-expanded', { timeout: 1000 })) === 'false';
    await actUntil(
      'folding a row',
      async () => {
        if (!(await collapsed())) await row.locator('.monaco-tl-twistie').click({ timeout: CLICK_MS });
      },
      collapsed,
    );
  }

  /** Clicks a row of the tree until its effect is seen. */
  async clickUntil(row: Locator, effect: Locator): Promise<void> {
    await row.waitFor({ timeout: STEP_MS });
    await actUntil(
      `clicking ${row}`,
      async () => {
        if (!(await effect.isVisible())) await row.click({ timeout: CLICK_MS });
      },
      () => effect.isVisible(),
    );
  }

  /** Opens a file of the tree so that its tab stays, and waits until its text is there. */
  async keepOpen(row: Locator, tab: string | RegExp): Promise<void> {
    await row.waitFor({ timeout: STEP_MS });
    await actUntil(
      `opening ${tab}`,
      () => row.dblclick({ timeout: CLICK_MS }),
      () => this.tab(tab).isVisible(),
    );
    await this.page
      .locator('.editor-instance .monaco-editor .view-lines')
      .first()
      .waitFor({ timeout: STEP_MS });
  }

  /** The accessible names of the rows that the side bar shows. */
  async treeNames(): Promise<string[]> {
    return this.page
      .locator('.sidebar')
      .getByRole('treeitem')
      .evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label') ?? ''));
  }

  /** Presses an inline action of a row, after which `effect` is seen. */
  async rowAction(row: Locator, name: string | RegExp, effect: Locator): Promise<void> {
    await actUntil(
      `the action ${name} of a row`,
      async () => {
        await row.hover({ timeout: CLICK_MS });
        await row.getByRole('button', { name }).first().click({ timeout: CLICK_MS });
      },
      () => effect.isVisible(),
    );
  }

  /** Opens a row's context menu and takes an item; several names walk into submenus. */
  async contextMenu(row: Locator, ...items: (string | RegExp)[]): Promise<void> {
    await row.waitFor({ timeout: STEP_MS });
    const menu = this.#menu();
    await actUntil(
      `the menu item ${items.join(' > ')}`,
      async () => {
        await this.#openMenu(row);
        for (const item of items.slice(0, -1))
          await menu.getByRole('menuitem', { name: item }).last().hover({ timeout: CLICK_MS });
        // A menu takes no click in its first moments: it might be the end of the one that opened it.
        const last = menu.getByRole('menuitem', { name: items.at(-1) ?? '' }).last();
        for (let tries = 0; tries === 0 || (tries < 20 && (await last.isVisible())); tries++) {
          await last.click({ timeout: CLICK_MS });
          await menu
            .first()
            .waitFor({ state: 'detached', timeout: 500 })
            .catch(() => {});
        }
      },
      async () => (await menu.count()) === 0,
    );
  }

  /** The names in the context menu of a row; the menu is closed again. */
  async contextMenuItems(row: Locator): Promise<string[]> {
    await this.#openMenu(row);
    const names = await this.#menu().getByRole('menuitem').allInnerTexts();
    await this.closeMenu();
    return names.map((name) => name.trim());
  }

  async closeMenu(): Promise<void> {
    await actUntil(
      'closing the menu',
      () => this.page.keyboard.press('Escape'),
      async () => (await this.#menu().count()) === 0,
    );
  }

  async #openMenu(row: Locator): Promise<void> {
    await actUntil(
      'opening a menu',
      async () => {
        if ((await this.#menu().count()) === 0) await row.click({ button: 'right', timeout: CLICK_MS });
      },
      () => this.#menu().first().isVisible(),
    );
  }

  #menu(): Locator {
    return this.page.locator('.context-view .monaco-menu');
  }

  // ---- messages ----

  /** A notification toast that contains the text; waits for it. */
  async notification(text: string | RegExp, timeout = STEP_MS): Promise<Locator> {
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
    await toast.waitFor({ timeout: STEP_MS });
    // Toasts move while others come and go. Its answer may bring the same message again, so that it goes is no sign.
    await eventually(async () => {
      await toast.hover({ timeout: CLICK_MS });
      await toast.getByRole('button', { name: button }).first().click({ timeout: CLICK_MS });
    });
  }

  async closeNotifications(): Promise<void> {
    await this.runCommand('Notifications: Clear All Notifications');
  }

  /** The modal dialog, once it is there and contains the text. */
  async dialog(text: string | RegExp): Promise<Locator> {
    const box = this.page.locator('.monaco-dialog-box').filter({ hasText: text }).first();
    await box.waitFor({ timeout: STEP_MS });
    return box;
  }

  async answerDialog(text: string | RegExp, button: string | RegExp): Promise<void> {
    const box = await this.dialog(text);
    await actUntil(
      `answering the dialog ${text} with ${button}`,
      () => box.getByRole('button', { name: button }).first().click({ timeout: CLICK_MS }),
      async () => (await box.count()) === 0,
    );
  }

  statusItem(text: string | RegExp): Locator {
    return this.page.locator('.statusbar-item').filter({ hasText: text }).first();
  }

  // ---- editors ----

  /** The tab of an open editor. */
  tab(name: string | RegExp): Locator {
    return this.page.locator('.tabs-container .tab').filter({ hasText: name }).first();
  }

  /** Waits until the active text editor shows `expected`, as far as it is drawn. Returns the text. */
  async editorShows(expected: RegExp): Promise<string> {
    return eventually(async () => {
      const text = await this.#editorText();
      assert.match(text, expected);
      return text;
    });
  }

  async #editorText(): Promise<string> {
    const lines = this.page.locator('.editor-group-container.active .monaco-editor .view-lines').first();
    await lines.waitFor({ timeout: STEP_MS });
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
    const editor = this.page
      .locator('.editor-group-container.active .editor-instance .monaco-editor')
      .first();
    await actUntil(
      'putting the cursor into the editor',
      () => editor.locator('.view-lines').click({ timeout: CLICK_MS }),
      async () => /\bfocused\b/.test((await editor.getAttribute('class')) ?? ''),
    );
    await this.page.keyboard.press('Control+End');
    await this.page.keyboard.type(text);
    await this.#activeDirty().waitFor({ timeout: STEP_MS });
    const [last = ''] = text.trimEnd().split('\n').slice(-1);
    await until(`"${last}" is typed`, async () => (await this.#editorText()).includes(last));
  }

  /** Presses save; `wait` until the tab is clean (not for saves that are expected to fail). */
  async save(wait = true): Promise<void> {
    await this.page.keyboard.press('Control+s');
    if (wait) await this.#activeDirty().waitFor({ state: 'detached', timeout: STEP_MS });
  }

  #activeDirty(): Locator {
    return this.page.locator('.tabs-container .tab.active.dirty');
  }

  /** Gives up all unsaved changes and closes all editors. */
  async discardAll(): Promise<void> {
    await this.runCommand('View: Close All Editors');
    const box = this.page.locator('.monaco-dialog-box').filter({ hasText: /save the changes/i });
    const empty = this.page.locator('.editor-group-container.empty');
    await box.or(empty).first().waitFor({ timeout: STEP_MS });
    await actUntil(
      'closing all editors',
      async () => {
        if ((await box.count()) > 0)
          await box.getByRole('button', { name: /Don.t Save/ }).click({ timeout: CLICK_MS });
      },
      () => empty.isVisible(),
    );
  }

  // ---- webviews ----

  /** The inner frame of the webview in which `marker` (a CSS selector) is found; waits for it. */
  async webview(marker: string, timeout = 30_000): Promise<Frame> {
    return eventually(async () => {
      const [frame] = await this.#webviewsWith(marker);
      if (!frame) throw new Error(`No webview holds ${marker}`);
      return frame;
    }, timeout);
  }

  /** Waits until no webview holds `marker`. */
  async noWebview(marker: string): Promise<void> {
    await until(`no webview holds ${marker}`, async () => (await this.#webviewsWith(marker)).length === 0);
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

  // ---- clipboard ----

  /** Waits until the clipboard holds `expected`. Returns what it holds. The page must have leave to read it. */
  async clipboardBecomes(expected: RegExp): Promise<string> {
    return eventually(async () => {
      const text = await this.page.evaluate(() => navigator.clipboard.readText());
      assert.match(text, expected);
      return text;
    });
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
