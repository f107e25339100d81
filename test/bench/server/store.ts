import { createHash, hash } from 'node:crypto';
import { bytesOf, contentOf, type FileSet, fileOf } from '../fileSets';
import { Bucket, type StoredObject } from './bucket';

/** The metadata that a seeded bucket has: with times as rclone and this extension write them, or none, as aws and s5cmd leave it. */
export type Metadata = 'times' | 'none';

/** The buckets of the server, and the multipart uploads into them. */
export class Store {
  readonly buckets = new Map<string, Bucket>();
  /** The parts of each multipart upload, by its id. */
  readonly uploads = new Map<string, Map<number, StoredObject>>();
  /** The headers that each multipart upload was begun with. */
  readonly uploadHeaders = new Map<string, string>();
  /** @param keeps whether the content of received bodies is kept, and not only their sizes */
  constructor(readonly keeps = true) {}

  private readonly digests = new Map<string, { readonly md5: string; readonly etag: string }>();

  bucket(name: string): Bucket {
    const bucket = this.buckets.get(name) ?? new Bucket();
    this.buckets.set(name, bucket);
    return bucket;
  }

  /** Puts a whole set into a bucket, at once, below `prefix`. The objects were stored yesterday. */
  seed(name: string, prefix: string, set: FileSet, metadata: Metadata): void {
    const bucket = this.bucket(name);
    const modified = Date.now() - 86_400_000;
    for (let i = 0; i < set.count; i++) {
      const { path, size, modified: time } = fileOf(set, i);
      const content = contentOf(set, i);
      const { md5, etag } = this.digestsOf(content);
      let headers = 'Content-Type: application/octet-stream\r\n';
      if (metadata === 'times') headers += `x-amz-meta-mtime: ${time}\r\n`;
      if (metadata === 'times' && etag !== md5)
        headers += `x-amz-meta-md5chksum: ${Buffer.from(md5, 'hex').toString('base64')}\r\n`;
      bucket.set(`${prefix}${path}`, { size, etag, modified, headers, content });
    }
    if (prefix === '' && bucket.bytes < bytesOf(set)) throw new Error(`${name} was not filled.`);
  }

  private digestsOf(content: readonly Buffer[]): { readonly md5: string; readonly etag: string } {
    if (content.length <= 1) {
      const md5 = md5Of(content);
      return { md5, etag: md5 };
    }
    const size = content.reduce((sum, { length }) => sum + length, 0);
    const known = this.digests.get(String(size));
    if (known) return known;
    const parts = content.map((piece) => md5Of([piece]));
    const made = { md5: md5Of(content), etag: multipartEtag(parts) };
    this.digests.set(String(size), made);
    return made;
  }
}

/** Lower-case hex. */
export function md5Of(pieces: readonly Buffer[]): string {
  if (pieces.length === 1) return hash('md5', pieces[0] as Buffer);
  const hashed = createHash('md5');
  for (const piece of pieces) hashed.update(piece);
  return hashed.digest('hex');
}

/** The ETag that S3 gives to an object of several parts, from the MD5s of the parts in hex. */
export function multipartEtag(md5s: readonly string[]): string {
  return `${md5Of([Buffer.from(md5s.join(''), 'hex')])}-${md5s.length}`;
}
