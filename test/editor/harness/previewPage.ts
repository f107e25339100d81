import type { Frame, Locator } from 'playwright-core';
import type { EditorWindow } from './editorWindow';

type Phase = 'scanning' | 'preview' | 'running' | 'finished' | 'same' | 'error';

/** The preview of a plan, as a person sees it. */
export class PreviewPage {
  constructor(
    readonly frame: Frame,
    readonly window: EditorWindow,
  ) {}

  /** Waits until the preview has come to one of these phases. Throws naming the phase it is in instead. */
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

  async phase(): Promise<string | null> {
    return this.frame.locator('body').getAttribute('data-phase');
  }

  /** Which side is changed, in words. */
  async sentence(): Promise<string> {
    return (await this.frame.locator('h1').textContent()) ?? '';
  }

  /** The row of a file or folder, by its name. */
  row(name: string): Locator {
    return this.frame
      .locator('.row')
      .filter({ has: this.frame.locator('.name', { hasText: new RegExp(`^${escaped(name)}$`) }) })
      .first();
  }

  /** The spoken text of all rows drawn: "a.css, upload, new, 2 B, just now, ticked". */
  async rows(): Promise<string[]> {
    return this.frame.locator('.row[data-kind]').evaluateAll((rows) =>
      rows
        .map((row) => ({
          at: Number(row.getAttribute('aria-rowindex')),
          text: row.getAttribute('aria-label') ?? '',
        }))
        .sort((one, other) => one.at - other.at)
        .map(({ text }) => text),
    );
  }

  /** Presses the box of a row. */
  async tick(name: string): Promise<void> {
    await this.row(name).getByRole('checkbox').first().click();
  }

  button(name: string | RegExp): Locator {
    return this.frame.getByRole('button', { name });
  }

  checkbox(name: string | RegExp): Locator {
    return this.frame.getByRole('checkbox', { name });
  }

  /** The line at the bottom: what is selected, how far it is, how it ended. */
  status(): Locator {
    return this.frame.locator('footer .line');
  }

  /** Applies what is ticked and waits for the end. Returns what is said then. */
  async apply(): Promise<string> {
    await this.button(/^Apply/).click();
    await this.reach('finished');
    return (await this.status().textContent()) ?? '';
  }
}

const PAGE = 'body[data-page="planPreview"]';

/** Closes all editors, and so every preview. */
export async function closePreviews(window: EditorWindow): Promise<void> {
  await window.discardAll();
  await window.noWebview(PAGE);
}

/** Closes the previews that are open, runs a command that ends in one, choosing `picks` on the way, and waits for the scan's end. */
export async function openPreview(
  window: EditorWindow,
  command: string,
  ...picks: (string | RegExp)[]
): Promise<PreviewPage> {
  await closePreviews(window);
  await window.runCommand(command);
  for (const pick of picks) await window.quickPick(pick);
  const page = await currentPreview(window);
  await page.reach(['preview', 'same', 'error']);
  return page;
}

/** The preview that is open. */
export async function currentPreview(window: EditorWindow): Promise<PreviewPage> {
  return new PreviewPage(await window.webview(`${PAGE}[data-ready]`), window);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
