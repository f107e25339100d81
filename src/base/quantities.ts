const sizeUnits = 'BKMGTPE';

export type SizeUnit = 'B' | 'K' | 'M' | 'G' | 'T' | 'P' | 'E';

/**
 * The number and the unit of a size as rclone writes it: `10`, `1.5M`, `2GiB`, `.5k`, `10B`, in upper or lower case; `unit` is undefined
 * when the text has none. Undefined for any other text. Pure.
 */
export function splitSize(
  text: string,
): { readonly count: string; readonly unit: SizeUnit | undefined } | undefined {
  const found = /^(\d+(?:\.\d*)?|\.\d+)\s*(?:([kmgtpe])i?b?|(b))?$/i.exec(text);
  if (!found) return undefined;
  const [, count = '', prefix, b] = found;
  return { count, unit: (prefix ?? b)?.toUpperCase() as SizeUnit | undefined };
}

/**
 * Bytes of a size as `splitSize` reads it, whole, rounded; each unit is 1024 times the one before. A number without a unit counts
 * `bareUnit`s; it is no size when there is no `bareUnit`. Undefined for any other text. Pure.
 */
export function parseSize(text: string, { bareUnit }: { bareUnit?: SizeUnit } = {}): number | undefined {
  const size = splitSize(text.trim());
  const unit = size?.unit ?? bareUnit;
  return size && unit && Math.round(Number(size.count) * 1024 ** sizeUnits.indexOf(unit));
}

/** Bytes as the shortest exact text that `parseSize` reads back with `bareUnit: 'B'`: `5Mi`, `123`. Pure. */
export function formatSize(bytes: number): string {
  for (const [power, unit] of [
    [3, 'Gi'],
    [2, 'Mi'],
    [1, 'Ki'],
  ] as const)
    if (bytes > 0 && bytes % 1024 ** power === 0) return `${bytes / 1024 ** power}${unit}`;
  return String(bytes);
}

const dayMs = 86_400e3;

/** Milliseconds of each unit. A month has 30 days and a year 365, as in rclone. */
const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1e3,
  m: 60e3,
  h: 3600e3,
  d: dayMs,
  w: 7 * dayMs,
  M: 30 * dayMs,
  y: 365 * dayMs,
};

/** How many of each smaller unit make a millisecond; dividing is exact where a factor below 1 would not be. */
const perMillisecond: Readonly<Record<string, number>> = { ns: 1e6, us: 1e3, µs: 1e3, μs: 1e3 };

/**
 * Milliseconds of a duration as rclone writes it: `90s`, `1.5h`, `10ms`, `7d`, and sums such as `1h30m`. Case matters: `m` are minutes, `M`
 * months. A number without a unit counts `bareUnit`s; it is no duration when there is no `bareUnit`. Undefined for any other text. Pure.
 */
export function parseDuration(text: string, { bareUnit }: { bareUnit?: 's' } = {}): number | undefined {
  const trimmed = text.trim();
  const whole = /^(\d+(\.\d*)?|\.\d+)$/.test(trimmed) ? `${trimmed}${bareUnit ?? ''}` : trimmed;
  const parts = [...whole.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|[smhdwMy])/g)];
  if (whole === '' || parts.map(([part]) => part).join('') !== whole) return undefined;
  return parts.reduce(
    (ms, [, count, unit = '']) =>
      ms + (Number(count) * (durationUnits[unit] ?? 1)) / (perMillisecond[unit] ?? 1),
    0,
  );
}
