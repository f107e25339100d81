import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { SyncRequest } from '../../src/app';
import { isUndecided, type ReadCommand } from '../../src/commandLine/commandLine';
import { contextOnDisk } from '../../src/commandLine/contextOnDisk';
import { isProblem } from '../../src/commandLine/lineProblem';
import { readCommandLine } from '../../src/commandLine/readCommandLine';
import { quoteWord } from '../../src/commandLine/shell/shellWords';
import type { Plan } from '../../src/plan/model/plan';
import { parsePlanOptions } from '../../src/plan/model/planOptions';
import { type S3TestServer, startS3Server } from '../servers/s3/s3Server';
import { bundleEngineThread, type Home, homeOf } from '../support/engineThread';
import { AwsRunner, skipWithoutPythonAws } from './differential/awsRunner';
import { type Case, caseOf, type ReadCase, type Tool, type Tree } from './differential/cases';
import { type Difference, deliberateDifferences, reasonFor } from './differential/deliberateDifferences';
import { actionsOf } from './differential/ourActions';
import { actionsOfAws, actionsOfRclone, type Places, type RealOutcome } from './differential/realActions';
import { putIntoStore, writeToDisk } from './differential/trees';
import { hostFor } from './realSync';
import { skipWithout, type ToolAnswer, toolEnvironment } from './realTools';

/** Cases of each tool; `DIFFERENTIAL_SEED` runs a single case. */
const casesOfEach = Number(process.env['DIFFERENTIAL_CASES'] ?? 280);
/** The first case, for a run of other cases. */
const firstCase = Number(process.env['DIFFERENTIAL_FIRST'] ?? 0);
const onlySeed = process.env['DIFFERENTIAL_SEED'];
const bucket = 'differential';

let server: S3TestServer;
/** The engine in each of its homes, over each of our HTTP clients. Every case is planned by all of them. */
let engines: readonly (Home & { readonly name: string })[];
let script: string;
let env: Record<string, string>;
let work: string;

before(async () => {
  server = await startS3Server({ buckets: [bucket] });
  env = toolEnvironment(server);
  work = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-differential-'));
  script = await bundleEngineThread();
  const host = hostFor(server, { name: 'R' });
  engines = (['in this thread', 'in a worker'] as const).flatMap((kind) =>
    [true, false].map((direct) => ({
      name: `${kind}, ${direct ? 'over sockets' : "over the editor's client"}`,
      ...homeOf(kind, { ...host, directConnections: () => direct }, script),
    })),
  );
});

after(async () => {
  for (const engine of engines) await engine.close();
  rmSync(script, { force: true });
  await server.stop();
  rmSync(work, { recursive: true, force: true });
});

/** Seeds of a tool's cases: even ones are for aws, odd ones for rclone. */
function seedsFor(tool: Tool): number[] {
  const parity = tool === 'aws' ? 0 : 1;
  if (onlySeed !== undefined) return [Number(onlySeed)].filter((seed) => seed % 2 === parity);
  return Array.from({ length: casesOfEach }, (_, i) => 2 * (firstCase + i) + parity);
}

/** Writes both trees of a case. Returns the tool's working folder and the prefix in the bucket. */
function make(given: Case): { folder: string; prefix: string } {
  const folder = path.join(work, String(given.seed));
  const prefix = `case${given.seed}`;
  for (const side of ['source', 'target'] as const) {
    const tree = given[side];
    if (tree.kind === 'disk') writeToDisk(tree, path.join(folder, side));
    else putIntoStore(tree, server, bucket, `${prefix}/${side}`);
  }
  // The working folder must exist even where both sides are stores.
  writeToDisk({ kind: 'disk', items: [] }, folder);
  for (const [name, content] of Object.entries(given.files)) writeFileSync(path.join(folder, name), content);
  return { folder, prefix };
}

function clean(given: Case): void {
  rmSync(path.join(work, String(given.seed)), { recursive: true, force: true });
  const there = server.store.bucket(bucket);
  for (const key of [...there.keys]) if (key.startsWith(`case${given.seed}/`)) there.delete(key, Date.now());
}

/** The command line of a case, without its program. */
function wordsOf(given: Case, { source, target }: Places): readonly string[] {
  if (given.tool === 'aws')
    return ['--endpoint-url', server.endpoint, 's3', 'sync', '--dryrun', source, target, ...given.flags];
  const how = given.command === 'check' ? ['--combined', '-'] : ['--dry-run'];
  const quiet = ['-v', '--use-json-log', '--retries', '1'];
  return [given.command, ...how, ...quiet, source, target, ...given.flags];
}

