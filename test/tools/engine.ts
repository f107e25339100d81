// The extension's engine in a terminal.
// usage: npm run -s engine -- ls|plan|run|check FROM [TO] --remotes FILE [--options JSON] [--json] …
//        npm run -s engine -- line "COMMAND" | config FILE [--json] …
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createApp, type SyncRequest } from '../../src/app';
import { printable, printableJson } from '../../src/base/printable';
import { isProblem, type LineProblem } from '../../src/commandLine/lineProblem';
import type { ShellKind } from '../../src/commandLine/shell/shellKinds';
import { checkMarks, describePlan } from '../../src/plan/build/describePlan';
import type { Place } from '../../src/plan/model/plan';
import { parsePlanOptions } from '../../src/plan/model/planOptions';
import type { Entry } from '../../src/remote/entry';
import { instantToMs } from '../../src/remote/modifiedTime';
import { looksLikeAddress, parseAddress } from '../../src/remote/remoteAddress';
import { RemoteError } from '../../src/remote/remoteError';
import { isWhole } from '../../src/transfer/runReport';
import { describeReport } from '../../src/usecases/runPlan';
import { offeredAsLines, offeredBy } from './doors/configDoor';
import { readLine, requestOf, understoodAsJson, understoodAsLines } from './doors/lineDoor';
import { terminalHost } from './doors/terminalHost';

const usage = `usage: engine ls FROM          list one folder (--recursive: everything below)
       engine plan FROM TO     print what a sync would do; writes nothing
       engine run FROM TO      do it, print the report
       engine check FROM TO    compare: = same, * differ, + only in FROM, - only in TO, ! error
       engine line COMMAND     print how a line of aws s3 or rclone is understood
       engine config FILE      print the remotes that an rclone.conf or a file of AWS profiles offers

FROM and TO are folders or remote:bucket/path; plan, run and check take --line COMMAND in their place.
  --remotes FILE     JSON of the shape of "cloudRemotes.remotes"; credentials from profile or environment
  --options JSON     plan options, as in "cloudRemotes.syncs": {"deletes":"after","compare":"aws",…}
  --json             JSON instead of lines
  --line COMMAND     a line of aws s3 or rclone, which says both places and the options
  --folder DIR       with a line: where its relative paths start (the working folder)
  --on REMOTE        with a line: the remote that is meant where several could be
  --shell KIND       with a line: posix, powershell, cmd or windows (one of the two), where the line doesn't show it
  --recursive        with ls
  --transfers N      with run: files at once
  --force-to-disk    with run: all files copied to this machine reach its disk before they count as done
  --cache FOLDER     keep what was learnt of objects there, as the extension does (none without it)
  --log LEVEL        trace, debug, info, warn (default) or error, to stderr`;

const shells: readonly (ShellKind | undefined)[] = ['posix', 'windows', 'powershell', 'cmd'];

