import { homedir } from 'node:os';
import path from 'node:path';
import { decodeFile, readBytes } from '../../../remote/textFile';

/** The shared AWS files: their profiles and services. */
export interface AwsProfiles {
  readonly profiles: ReadonlyMap<string, AwsProfile>;
  /** The sections `[services …]` of the config file; `s3.endpoint_url` is the setting within `s3 =`. */
  readonly services: ReadonlyMap<string, AwsProfile>;
  /**
   * Profiles that only `aws` finds, with their file if it is in UTF-16; undefined if the SDK ignores the spelling of the section, such as
   * `[profile  p]` and `[profile "p q"]`.
   */
  readonly notForSdk: ReadonlyMap<string, string | undefined>;
}

/** The settings of one section, spelled as in the file; nested settings as `s3.addressing_style`. */
export type AwsProfile = ReadonlyMap<string, string>;

type Env = Readonly<Record<string, string | undefined>>;

/** The paths of the shared files, as every AWS tool finds them: an empty variable counts as absent, and `~/` is the home folder. */
export function awsFiles(env: Env): { readonly config: string; readonly credentials: string } {
  const home = env['HOME'] || env['USERPROFILE'] || homedir();
  const at = (file: string) => (file.startsWith('~/') ? path.join(home, file.slice(2)) : file);
  return {
    config: at(env['AWS_CONFIG_FILE'] || path.join(home, '.aws', 'config')),
    credentials: at(env['AWS_SHARED_CREDENTIALS_FILE'] || path.join(home, '.aws', 'credentials')),
  };
}

/** Reads the shared files. A missing file has no profiles. Throws RemoteError for a file that can't be read. */
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
 * The profiles of both files as the AWS SDK reads them, and profiles that only `aws` finds. The credentials file takes precedence. For lists and
 * messages only: sign-in uses the SDK's own reading. Throws an Error for a section that makes the SDK drop the whole file. Pure.
 */
export function parseAwsProfiles(config: string, credentials: string): AwsProfiles {
  const profiles = new Map<string, AwsProfile>();
  const services = new Map<string, AwsProfile>();
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
      // [profile default] takes precedence.
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

/** The profile and its chain of `source_profile`s, nearest first. Stops at a loop or a missing profile. Pure. */
export function profileChain(profiles: AwsProfiles['profiles'], name: string): readonly AwsProfile[] {
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

/** The source of a profile's credentials, for the wizard's list. Pure. */
export function describeProfile(profile: AwsProfile): string {
  if (profile.has('role_arn'))
    return profile.has('mfa_serial') ? 'assumes a role, asks an MFA code' : 'assumes a role';
  if (profile.has('aws_access_key_id')) return 'access key';
  if (profile.has('sso_session') || profile.has('sso_start_url')) return 'single sign-on';
  if (profile.has('credential_process')) return 'runs a program';
  if (profile.has('login_session')) return 'console sign-in';
  return 'no credentials of its own';
}

/** The text of a file, and whether the SDK can read it: the SDK reads every file as UTF-8. */
async function readIfThere(file: string): Promise<{ readonly text: string; readonly forSdk: boolean }> {
  const bytes = await readBytes(file);
  const { text, encoding } = decodeFile(bytes ?? new Uint8Array(), file);
  return { text, forSdk: !encoding.startsWith('utf16') };
}

interface IniSection {
  /** The SDK's name of the section: `profile.p` for `[profile p]`; undefined for a section that the SDK skips. */
  readonly key: string | undefined;
  /** The text between the brackets. */
  readonly written: string;
  readonly settings: Map<string, string>;
}

/**
 * The sections of a text in the order of their first lines, read exactly as the SDK does (@smithy/core, parseIni; a test compares both with
 * random texts). An indented setting is nested only below a setting without a value. A header followed by text is no header.
 */
function parseIni(ini: string): readonly IniSection[] {
  const sections = new Map<string, IniSection>();
  let section: IniSection | undefined;
  let parent = '';
  for (const line of ini.split(/\r?\n/)) {
    const text = line.replace(/(^|\s)[;#].*$/s, '').trim();
    if (text.startsWith('[') && text.endsWith(']')) {
      const written = text.slice(1, -1);
      section = sectionNamed(written, sections);
      parent = '';
      continue;
    }
    const equals = text.indexOf('=');
    if (section === undefined || equals <= 0) continue;
    const name = text.slice(0, equals).trim();
    const value = text.slice(equals + 1).trim();
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
