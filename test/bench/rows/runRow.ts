import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { bytesOf, type FileSet, writeFiles } from '../fileSets';
import { timed } from '../measure';
import { bestPeer, medianOf } from '../report/figures';
import { type Measured, type RowResult, type Sample, sampleOf, type ToolResult } from '../results';
import type { BenchServer } from '../server/benchServer';
import type { Counted } from '../server/leanServer';
import type { Place, Tool } from '../tools/tool';
import { namedBy, type Row } from './rows';
import { checkBucket, checkFolder } from './sameContent';

export interface RowSettings {
  readonly server: BenchServer;
  /** The folder of this run of the bench. */
  readonly work: string;
  readonly runs: number;
  /** Milliseconds after which a row begins no further run. */
  readonly budget: number;
  readonly tools: readonly Tool[];
  /** Compares every byte after each run. The server must keep all bodies. */
  readonly verify: boolean;
  progress(text: string): void;
}

/** A peer that takes this many times the time of the best peer runs once: it can't become the best. */
const farBehind = 2;

/**
 * Measures one row: in each run every tool in turn, each beginning once. Every result is checked, so no tool is fast because it left something
 * out. A tool that fails gets the problem in its result, and runs no more.
 */
export async function runRow(row: Row, settings: RowSettings): Promise<Measured> {
  const { runs, budget, progress } = settings;
  const tools = settings.tools.filter(
    ({ name, role }) =>
      (row.tools?.includes(name) ?? true) &&
      (name !== 'ours, again' || row.direction === 'noop') &&
      // The floor tries nothing again.
      (role !== 'floor' || row.refused === undefined),
  );
  const results = new Map<Tool, ToolResult>(
    tools.map((tool) => [tool, { name: tool.name, role: tool.role, samples: [] }]),
  );
  const result = {
    id: row.id,
    title: row.title,
    files: row.set.count,
    goals: row.goals,
    tools: [...results.values()],
  };
  const scene = new Scene(row, settings);
  await scene.prepare(tools);
  const began = Date.now();
  for (let run = 0; run < Math.min(runs, row.runs ?? runs); run++) {
    if (run > 0 && Date.now() - began > budget) break;
    for (let turn = 0; turn < tools.length; turn++) {
      const tool = tools[(run + turn) % tools.length] as Tool;
      const of = results.get(tool) as ToolResult;
      if (of.problem !== undefined || (run > 0 && isHopeless(of, result))) continue;
      try {
        const sample = await scene.measure(tool, run);
        if (sample) of.samples.push(sample);
        else of.problem = 'does not do this';
      } catch (error) {
        of.problem = (error as Error).message.replace(/\s+/g, ' ').slice(0, 300);
      }
      progress(
        `${row.id}, run ${run + 1}, ${tool.name}: ${of.problem ?? `${of.samples.at(-1)?.seconds.toFixed(2)} s`}`,
      );
    }
  }
  await scene.clear(tools);
  return { ...result, tools: result.tools.filter(({ problem }) => problem !== 'does not do this') };
}

function isHopeless(tool: ToolResult, row: Pick<RowResult, 'tools' | 'goals'>): boolean {
  if (row.goals.some((goal) => namedBy(goal) === tool.name)) return false;
  const best = bestPeer(row);
  if (tool.role !== 'peer' || !best || tool.samples.length === 0) return false;
  return medianOf(tool, 'seconds') > farBehind * medianOf(best, 'seconds');
}

/** Both sides of a row. */
class Scene {
  private readonly local: string;

  constructor(
    private readonly row: Row,
    private readonly settings: RowSettings,
  ) {
    this.local = path.join(settings.work, 'sets', nameOf(row.set));
  }

