import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { App, SyncRequest } from '../../src/app';
import { awsFlags, awsFlagsOf } from '../../src/commandLine/aws/awsFlags';
import { isUndecided, type ReadCommand, type ReadPlace } from '../../src/commandLine/commandLine';
import { isProblem, orProblem } from '../../src/commandLine/lineProblem';
import { rcloneFlags } from '../../src/commandLine/rclone/readRclone';
import { readCommandLine } from '../../src/commandLine/readCommandLine';
import { knownRemote } from '../../src/commandLine/resolvePlace';
import { splitCommandLine } from '../../src/commandLine/shell/shellWords';
import { writeCommandLine } from '../../src/commandLine/writeCommandLine';
import type { Plan } from '../../src/plan/model/plan';
import { parsePlanOptions } from '../../src/plan/model/planOptions';
import { type S3TestServer, startS3Server } from '../servers/s3/s3Server';
import { AwsRunner, skipWithoutPythonAws } from './differential/awsRunner';
import { appFor } from './realSync';
import { skipWithout, toolEnvironment } from './realTools';

const noRclone = skipWithout('rclone');
const noAws = skipWithoutPythonAws();
const run = promisify(execFile);

let server: S3TestServer;
let aws: AwsRunner;
let app: App;
let folder: string;
let env: Record<string, string>;

const old = Date.UTC(2024, 0, 1);
const late = Date.UTC(2025, 0, 1);

/** Name, content and modified time of the files in `src`. */
const here: readonly [string, string, number][] = [
  ['a.txt', 'same', old],
  ['b.txt', 'longer', old],
  ['new.css', 'new', old],
  ['sub/c.txt', 'here!', late],
  ['sub/d.txt', 'dddd', old],
  ['sub/x.tmp', 'x', old],
  ['sub/deep/y.js', 'yy', old],
  ["it's + [1].txt", 'odd', late],
  ['large.bin', 'l'.repeat(20_000), late],
];
/** Name, content, the owner's time and the service's time of the objects below `p/`. */
const there: readonly [string, string, number, number][] = [
  ['a.txt', 'same', old, late],
  ['b.txt', 'short', old, old],
  ['sub/c.txt', 'there', old, old],
  ['sub/d.txt', 'dddd', late, late],
  ['sub/gone.tmp', 'g', old, old],
  ['old/gone.txt', 'gone', old, old],
  ['moved.css', 'new', old, old],
];

