import { readFileSync } from 'node:fs';
import type { RemoteSettings } from '../../../src/backends/backend';
import { systemClock } from '../../../src/base/clock';
import { isRecord } from '../../../src/base/encoding';
import type { Log, LogLevel } from '../../../src/base/log';
import { printable } from '../../../src/base/printable';
import { isRemoteError, RemoteError } from '../../../src/remote/remoteError';
import { textOf } from '../../../src/remote/textFile';
import { AccountTokenSource } from '../../../src/signIn/accountTokenSource';
import type { SessionRecord } from '../../../src/signIn/sessionStore';
import { parseTokenBlob, type TokenBlob } from '../../../src/signIn/tokenBlob';
import type { Host } from '../../../src/usecases/host';
import { sharedLockFolder } from '../../../src/usecases/placeLocks';

export const logLevels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];

/** The app's host in a terminal: settings from a file, secrets and tokens from the environment, log to stderr, no questions. */
export function terminalHost(settings: {
  /** A JSON file of the shape of `cloudRemotes.remotes`. */
  readonly remotesFile: string | undefined;
  readonly logLevel: LogLevel;
  readonly storageFolder: string | undefined;
  readonly forceToDisk?: boolean;
  readonly transferThreads?: number;
}): Host {
  const remotes = settings.remotesFile === undefined ? [] : readRemotes(settings.remotesFile);
  const keeps = (level: LogLevel) => logLevels.indexOf(level) >= logLevels.indexOf(settings.logLevel);
  const log: Log = {
    keeps,
    write(level, tag, text) {
      if (keeps(level)) process.stderr.write(`${printable(`[${level}] ${tag}: ${text}`)}\n`);
    },
  };
  return {
    log,
    clock: systemClock,
    env: process.env,
    remoteSettings: () => remotes,
    secret: async (remote, field) => process.env[variable(remote, field)],
    tokens(requirement, settings, clientSecret) {
      const name = variable(settings.name, 'token');
      const service = requirement.service(settings);
      let kept: SessionRecord | undefined;
      const find = async (): Promise<SessionRecord | undefined> => {
        const token = parseTokenBlob(process.env[name] ?? '');
        if (!token)
          throw new RemoteError(
            'unauthenticated',
            `The environment variable ${name} holds no token for "${settings.name}". Put there what "rclone authorize" prints.`,
          );
        const account = { id: settings.name, label: settings.name };
        kept ??= { id: settings.name, account, service, scopes: service.scopes, token };
        return kept;
      };
      const renew = async (_id: string, token: TokenBlob) => {
        if (kept) kept = { ...kept, token };
      };
      return new AccountTokenSource({
        records: { all: async () => [], find, renew },
        service,
        accountId: undefined,
        clientSecret,
        clock: systemClock,
        log,
      });
    },
    ownThread: true,
    forceToDisk: () => settings.forceToDisk ?? false,
    transferThreads: () => settings.transferThreads ?? 1,
    mayRunPrograms: () => true,
    storageFolder: settings.storageFolder,
    lockFolder: sharedLockFolder(),
  };
}

/** The environment variable in which rclone, too, reads an option of a remote. */
function variable(remote: string, option: string): string {
  return `RCLONE_CONFIG_${remote}_${option}`.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_');
}

function readRemotes(file: string): RemoteSettings[] {
  let written: unknown;
  try {
    written = JSON.parse(textOf(readFileSync(file), file));
  } catch (cause) {
    if (isRemoteError(cause)) throw cause;
    const why = cause instanceof SyntaxError ? `is not JSON: ${cause.message}` : "can't be read.";
    throw new RemoteError('badSettings', `The remotes file "${file}" ${why}`, { cause });
  }
  const list = isRecord(written) ? written['cloudRemotes.remotes'] : written;
  if (!Array.isArray(list))
    throw new RemoteError(
      'badSettings',
      `The remotes file "${file}" must hold a list, as "cloudRemotes.remotes" does.`,
    );
  return list;
}
