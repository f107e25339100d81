import { RemoteError } from '../../remote/remoteError';

const powers = 'bkmgtp';

/**
 * A size in bytes: a number of them, or rclone's text with a suffix `b`, `k`, `m`, `g`, `t` or `p` in units of 1024, upper or lower
 * case, also as `Ki`, `KiB` or `KB`. A text without a suffix is a number of bytes too (rclone's would be KiB). Whole, rounded. Throws
 * RemoteError `badSettings` naming the option.
 */
export function parseSize(value: number | string, optionName: string): number {
  const match = /^(\d+(?:\.\d*)?|\.\d+)(?:([bkmgtp])(?:i?b|i)?)?$/i.exec(
    typeof value === 'number' ? plainText(value) : value.trim(),
  );
  const bytes = match
    ? Math.round(Number(match[1]) * 1024 ** Math.max(0, powers.indexOf((match[2] ?? 'b').toLowerCase())))
    : Number.NaN;
  if (!Number.isSafeInteger(bytes))
    throw bad(optionName, value, 'a number of bytes or a size such as "10K", "1.5M" or "2G"');
  return bytes;
}

/** Without an exponent, as far as that can be; a text that is no size for what is none. */
function plainText(value: number): string {
  return Number.isSafeInteger(Math.ceil(value)) ? value.toFixed(6) : String(value);
}

const msPerSecond = 1000;
const msPerDay = 86_400 * msPerSecond;
const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: msPerSecond,
  m: 60 * msPerSecond,
  h: 3600 * msPerSecond,
  d: msPerDay,
  w: 7 * msPerDay,
  M: 30 * msPerDay,
  y: 365 * msPerDay,
};

/**
 * A length of time in milliseconds, of rclone's text: `90s`, `1.5h`, `7d`, `2w`, `6M` (of 30 days), `1y` (of 365), sums such as `1h30m`;
 * a bare number is seconds. Upper and lower case differ: `m` are minutes, `M` are months. Throws RemoteError `badSettings` naming the
 * option.
 */
export function parseAge(text: string, optionName: string): number {
  const trimmed = text.trim();
  const parts = [...trimmed.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ms|[smhdwMy])/g)];
  const read = parts.map(([part]) => part).join('');
  if (/^(?:\d+(?:\.\d*)?|\.\d+)$/.test(trimmed)) return Number(trimmed) * msPerSecond;
  if (trimmed === '' || read !== trimmed)
    throw bad(optionName, text, 'an age such as "90s", "30m", "1h30m", "7d", "2w", "6M" or "1y"');
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (unitMs[unit ?? ''] ?? 0), 0);
}

function bad(optionName: string, value: unknown, allowed: string): RemoteError {
  return new RemoteError(
    'badSettings',
    `The option "${optionName}" is ${JSON.stringify(value)}, but must be ${allowed}.`,
  );
}
