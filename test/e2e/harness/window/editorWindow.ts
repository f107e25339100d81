import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { projectRoot } from '../projectRoot';
import { CommandPalette } from './commandPalette';
import { ContextMenu } from './contextMenu';
import { Editors } from './editors';
import { actUntil, clickUncovered, type Effect, eventually, isSeen, STEP_MS } from './eventually';
import { Messages } from './messages';
import { QuickInput } from './quickInput';
import { Tree } from './tree';
import { Webviews } from './webviews';

export interface WindowOptions {
  /** Folder or .code-workspace opened in the window; default: an empty window. */
  readonly folder?: string;
  readonly workspace?: string;
  readonly width?: number;
  readonly height?: number;
}

/**
 * One window of the real editor in a headless browser, with the steps that a person takes. Every act names the effect that it
 * waits for, and is repeated until that is seen; every reading waits for the state that it is about.
 */
export class EditorWindow {
  readonly quick: QuickInput;
  readonly palette: CommandPalette;
  readonly tree: Tree;
  readonly menu: ContextMenu;
  readonly messages: Messages;
  readonly editors: Editors;
  readonly webviews: Webviews;
  /** Warnings and errors of the page's console. */
  readonly console: string[] = [];
  readonly #url: string;

  constructor(
    readonly page: Page,
    readonly context: BrowserContext,
    url: string,
  ) {
    this.#url = url;
    this.quick = new QuickInput(page);
    this.palette = new CommandPalette(page, this.quick);
    this.tree = new Tree(page);
    this.menu = new ContextMenu(page);
    this.messages = new Messages(page, this.palette);
    this.editors = new Editors(page, this.palette);
    this.webviews = new Webviews(page);
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

  /** Shows the extension's own view container. */
  async showRemotes(): Promise<void> {
    const tab = this.page.locator('.activitybar').getByRole('tab', { name: 'Cloud Remotes' });
    const title = this.page.locator('.sidebar').getByText('Cloud Remotes').first();
    await tab.waitFor({ timeout: 60_000 });
    await actUntil(
      'showing the view of remotes',
      async () => {
        // A click on the active tab would hide the side bar.
        if (!(await title.isVisible())) await clickUncovered(tab);
      },
      title,
    );
  }

  /** Shows the Explorer and gives it the focus. */
  async showExplorer(): Promise<void> {
    const focused = () =>
      this.page.evaluate(
        () => document.querySelector('.sidebar .explorer-viewlet')?.contains(document.activeElement) === true,
      );
    // If the Explorer has the focus already, its command returns the focus to the editors.
    if (!(await focused())) await this.palette.run('View: Show Explorer', focused);
  }

  /** Clicks an element, after which `effect` is seen. */
  async click(what: Locator, effect: Effect): Promise<void> {
    await what.waitFor({ timeout: STEP_MS });
    await actUntil(
      `clicking ${what}`,
      async () => {
        if (!(await isSeen(effect))) await clickUncovered(what);
      },
      effect,
    );
  }

  /** Waits until the clipboard holds `expected`. Returns what it holds. Requires the permission to read it. */
  async clipboardBecomes(expected: RegExp): Promise<string> {
    return eventually(async () => {
      const text = await this.clipboard();
      assert.match(text, expected);
      return text;
    });
  }

  /** What the clipboard holds. Requires the permission to read it. */
  async clipboard(): Promise<string> {
    return this.page.evaluate(() => navigator.clipboard.readText());
  }

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
    // Without animations, elements can be clicked at once.
    reducedMotion: 'reduce',
  });
  // Without this key the workbench stores secrets in memory only.
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
