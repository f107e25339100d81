import type { Environment } from '../measure';
import type { Metadata } from '../server/store';

/** What a row asks of the tools, for their flags. */
export type Work = 'up' | 'down' | 'noop' | 'slowUp' | 'bigUp' | 'bigDown' | 'list' | 'slowList';

/** A folder of this machine, or a whole bucket. */
export type Place = { readonly folder: string } | { readonly bucket: string };

export interface Command {
  readonly words: readonly string[];
  readonly env: Environment;
}

/** A program with its flags. */
export interface Tool {
  /** Unique, and the name in tables. */
  readonly name: string;
  /** `ours` is compared with all peers; `floor` is what the machine can do. */
  readonly role: 'ours' | 'peer' | 'floor';
  /** What it writes beside the content, and so what the objects have that it meets. */
  readonly metadata: Metadata;
  /** The command that makes `to` like `from`; undefined when the tool, or these flags, don't fit the work. */
  sync(work: Work, from: Place, to: Place): Command | undefined;
  /** The command that lists a whole bucket; undefined as for `sync`. */
  list(work: Work, bucket: string): Command | undefined;
}

/** What the tools need to know. */
export interface Bench {
  readonly root: string;
  /** The folder of this run of the bench. */
  readonly work: string;
  readonly endpoint: string;
}

export const keys = { AWS_ACCESS_KEY_ID: 'BENCH', AWS_SECRET_ACCESS_KEY: 'bench-secret' };

/** The environment of every tool. */
export function environment(more: Environment = {}): Environment {
  return {
    ...process.env,
    ...keys,
    // rclone gives up when this is set; loopback needs no certificates.
    AWS_CA_BUNDLE: undefined,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    ...more,
  };
}