before(async () => {
  server = await startS3Server();
  folder = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-lines-'));
  for (const [name, content, time] of here) {
    const file = path.join(folder, 'src', name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    utimesSync(file, time / 1000, time / 1000);
  }
  writeFileSync(path.join(folder, 'rules.txt'), '# rules\n- *.tmp\n+ *.css\n- /sub/deep/**\n');
  writeFileSync(path.join(folder, 'names.txt'), 'a.txt\nnew.css\nold/gone.txt\n');
  for (const bucket of ['bucket', 'other']) server.store.createBucket(bucket);
  for (const [name, content, time, stored] of there)
    server.store.put('bucket', `p/${name}`, content, {
      metadata: { mtime: String(time / 1000) },
      lastModified: stored,
    });
  env = {
    ...toolEnvironment(server),
    AWS_ENDPOINT_URL: server.endpoint,
    RCLONE_CONFIG_LAB_TYPE: 's3',
    RCLONE_CONFIG_LAB_PROVIDER: 'Other',
    RCLONE_CONFIG_LAB_ENDPOINT: server.endpoint,
    RCLONE_CONFIG_LAB_REGION: server.region,
    RCLONE_CONFIG_LAB_ENV_AUTH: 'true',
  };
  app = appFor(server, { name: 'lab' });
});

after(async () => {
  // Stopped here, because a suite with a failure does not run its own `after`.
  if (!noAws) aws.stop();
  await app.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

function read(line: string): ReadCommand {
  const command = readCommandLine(line, {
    remotes: remotes(),
    folder,
    readFile: (file) => {
      const { stdout, status } = spawnSync('cat', [file], { encoding: 'utf8' });
      return status === 0 ? stdout : undefined;
    },
    kindOf: (file) => (/\.(?:txt|bin)$/.test(file) ? 'file' : 'folder'),
  });
  assert.ok(!isProblem(command), JSON.stringify(command));
  const refused = command.flags.filter(({ verdict }) => verdict === 'refused');
  assert.deepEqual(refused, []);
  return command;
}

/** The places and options of a command. The tools find the endpoint in their environment; ours is the only remote. */
function requestOf({ source, target, options }: ReadCommand): SyncRequest {
  const placeOf = (side: ReadPlace) => (isUndecided(side) ? side.placeOn('lab') : side.place);
  return { source: placeOf(source), target: placeOf(target), options: parsePlanOptions(options) };
}

const planOf = (command: ReadCommand) => app.planSync(requestOf(command), AbortSignal.timeout(20_000));
const remotes = () => app.remotes().map(({ settings }) => knownRemote(settings));

/** "copy a.txt", "delete b", … in order. Setting a time is `touch`. */
function ours(plan: Plan): string[] {
  const words = {
    copyFile: 'copy',
    setTime: 'touch',
    deleteFile: 'delete',
    moveFile: 'move',
    removeSource: 'remove',
  };
  return plan.actions
    .flatMap(({ kind, path: at }) => (kind === 'removeFolder' ? [] : [`${words[kind]} ${at}`]))
    .sort();
}

const awsLines = [
  'aws s3 sync src s3://bucket/p',
  'aws s3 sync src s3://bucket/p --delete',
  'aws s3 sync src/ s3://bucket/p/ --delete --size-only',
  "aws s3 sync src s3://bucket/p --delete --exclude '*.tmp'",
  "aws s3 sync src s3://bucket/p --exclude '*' --include '*.css' --include 'sub/*' --exclude 'sub/deep/*'",
  'aws s3 sync s3://bucket/p src',
  'aws s3 sync s3://bucket/p src --exact-timestamps --delete',
  'aws s3 sync s3://bucket/p src --size-only --exact-timestamps',
  'aws s3 sync s3://bucket/p s3://other/copy --no-progress',
  'aws s3 sync s3://bucket/p/sub s3://other --delete',
  'aws s3 cp src s3://bucket/p --recursive',
  "aws s3 cp s3://bucket/p src --recursive --exclude='*.txt'",
  'aws s3 cp src/a.txt s3://bucket/p/',
  'aws s3 cp src/large.bin s3://bucket/p/large.bin',
  'aws s3 cp s3://bucket/p/b.txt src',
  'aws s3 cp "src/it\'s + [1].txt" s3://bucket/p/',
  'aws s3 mv src s3://bucket/p --recursive --exclude "sub/*"',
  'aws s3 mv s3://bucket/p/a.txt s3://other/',
];

describe('lines of the real aws', { skip: noAws }, () => {
  before(() => {
    aws = new AwsRunner(env);
  });

  for (const line of awsLines)
    test(`our plan is what aws would do: ${line}`, async () => {
      const split = orProblem(() => splitCommandLine(line));
      assert.ok(!isProblem(split));
      const [plan, { stdout, stderr }] = await Promise.all([
        planOf(read(line)),
        aws.run(folder, [...split.words.slice(1), '--dryrun']),
      ]);
      assert.equal(stderr, '');
      const theirs = stdout.split(/[\r\n]+/).flatMap((text) => {
        const [, kind, rest = ''] =
          /^\(dryrun\) (upload|download|copy|move|delete): (.*?)\s*$/.exec(text) ?? [];
        if (kind === undefined) return [];
        const from = (kind === 'delete' ? rest : (rest.split(/ to (?=s3:|src|\.)/)[0] ?? ''))
          .replace(/^s3:\/\/(?:bucket\/p|other\/copy|other)\//, '')
          .replace(/^(?:\.\/)?src\//, '');
        const name = line.includes('p/sub') ? from.replace(/^sub\//, '') : from;
        return [`${kind === 'delete' ? kind : 'copy'} ${name}`];
      });
      assert.ok(theirs.length > 0 || /--size-only --exact/.test(line), stdout);
      assert.deepEqual(ours(plan), theirs.sort());
    });

  test('every flag of the tool has a verdict and the right arity', async () => {
    const wrong: string[] = [];
    // Manuals are formatted by another program, so the driver can't catch them.
    const verbs = ['sync', 'cp', 'mv'];
    const manuals = await Promise.all(verbs.map((verb) => run('aws', ['s3', verb, 'help'], { env })));
    for (const [i, { stdout }] of manuals.entries()) {
      const verb = verbs[i] ?? '';
      const text = stdout.replace(/.\x08/g, '');
      const synopsis = text.slice(text.indexOf('SYNOPSIS'), text.indexOf('OPTIONS'));
      const found = [...synopsis.matchAll(/--([\w-]+)(?: (<value>)( \[<value>)?)?/g)];
      assert.ok(found.length > 40, synopsis);
      for (const [, name = '', value, list] of found) {
        const arity = awsFlags.get(name)?.arity;
        const expected = list ? ['many'] : value ? ['one', 'optional'] : ['none'];
        const only = awsFlagsOf[name];
        if (arity === undefined || !expected.includes(arity)) wrong.push(`${verb} --${name}: ${arity}`);
        if (only && !only.includes(verb)) wrong.push(`${verb} --${name} is not for ${only}`);
      }
    }
    // The manual shows a value for --version, which belongs to aws itself.
    const ofVerbs = wrong.filter((text) => !/--version/.test(text));
    assert.deepEqual(ofVerbs, []);
  });

  test('a line that we write does in the tool what our plan says', async () => {
    const command = read("aws s3 sync src s3://bucket/p --delete --exclude '*' --include 'sub/*'");
    const { line = '' } = writeCommandLine(requestOf(command), 'aws', remotes());
    const split = orProblem(() => splitCommandLine(line));
    assert.ok(!isProblem(split));
    const { stdout } = await aws.run(folder, [...split.words.slice(1), '--dryrun']);
    const theirs = [...stdout.matchAll(/\(dryrun\) (upload|delete): \S*?(?:src|bucket\/p)\/(\S+)/g)];
    assert.deepEqual(
      theirs.map(([, kind, name]) => `${kind === 'upload' ? 'copy' : kind} ${name}`).sort(),
      ours(await planOf(command)),
    );
  });
});

const rcloneLines = [
  'rclone sync src lab:bucket/p',
  'rclone copy src lab:bucket/p',
  'rclone sync src lab:bucket/p --size-only -P',
  'rclone sync src lab:bucket/p -c',
  'rclone sync src lab:bucket/p --ignore-existing --delete-during',
  'rclone copy src lab:bucket/p -I',
  'rclone copy src lab:bucket/p -u',
  'rclone sync src lab:bucket/p --ignore-size',
  'rclone sync src lab:bucket/p --no-update-modtime --delete-before',
  "rclone sync src lab:bucket/p --exclude '*.tmp' --exclude '/sub/deep/**'",
  "rclone sync src lab:bucket/p --include '*.css' --include '/sub/**'",
  "rclone sync src lab:bucket/p --include '*.txt' --exclude 'sub/**' --filter '- a.txt'",
  "rclone sync src lab:bucket/p --filter '- *.tmp' -f '+ *.css' --filter '- *'",
  'rclone sync src lab:bucket/p --filter-from rules.txt',
  "rclone sync src lab:bucket/p --filter '+ *.css'",
  "rclone sync src lab:bucket/p -f '+ *.css' -f '+ /sub/**' --max-depth 2",
  "rclone sync src lab:bucket/p --exclude '*.tmp' --filter '!' --filter '+ *.css'",
  "rclone sync src lab:bucket/p --include '*.css' --filter '!' --filter '+ *.txt'",
  "rclone sync src lab:bucket/p --filter '+ *.txt' --include '*.css'",
  'rclone copy src lab:bucket/p --files-from names.txt',
  "rclone sync src lab:bucket/p --delete-excluded --exclude '*.tmp'",
  'rclone copy src lab:bucket/p --max-size 10K --min-size 2B',
  'rclone copy src lab:bucket/p --max-depth 1',
  'rclone copy src lab:bucket/p --max-age 1d',
  'rclone sync lab:bucket/p src --checksum',
  'rclone sync lab:bucket/p lab:other/copy --fast-list --transfers 2',
  'rclone copy src/a.txt lab:other',
  'rclone copyto src/large.bin lab:bucket/p/large.bin',
  'rclone sync src ":s3,provider=Other,env_auth,endpoint=\'ENDPOINT\':bucket/p"',
];

describe('lines of the real rclone', { skip: noRclone }, () => {
  /** Runs the line in a real shell, which splits it. */
  async function rclone(line: string, ...more: string[]): Promise<{ stdout: string; stderr: string }> {
    const script = [line, ...more].join(' ');
    return run('sh', ['-c', script], { env, cwd: folder }).catch((error) => error);
  }

  for (const line of rcloneLines)
    test(`our plan is what rclone would do: ${line}`, async () => {
      const whole = line.replace('ENDPOINT', server.endpoint);
      const [plan, { stderr }] = await Promise.all([
        planOf(read(whole)),
        rclone(whole.replace(' -P', ''), '--dry-run', '--use-json-log'),
      ]);
      const theirs = stderr.split('\n').flatMap((text) => {
        if (!text.startsWith('{')) return [];
        const { object, skipped, level, msg } = JSON.parse(text) as Record<string, string>;
        // rclone warns of mixed includes and excludes, although it always orders them in the same way.
        assert.ok(level !== 'error' || /indeterminate/.test(msg ?? ''), text);
        if (skipped === undefined || skipped === 'remove directory') return [];
        return [`${/time/.test(skipped) ? 'touch' : skipped} ${object}`];
      });
      assert.deepEqual(ours(plan), theirs.sort());
    });

  for (const line of [
    'rclone check src lab:bucket/p --combined -',
    'rclone check src lab:bucket/p --one-way --combined -',
    'rclone check lab:bucket/p src --one-way --size-only --combined -',
  ])
    test(`a check gives the same marks: ${line}`, async () => {
      const [plan, { stdout }] = await Promise.all([planOf(read(line)), rclone(line)]);
      const marks = new Map(plan.same?.map((at): [string, string] => [at, '=']));
      for (const action of plan.actions)
        marks.set(action.path, action.kind === 'deleteFile' ? '-' : 'before' in action ? '*' : '+');
      assert.deepEqual(
        [...marks].map(([at, mark]) => `${mark} ${at}`).sort(),
        stdout.split('\n').filter(Boolean).sort(),
      );
    });

  test('every flag of the tool has a verdict and the right arity', () => {
    const verbs = ['sync', 'copy', 'move', 'check', 'copyto', 'moveto'];
    const calls = [['help', 'flags'], ...verbs.map((verb) => [verb, '--help'])];
    const texts = calls.map((args) => spawnSync('rclone', args, { encoding: 'utf8', env }).stdout);
    const flag = /^ +(?:-(\w), )?--([\w-]+)(?: ([\w|]+))?(?: {2,}|$)/gm;
    const found = texts.flatMap((text) => [...text.matchAll(flag)]);
    assert.ok(found.length > 500, `${found.length}`);
    const wrong: string[] = [];
    for (const [, letter, name = '', type] of found) {
      const value = type !== undefined && type !== 'count';
      const line = `rclone sync ${letter ? `-${letter}` : `--${name}`}${value ? ' 7' : ''} /a lab:b`;
      const command = readCommandLine(line, { remotes: [{ name: 'lab', kind: 's3' }] });
      const arity = rcloneFlags.get(name)?.arity;
      if (arity !== undefined && arity !== (value ? 'one' : 'none')) wrong.push(`--${name}: ${arity}`);
      if (isProblem(command)) {
        // A problem with the value of --backup-dir says nothing about the flag.
        if (!/--backup-dir/.test(command.problem)) wrong.push(`--${name}: ${command.problem}`);
        continue;
      }
      const [verdict] = command.flags;
      if (command.flags.length !== 1 || !verdict) wrong.push(`--${name}: ${command.flags.length} verdicts`);
      else if (/is unknown/.test(verdict.because ?? '')) wrong.push(`--${name}: ${verdict.because}`);
    }
    assert.deepEqual(wrong, []);
  });
});
