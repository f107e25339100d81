import { RemoteError } from '../../../remote/remoteError';
import { pathProblem, type RemotePath } from '../../../remote/remotePath';
import type { RemoteSettings } from '../../backend';
import type { NameFlags } from '../names/nameEncoding';
import { type DriveField, driveFields } from './driveFields';
import { parseDuration, parseSize } from './driveQuantities';

/** The settings of an Amazon Drive remote, checked, with defaults filled in. Sizes are bytes, times milliseconds. Never holds a secret. */
export interface DriveConfig {
  readonly name: string;
  readonly clientId: string;
  readonly authUrl: string;
  readonly tokenUrl: string;
  /** Ends with a slash. */
  readonly endpoint: string;
  readonly scopes: readonly string[];
  readonly redirectUrl: string;
  readonly account: string | undefined;
  readonly root: RemotePath;
  /** Infinity = never. */
  readonly tempLinkThreshold: number;
  readonly uploadWaitPerGiBMs: number;
  readonly encoding: NameFlags;
  readonly checkpoint: string | undefined;
  /** Undefined = no limit. */
  readonly maxSize: number | undefined;
  readonly minSleepMs: number;
  readonly concurrency: number;
}

export const driveSecretFields = ['client_secret'] as const;

/** Settings that any remote may have, whatever its backend. */
const commonSettings = new Set(['name', 'backend']);

/** Why these settings can't work; each sentence names the setting and the way out. Empty when they can. Pure. */
export function checkDriveSettings(settings: RemoteSettings): readonly string[] {
  const problems: string[] = [];
  for (const [name, value] of Object.entries(settings)) {
    if (commonSettings.has(name) || value === undefined) continue;
    const field = driveFields.find((known) => known.name === name);
    const problem = field ? fieldProblem(field, value) : unknownSetting(name);
    if (problem) problems.push(problem);
  }
  if (problems.length === 0 && !textOf(settings['client_id']))
    problems.push('"client_id" is missing. Enter the id of a client that the service knows.');
  return problems;
}

function unknownSetting(name: string): string {
  if ((driveSecretFields as readonly string[]).includes(name))
    return `"${name}" is a secret and must not stand in settings. Remove it and enter it with the command Edit Remote.`;
  if (name === 'token')
    return '"token" is a secret and must not stand in settings. Remove it and sign in with the command Edit Remote.';
  const bare = (text: string) => text.toLowerCase().replace(/[_-]/g, '');
  const close = driveFields.find((field) => bare(field.name) === bare(name));
  return close
    ? `"${name}" is not a setting of an Amazon Drive remote. Did you mean "${close.name}"?`
    : `"${name}" is not a setting of an Amazon Drive remote. Remove it, or see the list of settings.`;
}

function fieldProblem(field: DriveField, value: unknown): string | undefined {
  const at = `"${field.name}"`;
  switch (field.kind) {
    case 'count':
      if (typeof value !== 'number' || !Number.isInteger(value)) return `${at} must be a whole number.`;
      if (field.min !== undefined && value < field.min) return `${at} must be at least ${field.min}.`;
      if (field.max !== undefined && value > field.max) return `${at} must be at most ${field.max}.`;
      return undefined;
    case 'size':
      return parseSize(value) === undefined
        ? `${at} must be a size with its unit, such as "9Gi", "500M" or "off"; a number without quotes counts bytes.`
        : undefined;
    case 'duration':
      return parseDuration(value) === undefined
        ? `${at} must be a duration such as "3m", "10ms" or "1h30m"; a bare number counts seconds.`
        : undefined;
    case 'url':
      return typeof value === 'string' ? addressProblem(field.name, value) : `${at} must be a text.`;
    case 'text':
      return typeof value === 'string' ? textProblem(field.name, value) : `${at} must be a text.`;
  }
}

function textProblem(name: string, value: string): string | undefined {
  switch (name) {
    case 'root':
      return rootProblem(value);
    case 'encoding':
      return encodingProblem(value);
    case 'scopes':
      return value.trim() === '' ||
        /^[\x21\x23-\x5b\x5d-\x7e]+( +[\x21\x23-\x5b\x5d-\x7e]+)*$/.test(value.trim())
        ? undefined
        : '"scopes" must be names separated by spaces, such as "clouddrive:read_all clouddrive:write".';
    case 'client_id':
      return /\s/.test(value.trim()) ? '"client_id" must not have spaces in it. Copy it anew.' : undefined;
    default:
      return undefined;
  }
}

