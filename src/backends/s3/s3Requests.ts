import type { Readable } from 'node:stream';
import type { GetObjectCommandOutput, HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { S3Connection } from './s3Client';
import type { S3Config } from './s3Config';
import { type ErrorContext, toRemoteError } from './s3Errors';
import { decodeListedKey, type ObjectPlace } from './s3Keys';
import { type ListedObject, type ObjectFacts, unquoted } from './s3Objects';

export interface ListRequest {
  readonly bucket: string;
  readonly prefix: string;
  readonly delimiter?: string | undefined;
  readonly maxKeys?: number | undefined;
  readonly token?: string | undefined;
}

/** One answer of a listing, keys decoded. A key that isn't valid text stands in `undecodable` as it was spelled. */
export interface ListAnswer {
  readonly objects: readonly ListedObject[];
  readonly prefixes: readonly string[];
  readonly undecodable: readonly string[];
  readonly truncated: boolean;
  readonly nextToken: string | undefined;
}

export interface GetAnswer {
  readonly stream: Readable;
  readonly facts: ObjectFacts;
  /** `bytes 0-9/100` of a partial answer. */
  readonly contentRange: string | undefined;
  /** Bytes that this answer's body must have. */
  readonly length: number | undefined;
  /** Base64 CRC32 of the whole object, when the service told it and the whole object was asked for. */
  readonly crc32: string | undefined;
}

/**
 * The requests that are made by the thousand, and one door for all others. What leaves here failed is a RemoteError or the
 * signal's reason; a signal already aborted starts no request.
 */
export class S3Requests {
  constructor(
    readonly config: S3Config,
    readonly connection: S3Connection,
  ) {}

  /** Runs one request of the SDK. `about` names what the error's sentence shall name. */
  async run<T>(
    about: { readonly bucket?: string; readonly path?: string },
    signal: AbortSignal,
    request: (connection: S3Connection) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    try {
      return await request(this.connection);
    } catch (error) {
      throw toRemoteError(error, this.context(about), signal);
    }
  }

  /** What errors of a request about `about` need for their sentence. */
  context(about: { readonly bucket?: string; readonly path?: string }): ErrorContext {
    return { config: this.config, region: this.connection.region, ...about };
  }

  list(request: ListRequest, signal: AbortSignal): Promise<ListAnswer> {
    return this.run({ bucket: request.bucket }, signal, async ({ client, sdk }) => {
      const answer = await client.send(
        new sdk.ListObjectsV2Command({
          Bucket: request.bucket,
          Prefix: request.prefix,
          EncodingType: 'url',
          Delimiter: request.delimiter,
          MaxKeys: request.maxKeys,
          ContinuationToken: request.token,
        }),
        { abortSignal: signal },
      );
      const decode = answer.EncodingType === 'url' ? decodeListedKey : (text: string) => text;
      const undecodable: string[] = [];
      const objects: ListedObject[] = [];
      for (const object of answer.Contents ?? []) {
        const key = decode(object.Key ?? '');
        if (key === undefined) undecodable.push(object.Key ?? '');
        else
          objects.push({
            key,
            size: object.Size ?? 0,
            etag: unquoted(object.ETag),
            lastModifiedMs: object.LastModified?.getTime(),
            storageClass: object.StorageClass,
          });
      }
      const prefixes: string[] = [];
      for (const { Prefix = '' } of answer.CommonPrefixes ?? []) {
        const prefix = decode(Prefix);
        if (prefix === undefined) undecodable.push(Prefix);
        else prefixes.push(prefix);
      }
      return {
        objects,
        prefixes,
        undecodable,
        truncated: answer.IsTruncated === true,
        nextToken: answer.NextContinuationToken,
      };
    });
  }

  head(place: ObjectPlace, signal: AbortSignal): Promise<ObjectFacts> {
    return this.run(aboutObject(place), signal, async ({ client, sdk }) =>
      factsOf(
        await client.send(new sdk.HeadObjectCommand({ Bucket: place.bucket, Key: place.key }), {
          abortSignal: signal,
        }),
      ),
    );
  }

  get(
    place: ObjectPlace,
    options: { readonly range?: string | undefined; readonly ifMatch?: string | undefined },
    signal: AbortSignal,
  ): Promise<GetAnswer> {
    return this.run(aboutObject(place), signal, async ({ client, sdk }) => {
      const answer = await client.send(
        new sdk.GetObjectCommand({
          Bucket: place.bucket,
          Key: place.key,
          Range: options.range,
          IfMatch: options.ifMatch === undefined ? undefined : `"${options.ifMatch}"`,
          ChecksumMode: this.config.checksums === 'whenSupported' && !options.range ? 'ENABLED' : undefined,
        }),
        { abortSignal: signal },
      );
      return {
        stream: answer.Body as Readable,
        facts: factsOf(answer),
        contentRange: answer.ContentRange,
        length: answer.ContentLength,
        crc32: answer.ChecksumType === 'COMPOSITE' ? undefined : answer.ChecksumCRC32,
      };
    });
  }
}

export function aboutObject(place: ObjectPlace): { readonly bucket: string; readonly path: string } {
  return { bucket: place.bucket, path: `${place.bucket}/${place.key}` };
}

function factsOf(answer: HeadObjectCommandOutput | GetObjectCommandOutput): ObjectFacts {
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.Metadata ?? {})) metadata[name.toLowerCase()] = value;
  return {
    size: sizeOf(answer),
    etag: unquoted(answer.ETag),
    lastModifiedMs: answer.LastModified?.getTime(),
    storageClass: answer.StorageClass,
    metadata,
    contentType: answer.ContentType,
    cacheControl: answer.CacheControl,
    contentEncoding: answer.ContentEncoding,
    contentDisposition: answer.ContentDisposition,
    contentLanguage: answer.ContentLanguage,
    expires: answer.ExpiresString,
    websiteRedirect: answer.WebsiteRedirectLocation,
    serverSideEncryption: answer.ServerSideEncryption,
    sseKmsKeyId: answer.SSEKMSKeyId,
    customerKey: answer.SSECustomerAlgorithm !== undefined,
    tagCount: answer.TagCount ?? 0,
    versionId: answer.VersionId,
    restore: answer.Restore,
    archiveStatus: 'ArchiveStatus' in answer ? answer.ArchiveStatus : undefined,
  };
}

/** Of the whole object, also when only a part of it was asked for. */
function sizeOf(answer: HeadObjectCommandOutput | GetObjectCommandOutput): number {
  const whole = /\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1];
  return whole === undefined ? (answer.ContentLength ?? 0) : Number(whole);
}
