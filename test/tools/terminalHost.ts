import { readFileSync } from 'node:fs';
import type { RemoteSettings } from '../../src/backends/backend';
import { systemClock } from '../../src/remote/clock';
import type { LogLevel } from '../../src/remote/log';
import { RemoteError } from '../../src/remote/remoteError';
import type { Host } from '../../src/usecases/host';

const levels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];

/** The app's surroundings in a terminal: settings from a file, log to stderr, nobody to ask, no secret storage. */
export function terminalHost(settings: {
  /** A JSON file of the shape of `cloudRemotes.remotes`. */
  readonly remotesFile: string | undefined;
  readonly logLevel: LogLevel;
  readonly storageFolder: string | undefined;
}): Host {
  const remotes = settings.remotesFile === undefined ? [] : readRemotes(settings.remotesFile);
  return {
    log: {
      write(level, tag, text) {
        if (levels.indexOf(level) >= levels.indexOf(settings.logLevel))
          process.stderr.write(`[${level}] ${tag}: ${text}\n`);
      },
    },
    clock: systemClock,
    env: process.env,
    remoteSettings: () => remotes,
    secret: async () => undefined,
    mayRunPrograms: () => true,
    storageFolder: settings.storageFolder,
  };
}

function readRemotes(file: string): RemoteSettings[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new RemoteError('badSettings', `The remotes file "${file}" can't be read.`, { cause });
  }
  let written: unknown;
  try {
    written = JSON.parse(text);
  } catch (cause) {
    throw new RemoteError(
      'badSettings',
      `The remotes file "${file}" is not JSON: ${(cause as Error).message}`,
      { cause },
    );
  }
  const list =
    typeof written === 'object' && written !== null && 'cloudRemotes.remotes' in written
      ? written['cloudRemotes.remotes']
      : written;
  if (!Array.isArray(list))
    throw new RemoteError(
      'badSettings',
      `The remotes file "${file}" must hold a list, as "cloudRemotes.remotes" does.`,
    );
  return list;
}
