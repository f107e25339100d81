import path from 'node:path';
import type { App } from '../../../src/app';
import type { Backend } from '../../../src/backends/backend';
import { findRemotes } from '../../../src/rcloneConfig/importRemotes';
import { parseRcloneFile } from '../../../src/rcloneConfig/rcloneFile';
import { RemoteError } from '../../../src/remote/remoteError';
import { readTextFile } from '../../../src/remote/textFile';

/** One remote that a configuration file offers, or the reason why it can't be used. Of secrets it has only the names of fields. */
export interface OfferedRemote {
  readonly name: string;
  /** rclone's type; "AWS profile" for a profile. */
  readonly kind: string;
  readonly usable: boolean;
  /** The reason, as a sentence. */
  readonly because?: string;
  readonly backend?: string;
  readonly description?: string;
  /** The entry of `cloudRemotes.remotes`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Fields of secret storage. */
  readonly secrets?: readonly string[];
  /** Whether the file has a sign-in. */
  readonly signIn?: boolean;
  readonly leftOut?: readonly { readonly name: string; readonly because: string }[];
  /** Settings that the import asks for. */
  readonly asks?: readonly string[];
}

export interface OfferedRemotes {
  readonly tool: 'rclone' | 'aws';
  readonly remotes: readonly OfferedRemote[];
}

/** The remotes that the editor's import of this file would offer. Throws a RemoteError for an unreadable file. */
export async function offeredBy(file: string, app: App, env: NodeJS.ProcessEnv): Promise<OfferedRemotes> {
  const whole = path.resolve(file);
  const text = await readTextFile(whole);
  if (text === undefined) throw new RemoteError('notFound', `There is no file ${file}.`);
  return isOfAws(text)
    ? { tool: 'aws', remotes: await fromProfiles(whole, text, app.backends, env) }
    : { tool: 'rclone', remotes: fromRclone(text, app.backends) };
}

/** Every remote of rclone has a type; AWS's files have sections and settings that rclone doesn't know. */
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

/** Reads the file as config or credentials, and the other file under its usual name beside it. */
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
        const shown = { name: label, kind: source, backend: backend.id, description };
        if (because !== undefined) return { ...shown, usable: false, because };
        const entry = { name: remote.name, backend: backend.id, ...settings };
        return { ...shown, usable: true, settings: entry, leftOut };
      }),
    ),
  );
  return suggested.flat();
}

/** The offered remotes as lines for people. */
export function* offeredAsLines({ remotes }: OfferedRemotes): Generator<string> {
  for (const { name, kind, because, description, settings, secrets = [], ...more } of remotes) {
    const { signIn, leftOut = [], asks = [] } = more;
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
