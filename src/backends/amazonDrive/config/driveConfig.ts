import * as quantities from '../../../base/quantities';
import type { RemotePath } from '../../../remote/remotePath';
import type { RemoteSettings } from '../../backend';
import { checkFields, readFields, type SettingsSchema, textOf } from '../../settingsSchema';
import type { NameFlags } from '../names/nameEncoding';
import { driveFields } from './driveFields';
import { isLoopback, normalRoot, parseEncoding } from './textSettings';

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

export const driveSchema: SettingsSchema = {
  fields: driveFields,
  owner: 'an Amazon Drive remote',
  secrets: {
    client_secret: 'enter it with the command Edit Remote',
    token: 'sign in with the command Edit Remote',
  },
  sizes: {
    parse: parseSize,
    format: String,
    expected: 'a size with its unit, such as "9Gi", "500M" or "off"; a number without quotes counts bytes',
  },
  durations: {
    parse: parseDuration,
    expected: 'a duration such as "3m", "10ms" or "1h30m"; a bare number counts seconds',
  },
};

/** Why these settings can't work; each sentence names the setting and the remedy. Empty when they can. Pure. */
export function checkDriveSettings(settings: RemoteSettings): readonly string[] {
  const problems = checkFields(driveSchema, settings);
  if (problems.length > 0 || textOf(settings['client_id'])) return problems;
  return ['"client_id" is missing. Enter the ID of a client that is registered with the service.'];
}

/** The checked settings of `settings`. Throws RemoteError `badSettings` with every problem found. Pure. */
export function readDriveConfig(settings: RemoteSettings): DriveConfig {
  const { text, size, duration, count } = readFields(driveSchema, settings, checkDriveSettings(settings));
  const endpoint = text('endpoint') ?? '';
  const maxSize = size('max_size');
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
    tempLinkThreshold: size('templink_threshold'),
    uploadWaitPerGiBMs: duration('upload_wait_per_gb'),
    encoding: parseEncoding(text('encoding') ?? ''),
    checkpoint: text('checkpoint'),
    maxSize: Number.isFinite(maxSize) ? maxSize : undefined,
    minSleepMs: duration('pacer_min_sleep'),
    concurrency: count('concurrency'),
  };
}

/** `Capabilities.storageId`: equal for all remotes of one account at one service. Pure. */
export function storageIdOf({ endpoint, account, clientId }: DriveConfig): string {
  const { protocol, hostname, port, pathname } = new URL(endpoint);
  const host = isLoopback(hostname) ? 'localhost' : hostname;
  const at = `${host}:${port || (protocol === 'https:' ? '443' : '80')}${pathname.replace(/\/+$/, '')}`;
  return `amazonDrive:${at} as ${account ?? `the account of ${clientId}`}`;
}

/**
 * Bytes of a size setting: `9Gi`, `50000M`, `10B`, `off` for none (infinity), or a JSON number of bytes. Undefined when it is no size; a
 * text of digits alone is rejected, because rclone would count KiB.
 */
export function parseSize(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^off$/i.test(text)) return Number.POSITIVE_INFINITY;
  return text === '0' ? 0 : quantities.parseSize(text);
}

/** Milliseconds of a duration setting: `3m`, `1h30m`, `10ms`; a bare number, or a JSON number, counts seconds. Undefined for other values. */
export function parseDuration(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value * 1000 : undefined;
  return typeof value === 'string' ? quantities.parseDuration(value, { bareUnit: 's' }) : undefined;
}
