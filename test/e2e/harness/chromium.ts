import type { Browser, BrowserType } from 'playwright-core';
import { findChromium } from '../getChromium.mjs';
import { requireEditorPackage } from './projectRoot';

/** A host name under which the browser finds what runs on this machine. */
export const signInHost = 'idp.test';

/** The browser that the tests may use: `CHROMIUM`, else the usual places. Undefined when absent. */
export function chromiumPath(): string | undefined {
  return findChromium()?.path;
}

/** Starts a headless browser. Throws with the way to get one when it is missing. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) {
    throw new Error(
      'There is no Chromium. On Debian: apt-get install chromium. Elsewhere: set CHROMIUM to the program of a Chromium or Chrome.',
    );
  }
  const { chromium } = requireEditorPackage<{ chromium: BrowserType }>('playwright-core');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // The embedded sign-in pages of the tests.
      `--host-resolver-rules=MAP ${signInHost} 127.0.0.1`,
    ],
  });
}
