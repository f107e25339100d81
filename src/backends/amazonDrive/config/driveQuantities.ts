import * as quantities from '../../../base/quantities';

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
