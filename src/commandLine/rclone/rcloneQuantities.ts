/** Milliseconds of each unit of rclone's durations; months and years are rclone's averages. */
const day = 24 * 3600e3;
const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60e3,
  h: 3600e3,
  d: day,
  w: 7 * day,
  M: 30 * day,
  y: 365 * day,
};

/**
 * A size as rclone reads it, for a plan: bytes where it says so, else its own text. A bare number means KiB to rclone. `off` = no limit.
 * Undefined when rclone would not take it. Pure.
 */
export function sizeOf(text: string): number | string | 'off' | undefined {
  if (text.toLowerCase() === 'off') return 'off';
  const found = /^(\d+(?:\.\d*)?|\.\d+)\s*(?:([kmgtpe])(?:i?b?)?|(b))?$/i.exec(text);
  if (!found) return undefined;
  const [, number = '', prefix, bytes] = found;
  if (bytes !== undefined) return Math.trunc(Number(number));
  return `${number}${(prefix ?? 'K').toUpperCase()}`;
}

/**
 * An age as rclone reads it, for a plan: a duration (a bare number means seconds), or a day or time, which is counted back from `now`
 * (milliseconds since 1970). Undefined when rclone would not take it. Pure.
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

/** Milliseconds of a duration such as `1s`, `1h30m`, `500ms`; undefined when it is none. Pure. */
export function durationMs(text: string): number | undefined {
  if (/^[+]?0$/.test(text)) return 0;
  if (!/^(?:\d+(?:\.\d*)?(?:ns|us|µs|μs|ms|[smhdwMy]))+$/.test(text)) return undefined;
  let sum = 0;
  // Divided where the unit is below a millisecond: multiplying by 1e-6 would leave a rounding error.
  for (const [, number = '', unit = ''] of text.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|μs|ms|[smhdwMy])/g))
    sum +=
      (units[unit] ?? 0) < 1
        ? Number(number) / (unit === 'ns' ? 1e6 : 1e3)
        : Number(number) * (units[unit] ?? 0);
  return sum;
}
