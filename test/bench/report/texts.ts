import type { BenchResult, RowResult, ToolResult } from '../results';
import { rows } from '../rows/rows';
import { bestPeer, type Judged, judge, medianOf, ratioOf, toolOf } from './figures';

/** A row for the terminal: every tool with its figures, then the goals. */
export function rowText(row: RowResult, all: BenchResult): string {
  const lines = row.tools.map((tool) => toolLine(row, tool));
  const goals = row.goals.map((goal) => judge(goal, row, all)).filter(({ value }) => !Number.isNaN(value));
  return [row.title, ...lines, ...goals.map((judged) => `  goal: ${goalText(judged)}`), ''].join('\n');
}

/** Of the columns in the terminal. */
const widths = [9, 30, 8, 19];

function toolLine(row: RowResult, tool: ToolResult): string {
  if (tool.samples.length === 0) return `  ${tool.name.padEnd(16)} ${tool.problem ?? 'not measured'}`;
  const figures = [
    `${medianOf(tool, 'seconds').toFixed(2)} s`,
    `${cpuText(row, tool)} CPU`,
    `${medianOf(tool, 'peakMB').toFixed(0)} MB`,
    `server ${medianOf(tool, 'serverCpu').toFixed(2)} s CPU`,
  ];
  const best = bestPeer(row);
  const ratio = best && best !== tool ? `${ratioOf(tool, best).toFixed(2)} of ${best.name}` : '';
  const texts = figures.map((text, i) => text.padStart(widths[i] ?? 0)).join('  ');
  const runs = `${tool.samples.length} ${tool.samples.length === 1 ? 'run' : 'runs'}`;
  const rest = [ratio, requestsText(tool), runs, tool.problem].filter((text) => text);
  return `  ${tool.name.padEnd(18)}${texts}  ${rest.join('; ')}`;
}

/** The requests of the last run by kind, most frequent first. */
export function requestsText({ samples }: ToolResult): string {
  const requests = Object.entries(samples.at(-1)?.requests ?? {}).sort(([, a], [, b]) => b - a);
  return requests.map(([kind, count]) => `${count.toLocaleString('en')} ${kind}`).join(', ');
}

export function goalText({ goal, value, met }: Judged): string {
  const isMB = goal.of === 'MB over idle';
  const [figure, limit] = isMB
    ? [value.toFixed(0), goal.limit.toFixed(0)]
    : [value.toFixed(2), goal.limit.toFixed(2)];
  return isMB
    ? `${figure} MB over idle, at most ${limit}: ${met ? 'met' : 'not met'}`
    : `${figure} of ${goal.of}, at most ${limit}: ${met ? 'met' : 'not met'}`;
}

/** The part of `docs/performance.md` that the bench writes. */
export function pageText(all: BenchResult): string {
  const missing = rows.filter(({ id }) => all.rows.every((row) => row.id !== id));
  return [
    `Measured on ${all.date.slice(0, 10)} at commit ${each(all, 'commit').join(', ')} by:`,
    '',
    '```',
    ...each(all, 'command'),
    '```',
    '',
    `- Machine: ${all.machine}`,
    `- Tools: ${all.versions.join('; ')}`,
    ...serverLines(all),
    `- Idle: our engine copies one small file with a peak of ${all.idleMB.toFixed(0)} MB.`,
    '',
    '### The table',
    '',
    '| Scenario | Ours | Best peer | Ratio | Floor | Goals |',
    '|---|---|---|---|---|---|',
    ...all.rows.map((row) => summaryLine(row, all)),
    '',
    ...(missing.length > 0 ? [`Not measured: ${missing.map(({ id }) => id).join(', ')}.`, ''] : []),
    ...(all.rows.some(({ id }) => id === 'noop-1m')
      ? ['### Growth', '', '![Time per object of a sync without changes](images/performance-growth.svg)', '']
      : []),
    '### Every tool',
    '',
    '| Scenario | Tool | Runs | Time | CPU | Peak memory | CPU of the server | Requests |',
    '|---|---|---|---|---|---|---|---|',
    ...all.rows.flatMap((row) => row.tools.map((tool, i) => detailLine(row, tool, i === 0))),
  ].join('\n');
}

/** The different values of all rows. */
function each(all: BenchResult, name: 'commit' | 'command'): string[] {
  return [...new Set(all.rows.map((row) => row[name]))];
}

function serverLines(all: BenchResult): string[] {
  const row = all.rows.find(({ id }) => id === 'up');
  const floor = row && toolOf(row, 'floor');
  if (!floor) return [];
  const count = Object.values(floor.samples.at(-1)?.requests ?? {}).reduce((sum, one) => sum + one, 0);
  const micros = (medianOf(floor, 'serverCpu') * 1e6) / count;
  return [`- Server: ${micros.toFixed(0)} µs of CPU for each small request of the floor.`];
}

function summaryLine(row: RowResult, all: BenchResult): string {
  const own = toolOf(row, 'ours');
  if (!own) {
    const problem = row.tools.find(({ name }) => name === 'ours')?.problem ?? 'not measured';
    return `| ${row.title} | ${withoutMachine(problem)} | – | – | – | – |`;
  }
  const again = toolOf(row, 'ours, again');
  const best = bestPeer(row);
  const floor = toolOf(row, 'floor');
  const both = (text: (tool: ToolResult) => string) =>
    again ? `${text(own)}; once known ${text(again)}` : text(own);
  const goals = row.goals.map((goal) => goalText(judge(goal, row, all)));
  return `| ${[
    row.title,
    both((tool) => secondsText(tool)),
    best ? `${best.name}, ${secondsText(best)}` : '–',
    best ? both((tool) => ratioOf(tool, best).toFixed(2)) : '–',
    floor ? secondsText(floor) : '–',
    goals.join('<br>') || '–',
  ].join(' | ')} |`;
}

function detailLine(row: RowResult, tool: ToolResult, isFirst: boolean): string {
  const title = isFirst ? row.title : '';
  if (tool.samples.length === 0)
    return `| ${title} | ${tool.name} | 0 | ${withoutMachine(tool.problem ?? '–')} | | | | |`;
  return `| ${[
    title,
    tool.name,
    tool.samples.length,
    secondsText(tool),
    cpuText(row, tool),
    `${medianOf(tool, 'peakMB').toFixed(0)} MB`,
    `${medianOf(tool, 'serverCpu').toFixed(2)} s`,
    requestsText(tool),
  ].join(' | ')} |`;
}

/** With the CPU time of each file, where there are enough files to say it. */
function cpuText({ files }: RowResult, tool: ToolResult): string {
  const cpu = medianOf(tool, 'cpu');
  return `${cpu.toFixed(2)} s${files < 1000 ? '' : ` (${((cpu * 1e6) / files).toFixed(0)} µs a file)`}`;
}

function secondsText(tool: ToolResult): string {
  return `${medianOf(tool, 'seconds').toFixed(2)} s`;
}

const begin = '<!-- The bench writes from here. -->';
const end = '<!-- The bench writes to here. -->';

/** The page with its written part replaced. Throws an Error when the page has no such part. */
export function replacedPart(page: string, part: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error('The page has no part for the bench.');
  return `${page.slice(0, from + begin.length)}\n${part}\n${page.slice(to)}`;
}

/** A failure as the page says it: without the command, its messages and the paths of this machine. */
function withoutMachine(problem: string): string {
  return /ended with \S+?(?=:|$)/.exec(problem)?.[0] ?? problem.replace(/(?<=^|\s)\/\S+/g, '…');
}
