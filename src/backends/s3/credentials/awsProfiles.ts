import { homedir } from 'node:os';
import path from 'node:path';
import { decodeFile, readBytes } from '../../../remote/textFile';

/** The shared AWS files as far as we need them: which profiles there are, and what kind each is. */
export interface AwsProfiles {
  readonly profiles: ReadonlyMap<string, AwsProfile>;
  /** What the sections `[services …]` of the config file say; `s3.endpoint_url` is the setting within `s3 =`. */
  readonly services: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /**
   * Profiles that the AWS SDK doesn't find, and the file in UTF-16 that they are in; undefined where it is for how their section
   * is written, which `aws` takes: `[profile  p]`, `[profile "p q"]`.
   */
  readonly notForSdk: ReadonlyMap<string, string | undefined>;
}

/** Settings of one profile, spelled as in the file; nested ones as `s3.addressing_style`. */
export type AwsProfile = ReadonlyMap<string, string>;

type Env = Readonly<Record<string, string | undefined>>;

/** Where the shared files are, as every AWS tool finds them: a variable that is empty names none, and `~/` is the home folder. */
export function awsFiles(env: Env): { readonly config: string; readonly credentials: string } {
  const home = env['HOME'] || env['USERPROFILE'] || homedir();
  const at = (file: string) => (file.startsWith('~/') ? path.join(home, file.slice(2)) : file);
  return {
    config: at(env['AWS_CONFIG_FILE'] || path.join(home, '.aws', 'config')),
    credentials: at(env['AWS_SHARED_CREDENTIALS_FILE'] || path.join(home, '.aws', 'credentials')),
  };
}

/** Reads the shared files afresh. A file that isn't there has no profiles. Throws RemoteError for one that can't be read. */
export async function readAwsProfiles(env: Env): Promise<AwsProfiles> {
  const files = awsFiles(env);
  const [config, credentials] = await Promise.all([
    readIfThere(files.config),
    readIfThere(files.credentials),
  ]);
  const found = parseAwsProfiles(config.text, credentials.text);
  if (config.forSdk && credentials.forSdk) return found;
  const forSdk = (file: typeof config) => (file.forSdk ? file.text : '');
  const readable = parseAwsProfiles(forSdk(config), forSdk(credentials)).profiles;
  const missing = [...found.profiles.keys()].filter((name) => !readable.has(name));
  const inFile = config.forSdk ? files.credentials : files.config;
  return {
    ...found,
    notForSdk: new Map([...missing.map((name) => [name, inFile] as const), ...found.notForSdk]),
  };
}

/**
 * The profiles of the two files' texts: those that the AWS SDK finds, read as it reads them, and those that only `aws` finds.
 * What the credentials file says of a profile wins. To tell of profiles only: what is done with one is decided by what the
 * SDK's own reading says (s3Credentials.ts). Throws an Error for a section that makes the SDK drop the whole file. Pure.
 */
export function parseAwsProfiles(config: string, credentials: string): AwsProfiles {
  const profiles = new Map<string, AwsProfile>();
  const services = new Map<string, ReadonlyMap<string, string>>();
  const notForSdk = new Map<string, undefined>();
  const own = (name: string) => (notForSdk.has(name) ? undefined : profiles.get(name));
  const take = (name: string, settings: AwsProfile) => {
    notForSdk.delete(name);
    profiles.set(name, settings);
  };
  const onlyAws = (name: string, settings: AwsProfile) => {
    if (profiles.has(name)) return;
    profiles.set(name, settings);
    notForSdk.set(name, undefined);
  };
  for (const { key, written, settings } of parseIni(config)) {
    const [, kind, name = ''] = /^(profile|services|sso-session)\.(.*)$/s.exec(key ?? '') ?? [];
    if (kind === 'services') services.set(name, settings);
    else if (kind === 'profile') {
      if (settings.size > 0 || !own(name)) take(name, settings);
    } else if (key === 'default') {
      // Where there is a [profile default] as well, that one counts.
      if (!own(key)?.size) take(key, settings);
    } else if (kind === undefined) {
      const label = /^profile\s+(.+)$/.exec(written.trim())?.[1] ?? /^default$/.exec(written.trim())?.[0];
      if (label !== undefined) onlyAws(unquoted(label), settings);
    }
  }
  for (const { key, written, settings } of parseIni(credentials)) {
    if (key === undefined) onlyAws(unquoted(written.trim()), settings);
    else take(key, new Map([...(own(key) ?? []), ...settings]));
  }
  return { profiles, services, notForSdk };
}

