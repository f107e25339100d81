import { homedir } from 'node:os';
import path from 'node:path';
import { readTextFile } from '../../remote/textFile';

/** The shared AWS files as far as we need them: which profiles there are, and what kind each is. */
export interface AwsProfiles {
  readonly profiles: ReadonlyMap<string, AwsProfile>;
  /** What the sections `[services …]` of the config file say; `s3.endpoint_url` is the setting within `s3 =`. */
  readonly services: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** Settings of one profile, names in lower case; nested ones as `s3.addressing_style`. */
export type AwsProfile = ReadonlyMap<string, string>;

type Env = Readonly<Record<string, string | undefined>>;

/** Where the shared files are, as every AWS tool finds them. */
export function awsFiles(env: Env): { readonly config: string; readonly credentials: string } {
  const home = env['HOME'] ?? env['USERPROFILE'] ?? homedir();
  return {
    config: env['AWS_CONFIG_FILE'] ?? path.join(home, '.aws', 'config'),
    credentials: env['AWS_SHARED_CREDENTIALS_FILE'] ?? path.join(home, '.aws', 'credentials'),
  };
}

/** Reads the shared files afresh. A file that isn't there has no profiles; one that can't be read is an error. */
export async function readAwsProfiles(env: Env): Promise<AwsProfiles> {
  const files = awsFiles(env);
  const [config, credentials] = await Promise.all([
    readIfThere(files.config),
    readIfThere(files.credentials),
  ]);
  return parseAwsProfiles(config, credentials);
}

/** The profiles of the two files' texts; what the credentials file says of a profile wins. Pure. */
export function parseAwsProfiles(config: string, credentials: string): AwsProfiles {
  const profiles = new Map<string, Map<string, string>>();
  const add = (name: string, settings: ReadonlyMap<string, string>) => {
    profiles.set(name, new Map([...(profiles.get(name) ?? []), ...settings]));
  };
  const services = new Map<string, ReadonlyMap<string, string>>();
  for (const [section, settings] of parseIni(config)) {
    const service = /^services\s+(.+)$/.exec(section)?.[1];
    if (service !== undefined) services.set(unquoted(service), settings);
    const name = /^profile\s+(.+)$/.exec(section)?.[1] ?? (section === 'default' ? section : undefined);
    if (name !== undefined) add(unquoted(name), settings);
  }
  for (const [section, settings] of parseIni(credentials)) add(unquoted(section), settings);
  return { profiles, services };
}

/**
 * The profile and those it builds on (`source_profile`), nearest first; stops at a loop or at a name that isn't there. Pure.
 */
export function profileChain(profiles: AwsProfiles, name: string): readonly AwsProfile[] {
  const chain: AwsProfile[] = [];
  const seen = new Set<string>();
  for (let next: string | undefined = name; next !== undefined && !seen.has(next); ) {
    seen.add(next);
    const profile = profiles.profiles.get(next);
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

async function readIfThere(file: string): Promise<string> {
  return (await readTextFile(file)) ?? '';
}

function parseIni(text: string): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  let parent = '';
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const header = /^\s*\[([^\]]*)\]/.exec(line);
    if (header) {
      const name = (header[1] ?? '').trim();
      section = sections.get(name) ?? new Map();
      sections.set(name, section);
      parent = '';
      continue;
    }
    // Indented lines are nested settings (`s3 =` and below), which hold no credentials.
    const [, indent, name, value] = /^(\s*)([^\s=][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined) continue;
    const setting = name.toLowerCase();
    if (indent === '') {
      section?.set(setting, stripComment(value ?? ''));
      parent = setting;
    } else if (parent !== '') section?.set(`${parent}.${setting}`, stripComment(value ?? ''));
  }
  return sections;
}

function stripComment(value: string): string {
  return value.replace(/\s[#;].*$/, '');
}

function unquoted(name: string): string {
  return /^"(.*)"$/.exec(name)?.[1] ?? /^'(.*)'$/.exec(name)?.[1] ?? name;
}
