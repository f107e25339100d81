// The extension's engine in a terminal.
// usage: npm run -s engine -- ls|plan|run|check FROM [TO] --remotes FILE [--options JSON] [--json] …
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createApp } from '../../src/app';
import { checkMarks } from '../../src/plan/checkMarks';
import { describePlan } from '../../src/plan/describePlan';
import type { Place } from '../../src/plan/plan';
import { parsePlanOptions } from '../../src/plan/planOptions';
import type { Entry } from '../../src/remote/entry';
import { instantToMs } from '../../src/remote/modifiedTime';
import { looksLikeAddress, parseAddress } from '../../src/remote/remoteAddress';
import { RemoteError } from '../../src/remote/remoteError';
import { describeReport } from '../../src/usecases/runPlan';
import { terminalHost } from './terminalHost';

const usage = `usage: engine ls FROM          list one folder (--recursive: everything below)
       engine plan FROM TO     print what a sync would do; writes nothing
       engine run FROM TO      do it, print the report
       engine check FROM TO    compare: = same, * differ, + only in FROM, - only in TO, ! error

FROM and TO are folders or remote:bucket/path.
  --remotes FILE     JSON of the shape of "cloudRemotes.remotes"; credentials from profile or environment
  --options JSON     plan options, as in "cloudRemotes.syncs": {"deletes":"after","compare":"aws",…}
  --json             JSON instead of lines
  --recursive        with ls
  --transfers N      with run: files at once
  --cache FOLDER     keep what was learnt of objects there, as the extension does (none without it)
  --log LEVEL        trace, debug, info, warn (default) or error, to stderr`;

class UsageError extends Error {}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      remotes: { type: 'string' },
      options: { type: 'string' },
      json: { type: 'boolean', default: false },
      recursive: { type: 'boolean', default: false },
      transfers: { type: 'string' },
      cache: { type: 'string' },
      log: { type: 'string', default: 'warn' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const [verb, from, to, ...more] = positionals;
  if (!verb || !from || more.length > 0) throw new UsageError('Name a verb and its places.');
  const logLevel = (['trace', 'debug', 'info', 'warn', 'error'] as const).find(
    (level) => level === values.log,
  );
  if (!logLevel) throw new UsageError(`"${values.log}" is no log level.`);
  const transfers = values.transfers === undefined ? undefined : Number(values.transfers);
  if (transfers !== undefined && !(Number.isInteger(transfers) && transfers > 0))
    throw new UsageError('--transfers takes a whole number above 0.');

  const app = createApp(
    terminalHost({
      remotesFile: values.remotes,
      logLevel,
      storageFolder: values.cache === undefined ? undefined : path.resolve(values.cache),
    }),
  );
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new Error('Interrupted.')));
  process.once('SIGTERM', () => stop.abort(new Error('Terminated.')));
  const out = new Output();
  try {
    if (verb === 'ls') {
      if (to !== undefined) throw new UsageError('ls takes one place.');
      await list(app, asPlace(from), values.recursive, values.json, out, stop.signal);
      return 0;
    }
    if (to === undefined) throw new UsageError(`${verb} takes two places.`);
    const request = {
      source: asPlace(from),
      target: asPlace(to),
      options: parsePlanOptions(parseOptions(values.options)),
    };
    switch (verb) {
      case 'plan': {
        const plan = await app.planSync(request, stop.signal);
        if (values.json) out.line(JSON.stringify(plan));
        else for (const line of describePlan(plan)) out.line(line);
        return 0;
      }
      case 'run': {
        const plan = await app.planSync(request, stop.signal);
        const report = await app.runPlan(plan, stop.signal, transfers === undefined ? {} : { transfers });
        if (values.json) out.line(JSON.stringify(report));
        else for (const line of describeReport(report)) out.line(line);
        return report.totals.failed + report.totals.changed + report.totals.cancelled > 0 ||
          report.deletesWithheld
          ? 1
          : 0;
      }
      case 'check': {
        const plan = await app.planSync(
          { ...request, options: { ...request.options, verb: 'check' } },
          stop.signal,
        );
        if (values.json) out.line(JSON.stringify(plan));
        else for (const line of describePlan(plan)) out.line(line);
        return checkMarks(plan).some(({ mark }) => mark !== '=') ? 1 : 0;
      }
      default:
        throw new UsageError(`"${verb}" is no verb.`);
    }
  } finally {
    await out.flush();
    await app.close();
  }
}

async function list(
  app: ReturnType<typeof createApp>,
  place: Place,
  recursive: boolean,
  json: boolean,
  out: Output,
  signal: AbortSignal,
): Promise<void> {
  const { remote, root } = await app.openPlace(place);
  const pages =
    recursive && remote.listDeep
      ? remote.listDeep(root, { followSymlinks: true }, signal)
      : remote.list(root, {}, signal);
  for await (const page of pages)
    for (const entry of page) out.line(json ? JSON.stringify(entry) : describeEntry(entry));
}

function describeEntry(entry: Entry): string {
  if (entry.kind === 'unusable')
    return `${'-'.padStart(12)}  ${'unusable'.padEnd(24)}  ${JSON.stringify(entry.name)} (${entry.reason})`;
  if (entry.kind === 'folder') return `${''.padStart(12)}  ${''.padEnd(24)}  ${entry.path}/`;
  const time = entry.modified ?? entry.serverModified;
  const shown = time ? new Date(instantToMs(time)).toISOString() : '';
  return `${String(entry.size).padStart(12)}  ${shown.padEnd(24)}  ${entry.path}`;
}

function asPlace(text: string): Place {
  return looksLikeAddress(text)
    ? { kind: 'remote', ...parseAddress(text) }
    : { kind: 'folder', path: path.resolve(text) };
}

function parseOptions(text: string | undefined): unknown {
  if (text === undefined) return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`--options is not JSON: ${(cause as Error).message}`);
  }
}

/** Lines to stdout in large writes: a plan may have 100,000. */
class Output {
  private lines: string[] = [];

  line(text: string): void {
    this.lines.push(text);
    if (this.lines.length >= 2000) this.write();
  }

  private write(): void {
    process.stdout.write(`${this.lines.join('\n')}\n`);
    this.lines = [];
  }

  async flush(): Promise<void> {
    if (this.lines.length > 0) this.write();
    await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    if (error instanceof UsageError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')) {
      console.error(`${(error as Error).message}\n\n${usage}`);
      process.exitCode = 2;
    } else {
      console.error(error instanceof RemoteError ? error.message : error);
      process.exitCode = 1;
    }
  },
);
