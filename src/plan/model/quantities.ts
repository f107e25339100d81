import * as quantities from '../../base/quantities';
import { invalidOption } from './optionSchema';

/**
 * Bytes of an option: a number of bytes, or a text such as `10K`, `1.5M` or `2GiB` (units of 1024); a text without a unit counts bytes, where
 * rclone would count KiB. Whole, rounded. Throws RemoteError `badSettings` naming the option.
 */
export function parseSize(value: unknown, optionName: string): number {
  const text = typeof value === 'number' ? plainText(value) : value;
  const bytes = typeof text === 'string' ? quantities.parseSize(text, { bareUnit: 'B' }) : undefined;
  if (bytes === undefined || !Number.isSafeInteger(bytes))
    throw invalidOption(optionName, value, 'a number of bytes or a size such as "10K", "1.5M" or "2G"');
  return bytes;
}

/** The number without an exponent; values that are not valid sizes give text that fails to parse. */
function plainText(value: number): string {
  return Number.isSafeInteger(Math.ceil(value)) ? value.toFixed(6) : String(value);
}

/** Milliseconds of an age such as `90s`, `1h30m` or `7d`; a bare number counts seconds. Throws RemoteError `badSettings` naming the option. */
export function parseAge(value: unknown, optionName: string): number {
  const ms = typeof value === 'string' ? quantities.parseDuration(value, { bareUnit: 's' }) : undefined;
  if (ms === undefined)
    throw invalidOption(optionName, value, 'an age such as "90s", "30m", "1h30m", "7d", "2w", "6M" or "1y"');
  return ms;
}

/** `1 byte`, `2 bytes`. */
export function bytesText(bytes: number): string {
  return bytes === 1 ? '1 byte' : `${bytes} bytes`;
}
