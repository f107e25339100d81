import { parseDuration, splitSize } from '../../base/quantities';

/**
 * A size as rclone reads it, for a plan: bytes where the text says so, else its own text. A bare number means KiB to rclone. `off` = no limit.
 * Undefined for a text that rclone rejects. Pure.
 */
export function sizeOf(text: string): number | string | 'off' | undefined {
  if (text.toLowerCase() === 'off') return 'off';
  const size = splitSize(text);
  return size && (size.unit === 'B' ? Math.trunc(Number(size.count)) : `${size.count}${size.unit ?? 'K'}`);
}

/**
 * An age as rclone reads it, for a plan: a duration (a bare number means seconds), or a day or time, which is counted back from `now`
 * (milliseconds since 1970). Undefined for a text that rclone rejects. Pure.
 */
export function ageOf(text: string, now: number | undefined): string | 'off' | undefined {
  if (text.toLowerCase() === 'off') return 'off';
  if (/^\d+(?:\.\d*)?$/.test(text)) return `${text.replace(/\.$/, '')}s`;
  if (/^\d+(?:\.\d+)?(?:ms|[smhdwMy])$/.test(text)) return text;
  if (/^(?:\d+(?:\.\d+)?(?:ms|[smh]))+$/.test(text)) return text;
  if (now === undefined || !/^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d)?(?:Z|[+-]\d\d:\d\d)?$/.test(text))
    return undefined;
  // Without a zone a day is one of this machine, as for rclone; JavaScript would take a bare date as UTC.
  const then = Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00` : text.replace(' ', 'T'));
  return Number.isNaN(then) || then > now ? undefined : `${Math.round((now - then) / 1000)}s`;
}

/** Milliseconds of a duration such as `1s`, `1h30m`, `500ms`; undefined for a text that rclone rejects. Pure. */
export function durationMs(text: string): number | undefined {
  return /^[+]?0$/.test(text) ? 0 : parseDuration(text);
}
