import path from 'node:path';
import type { App } from '../../../src/app';
import type { Backend } from '../../../src/backends/backend';
import { findRemotes } from '../../../src/rcloneConfig/importRemotes';
import { parseRcloneFile } from '../../../src/rcloneConfig/rcloneFile';
import { RemoteError } from '../../../src/remote/remoteError';
import { readTextFile } from '../../../src/remote/textFile';

/** One remote that a configuration file offers, or why it can't be had. Holds no secret: of those only the fields are named. */
export interface OfferedRemote {
  readonly name: string;
  /** rclone's word for the kind; "AWS profile" for a profile. */
  readonly kind: string;
  readonly usable: boolean;
  /** Why it isn't usable, as a sentence. */
  readonly because?: string;
  readonly backend?: string;
  readonly description?: string;
  /** What would stand in `cloudRemotes.remotes`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The fields that would go to secret storage. */
  readonly secrets?: readonly string[];
  /** Whether a sign-in comes along. */
  readonly signIn?: boolean;
  readonly leftOut?: readonly { readonly name: string; readonly because: string }[];
  /** The settings that would be asked for. */
  readonly asks?: readonly string[];
}

export interface OfferedRemotes {
  readonly tool: 'rclone' | 'aws';
  readonly remotes: readonly OfferedRemote[];
}

/** What the editor's import of this file would offer. Throws RemoteError when it can't be read. */
export async function offeredBy(file: string, app: App, env: NodeJS.ProcessEnv): Promise<OfferedRemotes> {
  const whole = path.resolve(file);
  const text = await readTextFile(whole);
  if (text === undefined) throw new RemoteError('notFound', `There is no file ${file}.`);
  return isOfAws(text)
    ? { tool: 'aws', remotes: await fromProfiles(whole, text, app.backends, env) }
    : { tool: 'rclone', remotes: fromRclone(text, app.backends) };
}

/** Every remote of rclone's has a type; in AWS's files there are sections and settings that rclone doesn't know. */
function isOfAws(text: string): boolean {
  if (/^\s*"?type"?\s*[=:]/im.test(text) || /^\s*\{/.test(text) || /^\s*RCLONE_ENCRYPT/m.test(text))
    return false;
  return /^\s*\[\s*(?:profile|sso-session|services)\s|^\s*\[\s*default\s*\]|^\s*(?:aws_\w+|sso_\w+|role_arn|source_profile|credential_\w+|login_session)\s*=/im.test(
    text,
  );
}

function fromRclone(text: string, backends: readonly Backend[]): readonly OfferedRemote[] {
  return findRemotes(parseRcloneFile(text), backends).map((found) =>
    found.usable
      ? {
          name: found.name,
          kind: found.backend.rclone?.type ?? '',
          usable: true,
          backend: found.backend.id,
          description: found.backend.describe(found.settings),
          settings: found.settings,
          secrets: Object.keys(found.secrets),
          signIn: found.token !== undefined,
          leftOut: found.leftOut,
          asks: found.asks.map(({ field }) => field),
        }
      : { name: found.name, kind: found.type, usable: false, because: found.because },
  );
}

/** The file stands for the one of its own kind; the other one is what lies beside it under its usual name, or nothing. */
async function fromProfiles(
  file: string,
  text: string,
  backends: readonly Backend[],
  env: NodeJS.ProcessEnv,
): Promise<readonly OfferedRemote[]> {
  const isCredentials =
    path.basename(file) === 'credentials' ||
    (path.basename(file) !== 'config' &&
      /^\s*aws_access_key_id\s*=/im.test(text) &&
      !/^\s*\[\s*profile\s/m.test(text));
  const beside = (name: string) => path.join(path.dirname(file), name);
  const files = {
    AWS_CONFIG_FILE: isCredentials ? beside('config') : file,
    AWS_SHARED_CREDENTIALS_FILE: isCredentials ? file : beside('credentials'),
  };
  const suggested = await Promise.all(
    backends.map(async (backend) =>
      ((await backend.suggest?.({ env: { ...env, ...files } })) ?? []).map((remote): OfferedRemote => {
        const { source, label, description, settings, problem, leftOut = [] } = remote;
        const because = problem ?? backend.check({ name: 'new', backend: backend.id, ...settings })[0];
        const told = { name: label, kind: source, backend: backend.id, description };
        return because === undefined
          ? {
              ...told,
              usable: true,
              settings: { name: remote.name, backend: backend.id, ...settings },
              leftOut,
            }
          : { ...told, usable: false, because };
      }),
    ),
  );
  return suggested.flat();
}

/** The same as lines for people. */
export function* offeredAsLines({ remotes }: OfferedRemotes): Generator<string> {
  for (const {
    name,
    kind,
    because,
    description,
    settings,
    secrets = [],
    signIn,
    leftOut = [],
    asks = [],
  } of remotes) {
    if (because !== undefined) {
      yield `refused  ${name}  ${kind}  (${because})`;
      continue;
    }
    yield `offered  ${name}  ${kind}${description === undefined ? '' : `  (${description})`}`;
    yield `         settings ${JSON.stringify(settings)}`;
    if (secrets.length > 0 || signIn)
      yield `         secrets ${[...secrets, ...(signIn ? ['sign-in'] : [])].join(', ')}`;
    for (const one of leftOut) yield `         without ${one.name}  (${one.because})`;
    if (asks.length > 0) yield `         asks ${asks.join(', ')}`;
  }
}
