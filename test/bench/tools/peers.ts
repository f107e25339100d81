import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Environment } from '../measure';
import { type Bench, environment, type Place, type Tool, type Work } from './tool';

/** A peer that this machine lacks, or has. */
export interface Peer {
  readonly program: string;
  /** As the program says it; undefined when it is missing. */
  readonly version: string | undefined;
  readonly tools: readonly Tool[];
}

/** Every peer, with its default flags and with the fastest flags that a user would choose. */
export function allPeers(bench: Bench): Peer[] {
  return [rclone(bench), s5cmd(bench), aws(bench), s3SyncClient(bench)];
}

type Flags = Partial<Record<Work, readonly string[]>>;

function rclone({ work, endpoint }: Bench): Peer {
  const env = environment({
    RCLONE_CONFIG: path.join(work, 'rclone.conf'),
    RCLONE_CONFIG_R_TYPE: 's3',
    RCLONE_CONFIG_R_PROVIDER: 'Other',
    RCLONE_CONFIG_R_ENDPOINT: endpoint,
    RCLONE_CONFIG_R_REGION: 'us-east-1',
    RCLONE_CONFIG_R_ENV_AUTH: 'true',
  });
  const many = ['--checkers', '32', '--fast-list'];
  const noHead = ['--s3-no-head', '--s3-no-check-bucket'];
  const tuned: Flags = {
    up: ['--transfers', '16', ...many, ...noHead],
    slowUp: ['--transfers', '32', ...many, ...noHead],
    down: ['--transfers', '16', ...many],
    noop: [...many, '--update', '--use-server-modtime'],
    bigUp: ['--s3-upload-concurrency', '8', '--s3-chunk-size', '16M', ...noHead],
    bigDown: ['--multi-thread-streams', '8'],
    slowList: ['--disable', 'ListR', '--checkers', '64'],
  };
  const tool = (name: string, flags?: Flags): Tool => ({
    name,
    role: 'peer',
    metadata: 'times',
    sync: (kind, from, to) => {
      const more = flags ? flags[kind] : [];
      return more && { words: ['rclone', 'sync', address('R:', from), address('R:', to), ...more], env };
    },
    list: (kind, bucket) => {
      const more = flags ? flags[kind] : [];
      return (
        more && {
          words: ['rclone', 'lsf', '-R', '--format', 'ps', '--fast-list', `R:${bucket}`, ...more],
          env,
        }
      );
    },
  });
  return peer('rclone', ['version'], [tool('rclone'), tool('rclone, tuned', tuned)]);
}

function s5cmd({ endpoint }: Bench): Peer {
  const env = environment({ S3_ENDPOINT_URL: endpoint });
  const tuned: Flags = {
    bigUp: ['--concurrency', '8', '--part-size', '16'],
    bigDown: ['--concurrency', '8', '--part-size', '16'],
  };
  const tool = (name: string, workers: readonly string[], flags: Flags | undefined, verb = 'sync'): Tool => ({
    name,
    role: 'peer',
    metadata: 'none',
    sync: (kind, from, to) => {
      const more = flags ? flags[kind] : [];
      const source = 'folder' in from ? `${from.folder}/` : `s3://${from.bucket}/*`;
      const target = 'folder' in to ? `${to.folder}/` : `s3://${to.bucket}/`;
      return more && { words: ['s5cmd', '--log', 'error', ...workers, verb, ...more, source, target], env };
    },
    list: (_kind, bucket) =>
      flags ? undefined : { words: ['s5cmd', ...workers, 'ls', `s3://${bucket}/*`], env },
  });
  // 256 workers are the default; fewer are faster where the processor is the limit.
  const few: Flags = { up: [], down: [], slowUp: [], noop: [], ...tuned };
  return peer(
    's5cmd',
    ['version'],
    [tool('s5cmd', [], undefined), tool('s5cmd, tuned', ['--numworkers', '32'], few)],
  );
}

function aws({ work, endpoint }: Bench): Peer {
  const config = path.join(work, 'aws-config');
  writeFileSync(config, '[default]\ns3 =\n  max_concurrent_requests = 32\n  max_queue_size = 10000\n');
  const words = ['aws', '--endpoint-url', endpoint, 's3'];
  // More requests at once matter where there are many.
  const few: readonly Work[] = ['up', 'down', 'slowUp'];
  const tool = (name: string, env: Environment, isTuned: boolean): Tool => ({
    name,
    role: 'peer',
    metadata: 'none',
    sync: (kind, from, to) =>
      isTuned && !few.includes(kind)
        ? undefined
        : {
            words: [...words, 'sync', address('s3://', from), address('s3://', to), '--only-show-errors'],
            env,
          },
    list: (_kind, bucket) =>
      isTuned ? undefined : { words: [...words, 'ls', '--recursive', `s3://${bucket}`], env },
  });
  const none = environment({ AWS_CONFIG_FILE: path.join(work, 'no-aws-config') });
  return peer(
    'aws',
    ['--version'],
    [tool('aws', none, false), tool('aws, tuned', environment({ AWS_CONFIG_FILE: config }), true)],
  );
}

function s3SyncClient({ root, endpoint }: Bench): Peer {
  const script = path.join(root, 'test/bench/tools/s3SyncClient.mjs');
  const version = packageVersion(root);
  const env = environment({ BENCH_ROOT: root });
  const tool: Tool = {
    name: 's3-sync-client',
    role: 'peer',
    metadata: 'none',
    sync: (_kind, from, to) => ({
      words: [process.execPath, script, endpoint, address('s3://', from), address('s3://', to)],
      env,
    }),
    list: () => undefined,
  };
  return { program: 's3-sync-client', version, tools: version === undefined ? [] : [tool] };
}

/** The version of the package, in the project's or `NODE_PATH`'s modules. */
function packageVersion(root: string): string | undefined {
  try {
    const required = createRequire(path.join(root, 'package.json'));
    return required('s3-sync-client/package.json').version;
  } catch {
    return undefined;
  }
}

function address(prefix: string, place: Place): string {
  return 'folder' in place ? place.folder : `${prefix}${place.bucket}`;
}

function peer(program: string, words: readonly string[], tools: readonly Tool[]): Peer {
  const asked = spawnSync(program, words, { encoding: 'utf8', env: environment() });
  const version = asked.status === 0 ? /\d+\.\d+(\.\d+)?/.exec(asked.stdout || asked.stderr)?.[0] : undefined;
  return { program, version, tools: version === undefined ? [] : tools };
}

/** A program of this name on PATH that `accepts`; undefined without one. */
export function onPath(name: string, accepts: (file: string) => boolean): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find((file) => existsSync(file) && accepts(file));
}
