import fs from 'node:fs';
import path from 'node:path';
import { isTemporary } from '../../src/backends/local/temporaryNames';
import type { S3TestServer } from '../servers/s3/s3Server';

/** One side of a sync, read and changed without the engine. */
export interface Tree {
  put(file: string, content: Buffer): void;
  /** Undefined when there is no such file. */
  get(file: string): Buffer | undefined;
  /** Sorted, without our temporary files. */
  files(): string[];
}

/** The objects of the bucket "demo" whose keys start with `prefix`. */
export function treeInBucket({ store }: S3TestServer, prefix = ''): Tree {
  return {
    put: (file, content) =>
      void store.put('demo', prefix + file, content, { lastModified: 1_000_000_000_000 }),
    get: (file) => store.get('demo', prefix + file)?.body,
    files: () => {
      const keys = store.keys('demo').filter((key) => key.startsWith(prefix));
      return keys.map((key) => key.slice(prefix.length)).sort();
    },
  };
}

export function treeOnDisk(folder: string): Tree {
  return {
    put(file, content) {
      const absolute = path.join(folder, file);
      fs.mkdirSync(path.dirname(absolute), { recursive: true });
      fs.writeFileSync(absolute, content);
      fs.utimesSync(absolute, 1_000_000_000, 1_000_000_000);
    },
    get: (file) =>
      fs.existsSync(path.join(folder, file)) ? fs.readFileSync(path.join(folder, file)) : undefined,
    files: () => filesIn(folder).filter((file) => !isOurTemporary(folder, file)),
  };
}

/** The temporary files of the product below `folder`, sorted. */
export function temporariesIn(folder: string): string[] {
  return filesIn(folder).filter((file) => isOurTemporary(folder, file));
}

function isOurTemporary(folder: string, file: string): boolean {
  return isTemporary(path.basename(file), fs.lstatSync(path.join(folder, file), { bigint: true }));
}

/** Paths of everything but folders, with slashes, sorted. */
function filesIn(folder: string): string[] {
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)))
    .map((file) => file.split(path.sep).join('/'))
    .sort();
}
