import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { S3TestServer } from '../../servers/s3/s3Server';
import { StoredObject } from '../../servers/s3/store/objectStore';
import type { Tree } from './cases';

/** Writes a tree of the kind `disk` into a new folder. */
export function writeToDisk(tree: Tree, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const { path: name, content, modified, link } of tree.items) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    if (link !== undefined) {
      symlinkSync(link, file);
      continue;
    }
    writeFileSync(file, content);
    // Exact, unlike a division by 1e9, because the times are multiples of 1/64 s.
    const seconds = Number((modified * 64n) / 1_000_000_000n) / 64;
    utimesSync(file, seconds, seconds);
    const kept = lstatSync(file, { bigint: true }).mtimeNs;
    if (kept !== modified) throw new Error(`The disk keeps ${kept} for ${modified}.`);
  }
}

/** Puts a tree of the kind `store` below a prefix, beside a key that begins with the same letters (H34). */
export function putIntoStore(tree: Tree, server: S3TestServer, bucket: string, prefix: string): void {
  const there = server.store.bucket(bucket);
  there.put(
    new StoredObject(`${prefix}-beside/neighbour`, { body: Buffer.from('not ours'), lastModified: 0 }),
  );
  for (const { path: name, content, object } of tree.items) {
    if (!object) throw new Error(`"${name}" is no object.`);
    const md5 = createHash('md5').update(content).digest();
    there.put(
      new StoredObject(`${prefix}/${name}`, {
        body: Buffer.from(content),
        lastModified: object.stored,
        ...(object.multipart && { etag: `${createHash('md5').update(md5).digest('hex')}-1` }),
        metadata: {
          ...(object.mtime !== undefined && { mtime: object.mtime }),
          ...(object.md5 && { md5chksum: md5.toString('base64') }),
        },
      }),
    );
  }
}