/** The command as we read it from the text that a shell would split into these words. */
function read(tool: Tool, words: readonly string[], folder: string): ReadCommand {
  const remotes = [{ name: 'R', kind: 's3', endpoint: server.endpoint }];
  const line = [tool, ...words].map(quoteWord).join(' ');
  const command = readCommandLine(line, contextOnDisk(remotes, folder, 'posix'));
  assert.ok(!isProblem(command), `${line}\n${isProblem(command) ? command.problem : ''}`);
  const refused = command.flags.filter(({ verdict }) => verdict === 'refused');
  assert.deepEqual(refused, [], line);
  return command;
}

/** The one plan of all engines. */
async function ourPlan({ source, target, options }: ReadCommand): Promise<Plan> {
  assert.ok(!isUndecided(source) && !isUndecided(target));
  const request = { source: source.place, target: target.place, options: parsePlanOptions(options) };
  const [first, ...others] = await Promise.all(engines.map((engine) => planBy(engine, request)));
  assert.ok(first);
  for (const { name, plan } of others)
    assert.deepEqual(decided(plan), decided(first.plan), `${name}, instead of ${first.name}`);
  return first.plan;
}

/** What a plan decides. How much is known of a file besides depends on what an engine has asked before. */
function decided({ actions, conflicts, skipped, ...plan }: Plan): unknown {
  const { unchanged, listed, problems, safety, totals, same } = plan;
  return {
    actions: actions.map(({ id, kind, because }) => [id, kind, because]),
    conflicts: conflicts.map((one) => [one.path, one.because, one.with]),
    skipped: skipped.map(({ path: at, side, because, detail }) => [at, side, because, detail]),
    ...{ unchanged, listed, problems, safety, totals, same },
  };
}

async function planBy({ name, engine }: Home & { readonly name: string }, request: SyncRequest) {
  return { name, plan: await engine.planSync(request, new AbortController().signal) };
}

const json = (value: unknown): string =>
  JSON.stringify(value, (_, field: unknown) => (typeof field === 'bigint' ? String(field) : field));

function placesFor(given: Case, prefix: string, store: string): Places {
  const one = (side: 'source' | 'target', tree: Tree) =>
    tree.kind === 'disk' ? side : `${store}${bucket}/${prefix}/${side}`;
  return { source: one('source', given.source), target: one('target', given.target) };
}

