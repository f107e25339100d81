import type { BenchResult } from '../results';
import { perObject } from './figures';

interface Line {
  readonly name: string;
  readonly points: readonly { readonly files: number; readonly micros: number }[];
}

const width = 760;
const height = 400;
const plot = { left: 70, right: 560, top: 50, bottom: 340 };

/** Lines keep their colour in both themes; all have enough contrast on white and on near-black. */
const colours = ['#2f7ed8', '#c2571a', '#2a9d5c', '#8a63d2', '#b8860b', '#c2417c'];

/**
 * Time per object of a sync without changes, over the number of objects, both on logarithmic axes: a flat line is growth in proportion.
 * Returns SVG; undefined when fewer than two numbers of objects were measured.
 */
export function growthChart(result: BenchResult): string | undefined {
  const rows = result.rows.filter(({ id }) => id.startsWith('noop-'));
  if (rows.length < 2) return undefined;
  const names = [...new Set(rows.flatMap(({ tools }) => tools.map(({ name }) => name)))];
  const lines = names
    .map(
      (name): Line => ({
        name,
        points: rows.flatMap((row) => {
          const tool = row.tools.find((one) => one.name === name && one.samples.length > 0);
          return tool ? [{ files: row.files, micros: perObject(row, tool) }] : [];
        }),
      }),
    )
    // Tuned peers and those of a single size would only cover the lines that answer the question.
    .filter(({ points, name }) => points.length > 1 && !name.endsWith(', tuned'));
  return drawn(
    lines,
    rows.map(({ files }) => files),
  );
}

function drawn(lines: readonly Line[], sizes: readonly number[]): string {
  const micros = lines.flatMap(({ points }) => points.map((point) => point.micros));
  const [low, high] = [decadeBelow(Math.min(...micros)), decadeAbove(Math.max(...micros))];
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const x = scale(least, most, plot.left + 20, plot.right - 20);
  const y = scale(low, high, plot.bottom, plot.top);
  const ticks: number[] = [];
  for (let tick = low; tick <= high * 1.001; tick *= 10) ticks.push(tick);
  const labels = spread(lines.map(({ points }) => y(points.at(-1)?.micros ?? low)));
  const parts = [
    `<text class="title" x="${plot.left}" y="24">Time per object of a sync without changes (lower is better, flat is proportional)</text>`,
    ...ticks.map(
      (tick) =>
        `<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${n(y(tick))}" y2="${n(y(tick))}"/><text x="${plot.left - 8}" y="${n(y(tick) + 4)}" text-anchor="end">${amount(tick)} µs</text>`,
    ),
    ...sizes.map(
      (size) =>
        `<text x="${n(x(size))}" y="${plot.bottom + 24}" text-anchor="middle">${size.toLocaleString('en')}</text>`,
    ),
    `<text x="${(plot.left + plot.right) / 2}" y="${plot.bottom + 46}" text-anchor="middle">objects</text>`,
    ...lines.map(({ name, points }, i) => {
      const colour = colours[i % colours.length];
      const at = points.map((point) => `${n(x(point.files))},${n(y(point.micros))}`);
      const dots = at.map(
        (both) => `<circle cx="${both.split(',')[0]}" cy="${both.split(',')[1]}" r="4" fill="${colour}"/>`,
      );
      const last = points.at(-1);
      const label = `<text x="${n(x(last?.files ?? least) + 12)}" y="${n((labels[i] ?? 0) + 4)}" style="fill:${colour}" font-weight="600">${escaped(name)}, ${amount(last?.micros ?? 0)} µs</text>`;
      return `<polyline points="${at.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}${label}`;
    }),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<style>
text { font: 12px system-ui, sans-serif; fill: #444 }
.title { font-size: 14px; font-weight: 600; fill: #222 }
.grid { stroke: #8885; stroke-width: 1 }
@media (prefers-color-scheme: dark) { text { fill: #bbb } .title { fill: #eee } }
</style>
${parts.join('\n')}
</svg>
`;
}

/** A logarithmic scale. */
function scale(from: number, to: number, start: number, end: number): (value: number) => number {
  const span = Math.log(to / from) || 1;
  return (value) => start + ((end - start) * Math.log(value / from)) / span;
}

function decadeBelow(value: number): number {
  return 10 ** Math.floor(Math.log10(value));
}

function decadeAbove(value: number): number {
  return 10 ** Math.ceil(Math.log10(value));
}

/** Moves labels apart until none covers another. Returns them in the given order. */
function spread(places: readonly number[]): number[] {
  const sorted = places.map((place, i) => ({ place, i })).sort((a, b) => a.place - b.place);
  for (let k = 1; k < sorted.length; k++) {
    const [before, one] = [sorted[k - 1], sorted[k]];
    if (before && one) one.place = Math.max(one.place, before.place + 16);
  }
  return sorted.toSorted((a, b) => a.i - b.i).map(({ place }) => place);
}

function amount(micros: number): string {
  return micros >= 100 ? Math.round(micros).toLocaleString('en') : String(Number(micros.toPrecision(2)));
}

function n(value: number): string {
  return value.toFixed(1);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