  /** Makes what all runs share: the local files, and the buckets that no run changes. */
  async prepare(tools: readonly Tool[]): Promise<void> {
    const { row, settings, local } = this;
    if ((row.direction === 'up' || row.direction === 'noop') && !existsSync(local))
      writeFiles(local, row.set);
    if (row.direction === 'up') return;
    for (const metadata of new Set(tools.map((tool) => tool.metadata)))
      await settings.server.seed(this.bucketOf(metadata), '', row.set, metadata);
    const warm = tools.find(({ name }) => name === 'ours, again');
    if (row.direction === 'noop' && warm) await this.measure(warm, -1);
  }

  /** One run of one tool, checked; undefined when the tool doesn't do such work. Throws an Error when the result is wrong. */
  async measure(tool: Tool, run: number): Promise<Sample | undefined> {
    const { row, settings, local } = this;
    const { server, work } = settings;
    const stage = `${row.id}-${tool.name}-${run}`.replaceAll(/[^a-z0-9-]+/g, '-');
    const seeded = this.bucketOf(tool.metadata);
    const fresh = `bench-${stage}`;
    const folder = path.join(work, 'down', stage);
    const output = path.join(work, 'output');
    const places: readonly [Place, Place] =
      row.direction === 'down'
        ? [{ bucket: seeded }, { folder }]
        : [{ folder: local }, { bucket: row.direction === 'up' ? fresh : seeded }];
    const command = row.direction === 'list' ? tool.list(row.work, seeded) : tool.sync(row.work, ...places);
    if (!command) return undefined;
    if (row.direction === 'up') await server.create(fresh);
    await server.count();
    // Set for each tool, because the server then refuses the same requests of all.
    await server.conditions(row.latency ?? 0, row.refused ?? 0);
    try {
      const figures = await timed(command.words, command.env, output);
      const counted = await server.count();
      await server.conditions(0, 0);
      await this.check(tool, counted, { fresh, folder, output });
      return sampleOf(figures, counted);
    } finally {
      await server.conditions(0, 0);
      await server.drop(fresh);
      // A folder is removed at once, before the system writes its files to the disk in the time of another tool.
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async clear(tools: readonly Tool[]): Promise<void> {
    for (const { metadata } of tools) await this.settings.server.drop(this.bucketOf(metadata));
  }

  private bucketOf(metadata: string): string {
    return `bench-${this.row.id}-${metadata}`;
  }

  private async check(
    tool: Tool,
    { requests }: Counted,
    at: { readonly fresh: string; readonly folder: string; readonly output: string },
  ): Promise<void> {
    const { direction, set } = this.row;
    const { server, verify } = this.settings;
    const [count, bytes] = [set.count, bytesOf(set)];
    if (direction === 'noop') {
      const moved = (requests.put ?? 0) + (requests.part ?? 0) + (requests.get ?? 0) + (requests.copy ?? 0);
      if (moved > 0) throw new Error(`moved ${moved} files where nothing had changed`);
    } else if (direction === 'list') {
      const lines = tool.role === 'floor' ? count : linesOf(at.output);
      if (lines < count) throw new Error(`listed ${lines} of ${count} files`);
    } else {
      const found = direction === 'up' ? await server.sizeOf(at.fresh) : sizeOfFolder(at.folder);
      // The floor stores the parts of a large file as objects.
      if ((found.objects !== count && tool.role !== 'floor') || found.bytes !== bytes)
        throw new Error(`left ${found.objects} of ${count} files, ${found.bytes} of ${bytes} bytes`);
      if (!verify || tool.role === 'floor') return;
      if (direction === 'up') await checkBucket(`${server.endpoint}/${at.fresh}`, set);
      else checkFolder(at.folder, set);
    }
  }
}

/** The folder of a set, which rows of equal sets share. */
function nameOf({ count, size, spread = 0, biggest = 0 }: FileSet): string {
  return `${count}x${size}-${spread}-${biggest}`;
}

function linesOf(file: string): number {
  const bytes = readFileSync(file);
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}

function sizeOfFolder(folder: string): { readonly objects: number; readonly bytes: number } {
  let [objects, bytes] = [0, 0];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    objects++;
    bytes += statSync(path.join(entry.parentPath, entry.name)).size;
  }
  return { objects, bytes };
}
