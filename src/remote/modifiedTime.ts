/** A point in time: whole seconds since the epoch (may be negative) plus 0…999,999,999 nanoseconds. JSON-safe. */
export interface Instant {
  readonly s: number;
  readonly ns: number;
}

const nsPerSecond = 1_000_000_000;
/** rclone stores times as signed 64-bit nanoseconds; times outside that range are clamped (sync-semantics R2, H9). */
const maxSeconds = 9_223_372_036;

/** From milliseconds since the epoch, fractions allowed (as of `Date` and `fs.Stats`). Out of range is clamped. */
export function instantFromMs(ms: number): Instant {
  const s = Math.floor(ms / 1000);
  return clamp({ s, ns: Math.round((ms - s * 1000) * 1e6) });
}

/** From whole nanoseconds since the epoch (as of `fs.BigIntStats`). Out of range is clamped. */
export function instantFromNs(ns: bigint): Instant {
  const rest = Number(BigInt.asIntN(64, ns) % BigInt(nsPerSecond));
  const s = Number((ns - BigInt(rest)) / BigInt(nsPerSecond));
  return clamp(rest < 0 ? { s: s - 1, ns: rest + nsPerSecond } : { s, ns: rest });
}

/** Milliseconds since the epoch; whole, rounded down. */
export function instantToMs(time: Instant): number {
  return time.s * 1000 + Math.floor(time.ns / 1e6);
}

/** a − b in nanoseconds; exact up to about 100 days, approximate beyond. */
export function nsBetween(a: Instant, b: Instant): number {
  return (a.s - b.s) * nsPerSecond + (a.ns - b.ns);
}

/** A time as rclone writes it (sync-semantics R2): decimal seconds without trailing zeros: `1700000000`, `1700000000.5`, `-1.5`. */
export function formatRcloneTime(time: Instant): string {
  const negative = time.s < 0;
  const borrows = negative && time.ns > 0;
  const whole = Math.abs(borrows ? time.s + 1 : time.s);
  const ns = borrows ? nsPerSecond - time.ns : time.ns;
  const fraction = ns === 0 ? '' : `.${String(ns).padStart(9, '0').replace(/0+$/, '')}`;
  return `${negative ? '-' : ''}${whole}${fraction}`;
}

/** Parses rclone's text of a time, with a fraction of any length. Undefined for other text (R2: then LastModified counts). */
export function parseRcloneTime(text: string): Instant | undefined {
  const match = /^([+-]?)(\d{1,12})(?:\.(\d*))?$/.exec(text.trim());
  if (!match) return undefined;
  const s = Number(match[2]);
  const ns = Number((match[3] ?? '').slice(0, 9).padEnd(9, '0'));
  if (match[1] !== '-') return clamp({ s, ns });
  return clamp(ns === 0 ? { s: s === 0 ? 0 : -s, ns: 0 } : { s: -s - 1, ns: nsPerSecond - ns });
}

function clamp(time: Instant): Instant {
  if (!Number.isFinite(time.s) || !Number.isFinite(time.ns)) return { s: 0, ns: 0 };
  if (time.ns >= nsPerSecond) return clamp({ s: time.s + 1, ns: time.ns - nsPerSecond });
  if (time.s > maxSeconds) return { s: maxSeconds, ns: 0 };
  if (time.s < -maxSeconds) return { s: -maxSeconds, ns: 0 };
  return time;
}
