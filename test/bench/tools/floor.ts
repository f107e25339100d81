import path from 'node:path';
import { type Bench, environment, type Tool, type Work } from './tool';

/** Connections of the floor for each kind of work; the kinds that it leaves out are no matter of requests alone. */
const connections: Partial<Record<Work, number>> = {
  up: 16,
  down: 16,
  slowUp: 64,
  bigUp: 1,
  bigDown: 1,
  list: 1,
  slowList: 1,
};

/** The least that a client on this machine can do: `floorClient.mjs`. */
export function floor({ root, endpoint }: Bench): Tool {
  const script = path.join(root, 'test/bench/tools/floorClient.mjs');
  const command = (verb: string, work: Work, bucket: string, folder: string) => {
    const count = connections[work];
    if (count === undefined) return undefined;
    const words = [process.execPath, script, verb, new URL(endpoint).port, bucket, folder, String(count)];
    return { words, env: environment() };
  };
  return {
    name: 'floor',
    role: 'floor',
    metadata: 'none',
    sync: (work, from, to) => {
      if ('folder' in from && 'bucket' in to) return command('up', work, to.bucket, from.folder);
      if ('bucket' in from && 'folder' in to) return command('down', work, from.bucket, to.folder);
      return undefined;
    },
    list: (work, bucket) => command('list', work, bucket, ''),
  };
}