class UsageError extends Error {}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      remotes: { type: 'string' },
      options: { type: 'string' },
      json: { type: 'boolean', default: false },
      line: { type: 'string' },
      folder: { type: 'string' },
      on: { type: 'string' },
      shell: { type: 'string' },
      recursive: { type: 'boolean', default: false },
      transfers: { type: 'string' },
      'force-to-disk': { type: 'boolean', default: false },
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
  const line = verb === 'line' ? from : values.line;
  if (!verb || (from === undefined && line === undefined) || more.length > 0)
    throw new UsageError('Name a verb and its places.');
  const shell = shells.find((kind) => kind === values.shell);
  if (shell !== values.shell) throw new UsageError(`"${values.shell}" is no kind of shell.`);
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
      forceToDisk: values['force-to-disk'],
      storageFolder: values.cache === undefined ? undefined : path.resolve(values.cache),
    }),
  );
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new Error('Interrupted.')));
  process.once('SIGTERM', () => stop.abort(new Error('Terminated.')));
  const out = new Output();
  try {
    if (verb === 'ls') {
      if (from === undefined || to !== undefined) throw new UsageError('ls takes one place.');
      await list(app, asPlace(from), values.recursive, values.json, out, stop.signal);
      return 0;
    }
    if (verb === 'config') {
      if (from === undefined || to !== undefined) throw new UsageError('config takes one file.');
      const offered = await offeredBy(from, app, process.env).catch(problemOf);
      return out.answer(offered, values.json, offeredAsLines);
    }
    let request: SyncRequest;
    if (line !== undefined) {
      if (to !== undefined || (verb !== 'line' && from !== undefined))
        throw new UsageError('A line says both places: name none beside it.');
      const command = readLine(line, app, { folder: values.folder, shell });
      if (verb === 'line')
        return out.answer(isProblem(command) ? command : understoodAsJson(command), values.json, () =>
          isProblem(command) ? [] : understoodAsLines(command),
        );
      const tell = (sentence: string) => console.error(printable(sentence));
      const asked = isProblem(command) ? command : requestOf(command, values.on, tell);
      if (isProblem(asked)) return out.answer(asked, values.json, () => []);
      request = { ...asked, options: parsePlanOptions({ ...asked.options, ...withOptions(values.options) }) };
    } else {
      if (from === undefined || to === undefined) throw new UsageError(`${verb} takes two places.`);
      request = {
        source: asPlace(from),
        target: asPlace(to),
        options: parsePlanOptions(parseOptions(values.options)),
      };
    }
    switch (verb) {
      case 'plan': {
        const plan = await app.planSync(request, stop.signal);
        if (values.json) out.json(plan);
        else for (const line of describePlan(plan)) out.line(line);
        return 0;
      }
      case 'run': {
        const plan = await app.planSync(request, stop.signal);
        const report = await app.runPlan(plan, stop.signal, transfers === undefined ? {} : { transfers });
        if (values.json) out.json(report);
        else for (const line of describeReport(report)) out.line(line);
        return isWhole(report) ? 0 : 1;
      }
      case 'check': {
        const plan = await app.planSync(
          { ...request, options: { ...request.options, verb: 'check' } },
          stop.signal,
        );
        if (values.json) out.json(plan);
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
    recursive && remote.listRecursive
      ? remote.listRecursive(root, { followSymlinks: true }, signal)
      : remote.list(root, {}, signal);
  for await (const page of pages)
    for (const entry of page)
      if (json) out.json(entry);
      else out.line(describeEntry(entry));
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

/** What `--options` adds to a line's own. */
function withOptions(text: string | undefined): object {
  const given = parseOptions(text);
  if (typeof given !== 'object' || given === null) throw new UsageError('--options is no object.');
  return given;
}

/** What a file that can't be read is told as. */
function problemOf(error: unknown): LineProblem {
  if (error instanceof RemoteError) return { problem: error.message };
  throw error;
}

/** Lines to stdout in large writes: a plan may have 100,000. */
class Output {
  private lines: string[] = [];

  /** An answer as JSON or as lines, also where it is a problem. Gives the exit code. */
  answer<T extends object>(
    answer: T | LineProblem,
    json: boolean,
    asLines: (answer: T) => Iterable<string>,
  ): number {
    if (json) this.json(answer);
    else if (isProblem(answer)) this.line(`problem  ${answer.problem}`);
    else for (const text of asLines(answer)) this.line(text);
    return isProblem(answer) ? 1 : 0;
  }

  /** One line, in which a name can neither begin another line nor speak to the terminal. */
  line(text: string): void {
    this.add(printable(text));
  }

  json(value: unknown): void {
    this.add(printableJson(JSON.stringify(value)));
  }

  private add(line: string): void {
    this.lines.push(line);
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
      console.error(`${printable((error as Error).message)}\n\n${usage}`);
      process.exitCode = 2;
    } else {
      const text = error instanceof RemoteError ? error.message : String((error as Error).stack ?? error);
      console.error(text.split('\n').map(printable).join('\n'));
      process.exitCode = 1;
    }
  },
);