function rclone(cwd: string, args: readonly string[]): Promise<ToolAnswer> {
  return new Promise((done) => {
    execFile('rclone', args, { cwd, env, maxBuffer: 64 << 20 }, (error, stdout, stderr) =>
      done({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
    );
  });
}

async function realOutcome(given: Case, cwd: string, places: Places, aws?: AwsRunner): Promise<RealOutcome> {
  const words = wordsOf(given, places);
  if (aws) return actionsOfAws(await aws.run(cwd, words), places);
  return actionsOfRclone(await rclone(cwd, words), given);
}

interface Tally {
  cases: number;
  names: number;
  /** Equal actions, by their first word. */
  readonly agreed: Map<string, number>;
  readonly deliberate: Map<string, number>;
  /** Cases with unexplained differences: in short, and in full. */
  readonly unexplained: { readonly short: string; readonly full: string }[];
}

async function compare(made: Case, tally: Tally, aws?: AwsRunner): Promise<void> {
  const { folder, prefix } = make(made);
  const places = placesFor(made, prefix, aws ? 's3://' : 'R:');
  const command = read(made.tool, wordsOf(made, places), folder);
  // By default we leave times that no side lists; a line of rclone refreshes them.
  const lazily = { ...command, options: { ...command.options, refreshTimes: false } };
  const [real, ...plans] = await Promise.all([
    realOutcome(made, folder, places, aws),
    ourPlan(command),
    ...(made.tool === 'rclone' ? [ourPlan(lazily)] : []),
  ]);
  clean(made);
  tally.cases++;
  tally.names += new Set([...made.source.items, ...made.target.items].map((item) => item.path)).size;
  for (const plan of plans) tallyPlan({ ...made, options: plan.options }, real, plan, tally);
}

function tallyPlan(given: ReadCase, real: RealOutcome, plan: Plan, tally: Tally): void {
  const ours = actionsOf(plan);
  const unexplained: Difference[] = [];
  for (const name of new Set([...real.actions.keys(), ...ours.keys()])) {
    const difference = { path: name, real: real.actions.get(name), ours: ours.get(name) };
    if (difference.real !== undefined && difference.real === difference.ours) {
      const [word = ''] = difference.real.split(' ');
      tally.agreed.set(word, (tally.agreed.get(word) ?? 0) + 1);
      continue;
    }
    const reason = reasonFor(difference, { given, real, plan });
    if (reason) tally.deliberate.set(reason.name, (tally.deliberate.get(reason.name) ?? 0) + 1);
    else unexplained.push(difference);
  }
  if (unexplained.length === 0) return;
  const differences = unexplained.map(
    (one) =>
      `${JSON.stringify(one.path)}: ${given.tool} ${one.real ?? 'nothing'}, we ${one.ours ?? 'nothing'}`,
  );
  const kinds = `${given.source.kind} to ${given.target.kind}: ${given.command} ${given.flags.join(' ')}`;
  tally.unexplained.push({
    short: `${differences.map((one) => `${given.seed} ${one}`).join('\n')}   [${kinds}]`,
    full: report(given, differences, real, plan),
  });
}

function report(given: ReadCase, differences: readonly string[], real: RealOutcome, plan: Plan): string {
  const items = (tree: Tree) => tree.items.map((item) => `    ${json(item)}`).join('\n');
  return [
    `Case ${given.seed}: ${given.tool} ${given.command} ${given.flags.map(json).join(' ')}`,
    `  alone: DIFFERENTIAL_SEED=${given.seed} node test/run.mjs test/interop/differential.test.ts`,
    ...differences.map((difference) => `  ${difference}`),
    `  source (${given.source.kind})\n${items(given.source)}`,
    `  target (${given.target.kind})\n${items(given.target)}`,
    `  files ${JSON.stringify(given.files)}`,
    `  options ${JSON.stringify(given.options)}`,
    `  our skipped ${JSON.stringify(plan.skipped)} conflicts ${JSON.stringify(plan.conflicts.map(({ path: at, because }) => [at, because]))} safety ${JSON.stringify(plan.safety.map(({ kind }) => kind))} problems ${JSON.stringify(plan.problems)}`,
    `  ${given.tool} (exit ${real.code}) printed ${real.warnings.join('\n    ')}`,
  ].join('\n');
}

/** `agreed` are the words of `Actions` that must occur, so that something is compared. */
async function compareAll(tool: Tool, agreed: readonly string[], print: (line: string) => void) {
  const tally: Tally = { cases: 0, names: 0, agreed: new Map(), deliberate: new Map(), unexplained: [] };
  const aws = tool === 'aws' ? new AwsRunner(env) : undefined;
  const waiting = seedsFor(tool).values();
  const worker = async () => {
    for (const seed of waiting)
      await compare(caseOf(seed), tally, aws).catch((error: unknown) => {
        const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
        tally.unexplained.push({ short: `${seed} failed`, full: `Case ${seed} failed: ${why}` });
      });
  };
  try {
    await Promise.all([worker(), worker(), worker()]);
  } finally {
    aws?.stop();
  }
  const counts = [...tally.agreed].map(([word, count]) => `${count} × ${word}`).join(', ');
  print(`${tally.cases} cases with ${tally.names} names; agreed: ${counts}; deliberately different:`);
  for (const { name } of deliberateDifferences)
    if (tally.deliberate.has(name)) print(`  ${tally.deliberate.get(name)} × ${name}`);
  const { unexplained } = tally;
  const shown = [
    `${unexplained.length} of ${tally.cases} cases differ`,
    ...unexplained.map(({ short }) => short),
    ...unexplained.slice(0, 5).map(({ full }) => `\n${full}`),
  ];
  assert.equal(unexplained.length, 0, shown.join('\n'));
  const missing = agreed.filter((word) => !tally.agreed.has(word));
  if (onlySeed === undefined) assert.deepEqual(missing, [], 'No case has these actions.');
}

test(
  'our plans are those of `aws s3 sync --dryrun`, except where we differ on purpose (A2–A9, A14, A15, A17, A18, A21, A23, A24)',
  {
    skip: skipWithout('aws') || skipWithoutPythonAws(),
  },
  (t) => compareAll('aws', ['copy', 'delete'], (line) => t.diagnostic(line)),
);

test('our plans are those of `rclone --dry-run` and `rclone check`, except where we differ on purpose (R5, R6, R8–R12, R16–R19, R24)', {
  skip: skipWithout('rclone'),
}, (t) => {
  const agreed = ['copy', 'delete', 'touch', 'moved', 'remove', '=', '*', '+', '-'];
  return compareAll('rclone', agreed, (line) => t.diagnostic(line));
});
