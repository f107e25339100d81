const units = 'bkmgtp';

/**
 * Bytes of a size as rclone writes it: `9Gi`, `50000M`, `10B` (all binary), `off` for none (infinity), or a JSON number of bytes.
 * Undefined when it is no size; a text of digits alone is none either, because rclone would take it for KiB.
 */
export function parseSize(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^off$/i.test(text)) return Number.POSITIVE_INFINITY;
  if (text === '0') return 0;
  const match = /^(\d+(?:\.\d+)?)\s*(?:([kmgtp])(?:i?b?)|b)$/i.exec(text);
  if (!match) return undefined;
  const bytes = Number(match[1]) * 1024 ** units.indexOf((match[2] ?? 'b').toLowerCase());
  return Number.isFinite(bytes) ? Math.round(bytes) : undefined;
}

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** Milliseconds of a duration as rclone writes it: `3m`, `1h30m`, `10ms`; a bare number is seconds. Undefined when it is none. */
export function parseDuration(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value * 1000 : undefined;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d|w))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d|w)/g))
    total += Number(amount) * (unitMs[unit ?? ''] ?? 0);
  return total;
}
