import { readFileSync } from 'node:fs';
import path from 'node:path';
import { contentOf, type FileSet, fileOf } from '../fileSets';

/** Throws an Error with the first file whose bytes in `folder` are not those of the set. */
export function checkFolder(folder: string, set: FileSet): void {
  for (let i = 0; i < set.count; i++) compare(set, i, readFileSync(path.join(folder, fileOf(set, i).path)));
}

/** Throws an Error with the first object below `address` whose bytes are not those of the set. The server must have kept all bodies. */
export async function checkBucket(address: string, set: FileSet): Promise<void> {
  for (let i = 0; i < set.count; i++) {
    const response = await fetch(`${address}/${fileOf(set, i).path}`);
    compare(set, i, Buffer.from(await response.arrayBuffer()));
  }
}

function compare(set: FileSet, i: number, found: Buffer): void {
  if (!found.equals(Buffer.concat(contentOf(set, i))))
    throw new Error(`${fileOf(set, i).path} has other content`);
}
