import type { ChecksumAlgorithm } from '../requests/checksums';
import type { FactsOfRequest, StoredChecksum } from './objectStore';

/** A multipart upload that is neither completed nor aborted. */
export interface Upload {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly started: number;
  readonly facts: FactsOfRequest;
  readonly checksum: { algorithm: ChecksumAlgorithm; type: StoredChecksum['type'] } | undefined;
  readonly parts: Map<number, Part>;
}

/** One uploaded part. */
export interface Part {
  number: number;
  chunks: readonly Buffer[];
  size: number;
  digest: Buffer;
  etag: string;
  lastModified: number;
  checksum: { algorithm: ChecksumAlgorithm; value: string } | undefined;
}

/** Multipart uploads in progress, by upload id. */
export type Uploads = Map<string, Upload>;