/** Why `value` can't be the address in the setting `name`, as a sentence, or undefined when it can. Pure. */
export function addressProblem(name: string, value: string): string | undefined {
  const text = value.trim();
  if (text === '') return undefined;
  const url = !/\s/.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    return `"${name}" must be a web address that begins with https:// or http://, for example ${example(name)}.`;
  if (url.username !== '' || url.password !== '')
    return `"${name}" must not hold a user name or password. Take them out; you sign in on the service's page.`;
  if (url.hash !== '' || (url.search !== '' && name !== 'auth_url'))
    return `"${name}" must not have a "?" or "#" part. Take it off.`;
  if (name === 'redirect_url' && !(url.protocol === 'http:' && isLoopback(url.hostname)))
    return '"redirect_url" must be an http:// address of this computer, such as http://127.0.0.1:53682/, as registered for the client.';
  return undefined;
}

function example(name: string): string {
  return String(driveFields.find((field) => field.name === name)?.default);
}

export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** Why `value` can't be a root, as a sentence, or undefined when it can. Pure. */
export function rootProblem(value: string): string | undefined {
  const problem = pathProblem(normalRoot(value));
  return problem ? `"root" ${problem}. Write it as folder or folder/subfolder.` : undefined;
}

function normalRoot(value: string): string {
  return value.trim().replace(/\/$/, '');
}

const flagNames: Readonly<Record<string, keyof NameFlags>> = {
  slash: 'slash',
  invalidutf8: 'invalidUtf8',
  dot: 'dot',
  ctl: 'ctl',
  del: 'del',
};

function encodingProblem(value: string): string | undefined {
  const names = value.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !(name.toLowerCase() in flagNames));
  if (unknown !== undefined)
    return `"encoding" knows Slash, InvalidUtf8, Dot, Ctl and Del only, not "${unknown}". Write Slash,InvalidUtf8,Dot.`;
  const flags = parseEncoding(value);
  return flags.slash && flags.invalidUtf8 && flags.dot
    ? undefined
    : '"encoding" must have Slash, InvalidUtf8 and Dot among its parts: the service can\'t hold such names. Write Slash,InvalidUtf8,Dot.';
}

function parseEncoding(value: string): NameFlags {
  const names = new Set(value.split(',').map((name) => flagNames[name.trim().toLowerCase()]));
  return {
    slash: names.has('slash'),
    invalidUtf8: names.has('invalidUtf8'),
    dot: names.has('dot'),
    ctl: names.has('ctl'),
    del: names.has('del'),
  };
}

/** The checked settings of `settings`. Throws RemoteError `badSettings` with every problem found. Pure. */
export function readDriveConfig(settings: RemoteSettings): DriveConfig {
  const problems = checkDriveSettings(settings);
  if (problems.length > 0)
    throw new RemoteError(
      'badSettings',
      `The remote "${settings.name}" can't be opened. ${problems.join(' ')}`,
    );
  const value = (name: string) => {
    const set = settings[name];
    const isUnset = set === undefined || (typeof set === 'string' && set.trim() === '');
    return isUnset ? driveFields.find((field) => field.name === name)?.default : set;
  };
  const text = (name: string) => textOf(value(name));
  const endpoint = text('endpoint') ?? '';
  const maxSize = parseSize(value('max_size'));
  return {
    name: settings.name,
    clientId: text('client_id') ?? '',
    authUrl: text('auth_url') ?? '',
    tokenUrl: text('token_url') ?? '',
    endpoint: endpoint.endsWith('/') ? endpoint : `${endpoint}/`,
    scopes: (text('scopes') ?? '').split(/ +/),
    redirectUrl: text('redirect_url') ?? '',
    account: text('account'),
    root: normalRoot(text('root') ?? '') as RemotePath,
    tempLinkThreshold: parseSize(value('templink_threshold')) ?? Number.POSITIVE_INFINITY,
    uploadWaitPerGiBMs: parseDuration(value('upload_wait_per_gb')) ?? 0,
    encoding: parseEncoding(text('encoding') ?? ''),
    checkpoint: text('checkpoint'),
    maxSize: maxSize !== undefined && Number.isFinite(maxSize) ? maxSize : undefined,
    minSleepMs: parseDuration(value('pacer_min_sleep')) ?? 0,
    concurrency: Number(value('concurrency')),
  };
}

/** What remotes of one account at one service have in common (`Capabilities.location`). Pure. */
export function storageIdOf({ endpoint, account, clientId }: DriveConfig): string {
  const { protocol, hostname, port, pathname } = new URL(endpoint);
  const host = isLoopback(hostname) ? 'localhost' : hostname;
  const at = `${host}:${port || (protocol === 'https:' ? '443' : '80')}${pathname.replace(/\/+$/, '')}`;
  return `amazonDrive:${at} as ${account ?? `the account of ${clientId}`}`;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}
