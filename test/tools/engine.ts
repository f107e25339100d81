// The extension's engine in a terminal.
// usage: npm run -s engine -- ls|plan|run|check FROM [TO] --remotes FILE [--options JSON] [--json] …
//        npm run -s engine -- line "COMMAND" | config FILE [--json] …
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createApp, type SyncRequest } from '../../src/app';
import { isRecord } from '../../src/base/encoding';
import { printable, printableJson } from '../../src/base/printable';
import { isProblem, type LineProblem } from '../../src/commandLine/lineProblem';
import type { ShellKind } from '../../src/commandLine/shell/shellKinds';
import { copyThreadsOf } from '../../src/engine/copyThreads';
import { serveIfEngineThread, startEngineThread } from '../../src/engine/engineThread';
import type { StartWorker } from '../../src/engine/workerEngine';
import { checkMarks, describePlan } from '../../src/plan/build/describePlan';
import { selectActions } from '../../src/plan/build/selectActions';
import { type Place, placeText } from '../../src/plan/model/plan';
import { parsePlanOptions } from '../../src/plan/model/planOptions';
import type { Entry } from '../../src/remote/entry';
import { instantToMs } from '../../src/remote/modifiedTime';
import { looksLikeAddress, parseAddress } from '../../src/remote/remoteAddress';
import { RemoteError } from '../../src/remote/remoteError';
import { idsToContinue, type RecordedRun } from '../../src/transfer/journal/recordedRun';
import { isWhole, type RunReport } from '../../src/transfer/runReport';
import { describeReport } from '../../src/usecases/runPlan';
import { offeredAsLines, offeredBy } from './doors/configDoor';
import { readLine, requestOf, understoodAsJson, understoodAsLines } from './doors/lineDoor';
import { logLevels, terminalHost } from './doors/terminalHost';

const usage = `usage: engine ls FROM          list one folder (--recursive: everything below)
       engine plan FROM TO     print what a sync would do; writes nothing
       engine run FROM TO      do it, print the report
       engine unfinished       list the runs that can be continued; needs --cache
       engine continue RUN     do what is left of an unfinished run; needs --cache
       engine discard RUN      drop an unfinished run; needs --cache
       engine check FROM TO    compare: = same, * differ, + only in FROM, - only in TO, ! error
       engine line COMMAND     print how a line of aws s3 or rclone is understood
       engine config FILE      print the remotes that an rclone.conf or a file of AWS profiles offers

FROM and TO are folders or remote:bucket/path; plan, run and check take --line COMMAND in their place.
  --remotes FILE     JSON of the shape of "cloudRemotes.remotes"; credentials from profile or environment
  --options JSON     plan options, as in "cloudRemotes.syncs": {"deletes":"after","compare":"aws",…}
  --json             JSON instead of lines
  --line COMMAND     a line of aws s3 or rclone, with both places and the options
  --folder DIR       with a line: the folder of its relative paths (default: the working folder)
  --on REMOTE        with a line: the remote to use when several are possible
  --shell KIND       with a line: posix, powershell, cmd or windows (either of these two), when the line doesn't show it
  --recursive        with ls
  --transfers N      with run: at most this many files at once
  --threads N        with run: at most this many threads share small files (default: 0, one fewer than cores, at most 4)
  --force-to-disk    with run: flushes each file that is copied to this machine before it counts as done
  --cache FOLDER     caches the modified times of objects and keeps journals there, as the extension does (default: neither)
  --continue         with run: if a run of these places is unfinished, do what is left of it
  --log LEVEL        trace, debug, info, warn (default) or error, to stderr`;

const shells: readonly (ShellKind | undefined)[] = ['posix', 'windows', 'powershell', 'cmd'];

