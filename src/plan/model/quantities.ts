import * as quantities from '../../base/quantities';
import { RemoteError } from '../../remote/remoteError';

/**
 * Bytes of an option: a number of bytes, or a text such as `10K`, `1.5M` or `2GiB` (units of 1024); a text without a unit counts bytes, where
 * rclone would count KiB. Whole, rounded. Throws RemoteError `badSettings` naming the option.
 */
export function parseSize(value: number | string, optionName: string): number {
  const text = typeof value === 'number' ? plainText(value) : value;
  const bytes = quantities.parseSize(text, { bareUnit: 'B' });
  if (bytes === undefined || !Number.isSafeInteger(bytes))
    throw bad(optionName, value, 'a number of bytes or a size such as "10K", "1.5M" or "2G"');
  return bytes;
}

/** The number without an exponent; values that are not valid sizes give text that fails to parse. */
function plainText(value: number): string {
  return Number.isSafeInteger(Math.ceil(value)) ? value.toFixed(6) : String(value);
}

/** Milliseconds of an age such as `90s`, `1h30m` or `7d`; a bare number counts seconds. Throws RemoteError `badSettings` naming the option. */
export function parseAge(text: string, optionName: string): number {
  const ms = quantities.parseDuration(text, { bareUnit: 's' });
  if (ms === undefined)
    throw bad(optionName, text, 'an age such as "90s", "30m", "1h30m", "7d", "2w", "6M" or "1y"');
  return ms;
}

function bad(optionName: string, value: unknown, allowed: string): RemoteError {
  return new RemoteError(
    'badSettings',
    `The option "${optionName}" is ${JSON.stringify(value)}, but must be ${allowed}.`,
  );
}