/**
 * The profile and those it builds on (`source_profile`), nearest first; stops at a loop or at a name that isn't there. Pure.
 */
export function profileChain(
  { profiles }: Pick<AwsProfiles, 'profiles'>,
  name: string,
): readonly AwsProfile[] {
  const chain: AwsProfile[] = [];
  const seen = new Set<string>();
  for (let next: string | undefined = name; next !== undefined && !seen.has(next); ) {
    seen.add(next);
    const profile = profiles.get(next);
    if (!profile) break;
    chain.push(profile);
    next = profile.get('source_profile');
  }
  return chain;
}

/** How a profile gets its credentials, for the wizard's list. Pure. */
export function describeProfile(profile: AwsProfile): string {
  if (profile.has('role_arn'))
    return profile.has('mfa_serial') ? 'assumes a role, asks an MFA code' : 'assumes a role';
  if (profile.has('aws_access_key_id')) return 'access key';
  if (profile.has('sso_session') || profile.has('sso_start_url')) return 'single sign-on';
  if (profile.has('credential_process')) return 'runs a program';
  if (profile.has('login_session')) return 'console sign-in';
  return 'no credentials of its own';
}

/** The text of a file, and whether the SDK can read it; it takes every file for UTF-8. */
async function readIfThere(file: string): Promise<{ readonly text: string; readonly forSdk: boolean }> {
  const bytes = await readBytes(file);
  const { text, encoding } = decodeFile(bytes ?? new Uint8Array(), file);
  return { text, forSdk: !encoding.startsWith('utf16') };
}

interface IniSection {
  /** What the SDK knows the section by: `profile.p` for `[profile p]`; undefined for a section that it skips. */
  readonly key: string | undefined;
  /** What stands between the brackets. */
  readonly written: string;
  readonly settings: Map<string, string>;
}

/**
 * The sections of a text, each once, in the order of their first lines. A line is what the SDK (@smithy/core, parseIni) takes
 * it for, odd as that may be: indentation makes a setting nested only below one without a value, and a header with text
 * after it does not count as one, so what follows belongs to the section before. Held to the SDK's own by a test of random texts.
 */
function parseIni(text: string): readonly IniSection[] {
  const sections = new Map<string, IniSection>();
  let section: IniSection | undefined;
  let parent = '';
  for (const line of text.split(/\r?\n/)) {
    const said = line.replace(/(^|\s)[;#].*$/s, '').trim();
    if (said.startsWith('[') && said.endsWith(']')) {
      const written = said.slice(1, -1);
      section = sectionNamed(written, sections);
      parent = '';
      continue;
    }
    const equals = said.indexOf('=');
    if (section === undefined || equals <= 0) continue;
    const name = said.slice(0, equals).trim();
    const value = said.slice(equals + 1).trim();
    if (value === '') {
      parent = name;
      continue;
    }
    if (!/^\s/.test(line)) parent = '';
    section.settings.set(parent === '' ? name : `${parent}.${name}`, value);
  }
  return [...sections.values()];
}

function sectionNamed(written: string, sections: Map<string, IniSection>): IniSection | undefined {
  if (written === '__proto__' || written === 'profile __proto__')
    throw new Error(`A file with the section "[${written}]" can't be used. Remove the section.`);
  if (written === '') return undefined;
  const [, kind, , name] = /^([\w-]+)\s(["'])?([\w@+.%:/-]+)\2$/.exec(written) ?? [];
  let key: string | undefined = written;
  if (kind !== undefined) key = /^(profile|services|sso-session)$/.test(kind) ? `${kind}.${name}` : undefined;
  const id = key ?? `\n${written}`;
  const known = sections.get(id) ?? { key, written, settings: new Map<string, string>() };
  sections.set(id, known);
  return known;
}

function unquoted(name: string): string {
  return /^"(.*)"$/.exec(name)?.[1] ?? /^'(.*)'$/.exec(name)?.[1] ?? name;
}
