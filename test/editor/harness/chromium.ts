import { existsSync } from 'node:fs';
import type { Browser, BrowserType } from 'playwright-core';
import { requireEditorPackage } from './projectRoot';

const PLACES = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** The browser that the tests may use: `CHROMIUM`, else the usual places. Undefined when there is none. */
export function chromiumPath(): string | undefined {
  return PLACES.find((place) => place !== undefined && existsSync(place));
}

/** Starts a headless browser. Throws with the way to get one when there is none. */
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
    ],
  });
}
