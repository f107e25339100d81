import type { Readable } from 'node:stream';
import type { HttpBody } from '../../../http/httpResponse';
import type { ObjectAttributes } from '../model/objectHeaders';
import type { UnsizedFacts } from '../model/objectInfo';
import type { ObjectLocation } from '../model/objectKey';

/** The requests and responses of S3Api, whichever client sends them. */
export interface ListRequest {
  readonly bucket: string;
  readonly prefix: string;
  readonly delimiter?: string | undefined;
  readonly maxKeys?: number | undefined;
  readonly token?: string | undefined;
  /** Only keys after this one. */
  readonly after?: string | undefined;
}

export interface GetOptions {
  /** `bytes=0-9` */
  readonly range?: string | undefined;
  /** An ETag without quotes. */
  readonly ifMatch?: string | undefined;
  readonly withChecksum?: boolean;
}

export interface GetResponse {
  readonly body: HttpBody;
  readonly facts: UnsizedFacts;
  /** Bytes of this body; undefined when it is chunked. */
  readonly bodyLength: number | undefined;
  /** `bytes 0-9/100` of a partial response. */
  readonly contentRange: string | undefined;
  /** Base64 CRC32 of the whole object, when the service sends one. */
  readonly crc32: string | undefined;
}

/** ETags with quotes, or `*`. */
export interface WriteCondition {
  readonly IfMatch?: string;
  readonly IfNoneMatch?: string;
}

/** Both in base64. */
interface Checksums {
  /** Undefined where the service accepts no Content-MD5. */
  readonly contentMd5: string | undefined;
  readonly crc32: string | undefined;
}

export interface PutRequest extends Checksums {
  readonly place: ObjectLocation;
  readonly attributes: ObjectAttributes;
  readonly condition: WriteCondition;
  readonly content: Buffer | Readable;
  readonly length: number;
}

export interface PartRequest extends Checksums {
  readonly place: ObjectLocation;
  readonly uploadId: string;
  /** From 1. */
  readonly number: number;
  readonly content: Buffer;
}

export interface CopyRequest {
  readonly from: ObjectLocation;
  /** The ETag, without quotes, that the source must have. */
  readonly sourceIs: string | undefined;
  readonly to: ObjectLocation;
  /** All attributes of the copy; undefined = those of the source, except the ones in `own`. */
  readonly attributes: ObjectAttributes | undefined;
  readonly own: ObjectAttributes;
  readonly copiesTags: boolean;
  readonly condition: WriteCondition;
}

export interface CopyResponse {
  readonly etag: string | undefined;
  readonly lastModifiedMs: number | undefined;
}

/** The facts in the headers of a finished write. */
export interface WriteFacts {
  readonly serverSideEncryption: string | undefined;
  /** The Date of the response, in milliseconds since the epoch by the service's clock. */
  readonly dateMs: number | undefined;
}

export interface PutResponse extends WriteFacts {
  readonly etag: string | undefined;
}

/** A started multipart upload. */
export interface BegunUpload extends WriteFacts {
  readonly uploadId: string;
}