class UsageError extends Error {}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      remotes: { type: 'string' },
      options: { type: 'string', default: '{}' },
      json: { type: 'boolean', default: false },
      line: { type: 'string' },
      folder: { type: 'string' },
      on: { type: 'string' },
      shell: { type: 'string' },
      recursive: { type: 'boolean', default: false },
      transfers: { type: 'string' },
      threads: { type: 'string', default: '0' },
      'force-to-disk': { type: 'boolean', default: false },
      cache: { type: 'string' },
      continue: { type: 'boolean', default: false },
      log: { type: 'string', default: 'warn' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const { json } = values;
  const [verb, from, to, ...more] = positionals;
  const line = verb === 'line' ? from : values.line;
  if (!verb || (from === undefined && line === undefined && verb !== 'unfinished') || more.length > 0)
    throw new UsageError('Name a verb and its places.');
  const shell = shells.find((kind) => kind === values.shell);
  if (shell !== values.shell) throw new UsageError(`"${values.shell}" is not a shell.`);
  const logLevel = logLevels.find((level) => level === values.log);
  if (!logLevel) throw new UsageError(`"${values.log}" is not a log level.`);
  const transfers = values.transfers === undefined ? undefined : Number(values.transfers);
  if (transfers !== undefined && !(Number.isInteger(transfers) && transfers > 0))
    throw new UsageError('--transfers takes a whole number above 0.');
  const threads = Number(values.threads);
  if (!Number.isInteger(threads) || threads < 0) throw new UsageError('--threads takes a whole number.');

  const host = terminalHost({
    remotesFile: values.remotes,
    logLevel,
    forceToDisk: values['force-to-disk'],
    transferThreads: threads,
    storageFolder: values.cache === undefined ? undefined : path.resolve(values.cache),
  });
  const startThread: StartWorker = (data, onEnd) => startEngineThread(__filename, data, onEnd);
  const app = createApp({ ...host, copyThreads: copyThreadsOf(host, startThread) });
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new Error('Interrupted.')));
  process.once('SIGTERM', () => stop.abort(new Error('Terminated.')));
  const out = new Output();
  try {
    if (verb === 'ls' || verb === 'config') {
      if (from === undefined || to !== undefined) throw new UsageError(`${verb} takes one place.`);
      if (verb === 'config')
        return out.answer(await offeredBy(from, app, process.env).catch(asProblem), json, offeredAsLines);
      await list(app, asPlace(from), values.recursive, json, out, stop.signal);
      return 0;
    }
    const inRun = { ...(transfers !== undefined && { transfers }) };
    const ended = (report: RunReport) => {
      out.answer(report, json, describeReport);
      return isWhole(report) ? 0 : 1;
    };
    const goOn = async (recorded: RecordedRun) => {
      const rest = selectActions(recorded.plan, idsToContinue(recorded));
      return ended(await app.runPlan(rest, stop.signal, { ...inRun, continues: recorded.run }));
    };
    if (verb === 'unfinished' || verb === 'continue' || verb === 'discard') {
      const runs = await app.unfinishedRuns();
      if (verb === 'unfinished') return out.answer({ runs: runs.map(summaryOf) }, json, asLines);
      const recorded = runs.find(({ run }) => run === from);
      if (!recorded) throw new UsageError(`No unfinished run is named "${from}".`);
      if (verb === 'continue') return await goOn(recorded);
      await app.discardRun(recorded.run);
      return 0;
    }
    const given = parseOptions(values.options);
    let request: SyncRequest;
    if (line !== undefined) {
      if (to !== undefined || (verb !== 'line' && from !== undefined))
        throw new UsageError('A line has both places: name no other place.');
      const command = readLine(line, app, { folder: values.folder, shell });
      if (isProblem(command)) return out.answer(command, json, () => []);
      if (verb === 'line')
        return out.answer(understoodAsJson(command), json, () => understoodAsLines(command));
      const asked = requestOf(command, values.on, (sentence) => console.error(printable(sentence)));
      if (isProblem(asked)) return out.answer(asked, json, () => []);
      request = { ...asked, options: parsePlanOptions({ ...asked.options, ...given }) };
    } else {
      if (from === undefined || to === undefined) throw new UsageError(`${verb} takes two places.`);
      request = { source: asPlace(from), target: asPlace(to), options: parsePlanOptions(given) };
    }
    if (verb === 'check') request = { ...request, options: { ...request.options, verb: 'check' } };
    else if (verb !== 'plan' && verb !== 'run') throw new UsageError(`"${verb}" is not a verb.`);
    const [unfinished] = verb === 'run' && values.continue ? await app.unfinishedRuns(request) : [];
    if (unfinished) return await goOn(unfinished);
    const plan = await app.planSync(request, stop.signal);
    if (verb !== 'run') {
      out.answer(plan, json, describePlan);
      return verb === 'check' && checkMarks(plan).some(({ mark }) => mark !== '=') ? 1 : 0;
    }
    return ended(await app.runPlan(plan, stop.signal, inRun));
  } finally {
    await out.flush();
    await app.close();
  }
}

/** A run that can be continued, in a few facts. */
function summaryOf({ run, startedAt, plan, results }: RecordedRun) {
  const done = [...results.values()].filter(({ outcome }) => outcome === 'done').length;
  const [source, target] = [placeText(plan.source), placeText(plan.target)];
  return { run, startedAt, verb: plan.options.verb, source, target, done, actions: plan.actions.length };
}

function asLines({ runs }: { readonly runs: readonly ReturnType<typeof summaryOf>[] }): string[] {
  return runs.map(
    ({ run, startedAt, verb, source, target, done, actions }) =>
      `${run}  ${new Date(startedAt).toISOString()}  ${verb} ${source} → ${target}: ${done} of ${actions} done`,
  );
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

function parseOptions(text: string): object {
  try {
    const given: unknown = JSON.parse(text);
    if (isRecord(given)) return given;
  } catch (cause) {
    throw new UsageError(`--options is not JSON: ${(cause as Error).message}`);
  }
  throw new UsageError('--options is not an object.');
}

/** The problem of a file that can't be read. */
function asProblem(error: unknown): LineProblem {
  if (error instanceof RemoteError) return { problem: error.message };
  throw error;
}

/** Lines to stdout in large writes: a plan may have 100,000. */
class Output {
  private lines: string[] = [];

  /** Prints `answer`, which may be a problem, as JSON or as lines. Returns the exit code. */
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

  /** Prints one line. A name in it can neither begin another line nor send control sequences to the terminal. */
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

// The bundle of this program is also the code of the threads that share copies.
if (!serveIfEngineThread())
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
