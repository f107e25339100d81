import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildEngine } from '../measure';
import { type Bench, environment, type Place, type Tool } from './tool';

/** The engine of the extension. Its cache stays between the runs when `isWarm`, and is removed before each run otherwise. */
export function ours({ root, work, endpoint }: Bench): { readonly cold: Tool; readonly warm: Tool } {
  const engine = buildEngine(root, work);
  const remotes = path.join(work, 'remotes.json');
  const remote = { name: 'bench', backend: 's3', endpoint, region: 'us-east-1', credentials: 'environment' };
  writeFileSync(remotes, JSON.stringify([remote]));
  const env = environment();
  const address = (place: Place) => ('folder' in place ? place.folder : `bench:${place.bucket}`);
  const tool = (name: string, isWarm: boolean): Tool => {
    const cache = path.join(work, `cache-${name.replaceAll(' ', '-')}`);
    const settings = () => {
      if (!isWarm) rmSync(cache, { recursive: true, force: true });
      mkdirSync(cache, { recursive: true });
      return ['--remotes', remotes, '--cache', cache];
    };
    return {
      name,
      role: 'ours',
      metadata: 'times',
      sync: (_work, from, to) => ({
        words: [process.execPath, engine, 'run', address(from), address(to), ...settings()],
        env,
      }),
      list: (_work, bucket) => ({
        words: [process.execPath, engine, 'ls', `bench:${bucket}`, '--recursive', ...settings()],
        env,
      }),
    };
  };
  return { cold: tool('ours', false), warm: tool('ours, again', true) };
}
