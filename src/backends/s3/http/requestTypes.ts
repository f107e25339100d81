import type { Readable } from 'node:stream';
import type { ObjectAttributes } from '../model/objectHeaders';
import type { UnsizedFacts } from '../model/objectInfo';
import type { ObjectLocation } from '../model/objectKey';

/** The shapes of requests and of their answers, whichever client sends them. */
export interface ListRequest {
  readonly bucket: string;
  readonly prefix: string;
  readonly delimiter?: string | undefined;
  readonly maxKeys?: number | undefined;
  readonly token?: string | undefined;
}

export interface GetOptions {
  /** `bytes=0-9` */
  readonly range?: string | undefined;
  /** An ETag without quotes. */
  readonly ifMatch?: string | undefined;
  readonly withChecksum?: boolean;
}

export interface GetResponse {
  readonly stream: Readable;
  readonly facts: UnsizedFacts;
  /** Bytes of this body; undefined when it comes in chunks. */
  readonly bodyLength: number | undefined;
  /** `bytes 0-9/100` of a partial answer. */
  readonly contentRange: string | undefined;
  /** Base64 CRC32 of the whole object, when the service told it. */
  readonly crc32: string | undefined;
}

export interface PutRequest {
  readonly place: ObjectLocation;
  readonly attributes: ObjectAttributes;
  readonly condition: { readonly IfMatch?: string; readonly IfNoneMatch?: string };
  readonly content: Buffer | Readable;
  readonly length: number;
  /** Base64; undefined where the service takes none. */
  readonly contentMd5: string | undefined;
  /** Base64. */
  readonly crc32: string | undefined;
}

export interface PartRequest {
  readonly place: ObjectLocation;
  readonly uploadId: string;
  /** From 1. */
  readonly number: number;
  readonly content: Buffer;
  /** Base64; undefined where the service takes none. */
  readonly contentMd5: string | undefined;
  /** Base64. */
  readonly crc32: string | undefined;
}

export interface CopyRequest {
  readonly from: ObjectLocation;
  /** An ETag without quotes: what the source has to be. */
  readonly sourceIs: string | undefined;
  readonly to: ObjectLocation;
  /** All that the copy is to have; undefined = what the source has, but for what `own` gives. */
  readonly attributes: ObjectAttributes | undefined;
  readonly own: ObjectAttributes;
  readonly copiesTags: boolean;
  readonly condition: { readonly IfMatch?: string; readonly IfNoneMatch?: string };
}

export interface CopyResponse {
  readonly etag: string | undefined;
  readonly lastModifiedMs: number | undefined;
}

/** An upload in parts that was begun. */
export interface BegunUpload {
  readonly uploadId: string;
  readonly serverSideEncryption: string | undefined;
  /** When the service answered, by its clock. */
  readonly dateMs: number | undefined;
}

export interface PutResponse {
  readonly etag: string | undefined;
  readonly serverSideEncryption: string | undefined;
  /** When the service answered, by its clock. */
  readonly dateMs: number | undefined;
}
