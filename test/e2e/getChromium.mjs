// Finds a Chromium for the tests, or gets Debian's when this process may install packages. Only Node built-ins.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';

const PLACES = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** The browser that the tests may use: CHROMIUM, else the usual places. Undefined when absent. */
export function findChromium() {
  const path = PLACES.find((place) => place && existsSync(place));
  return path === undefined ? undefined : { path };
}

/**
 * Installs Debian's chromium where that is possible without asking (root, apt-get), and says what it does.
 * Returns its path, or the reason why it is missing, with the way to get one.
 */
export function getChromium() {
  const way =
    'the tests in the real editor need Chromium. On Debian or Ubuntu: "apt-get install chromium"; elsewhere set CHROMIUM to the program of a Chromium or Chrome';
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return { reason: way };
  console.log('There is no Chromium: installing it with apt-get');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    const done = spawnSync('apt-get', ['-q', ...args], { stdio: ['ignore', 'ignore', 'inherit'], env });
    if (done.status !== 0) return { reason: `"apt-get ${args.join(' ')}" failed; ${way}` };
  }
  return findChromium() ?? { reason: `apt-get installed no Chromium; ${way}` };
}
