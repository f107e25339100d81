import { Readable } from 'node:stream';
import type {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  CreateMultipartUploadCommandOutput,
  GetObjectCommandOutput,
  HeadObjectCommandOutput,
  PutObjectCommand,
  PutObjectCommandOutput,
} from '@aws-sdk/client-s3';
import { StreamBody } from '../../../http/httpResponse';
import { RemoteError } from '../../../remote/remoteError';
import type { ObjectAttributes } from '../model/objectHeaders';
import { wholeSize } from '../model/objectHeaders';
import { type ListedObject, type ListPage, type UnsizedFacts, unquotedEtag } from '../model/objectInfo';
import { copySourceOf, keyDecoder, type ObjectLocation } from '../model/objectKey';
import type { SdkConnection } from './connection';
import type {
  BegunUpload,
  CopyRequest,
  CopyResponse,
  GetOptions,
  GetResponse,
  ListRequest,
  PartRequest,
  PutRequest,
  PutResponse,
  WriteFacts,
} from './requestTypes';
import { responseDateMs } from './sdkResponses';

/*
 * The requests of S3Api as the SDK makes them: for buckets whose signatures only the SDK supports, and for headers and listings that
 * signedRequests.ts and listXml.ts can't handle.
 */

export async function sdkList(
  { client, sdk }: SdkConnection,
  request: ListRequest,
  signal: AbortSignal,
): Promise<ListPage> {
  const response = await client.send(
    new sdk.ListObjectsV2Command({
      Bucket: request.bucket,
      Prefix: request.prefix,
      EncodingType: 'url',
      Delimiter: request.delimiter,
      MaxKeys: request.maxKeys,
      ContinuationToken: request.token,
      StartAfter: request.after,
    }),
    { abortSignal: signal },
  );
  const decode = keyDecoder(response.EncodingType);
  const undecodable: string[] = [];
  const objects: ListedObject[] = [];
  for (const { Key = '', Size, ETag, LastModified, StorageClass } of response.Contents ?? []) {
    const key = decode(Key);
    if (Size === undefined)
      throw new RemoteError(
        'corrupted',
        `The service's list of the bucket "${request.bucket}" has no size for "${key ?? Key}".`,
      );
    if (key === undefined) undecodable.push(Key);
    else
      objects.push({
        key,
        size: Size,
        etag: unquotedEtag(ETag),
        lastModifiedMs: LastModified?.getTime(),
        storageClass: StorageClass,
      });
  }
  const prefixes: string[] = [];
  for (const { Prefix = '' } of response.CommonPrefixes ?? []) {
    const prefix = decode(Prefix);
    if (prefix === undefined) undecodable.push(Prefix);
    else prefixes.push(prefix);
  }
  return {
    objects,
    prefixes,
    undecodable,
    truncated: response.IsTruncated === true,
    nextToken: response.NextContinuationToken,
  };
}

export async function sdkHead(
  { client, sdk }: SdkConnection,
  place: ObjectLocation,
  signal: AbortSignal,
): Promise<UnsizedFacts> {
  const command = new sdk.HeadObjectCommand({ Bucket: place.bucket, Key: place.key });
  return factsOf(await client.send(command, { abortSignal: signal }));
}

export async function sdkGet(
  { client, sdk }: SdkConnection,
  place: ObjectLocation,
  options: GetOptions,
  signal: AbortSignal,
): Promise<GetResponse> {
  const response = await client.send(
    new sdk.GetObjectCommand({
      Bucket: place.bucket,
      Key: place.key,
      Range: options.range,
      IfMatch: options.ifMatch === undefined ? undefined : `"${options.ifMatch}"`,
      ChecksumMode: options.withChecksum ? 'ENABLED' : undefined,
    }),
    { abortSignal: signal },
  );
  return {
    body: new StreamBody(response.Body as Readable, response.ContentLength),
    facts: factsOf(response),
    contentRange: response.ContentRange,
    bodyLength: response.ContentLength,
    crc32: response.ChecksumType === 'COMPOSITE' ? undefined : response.ChecksumCRC32,
  };
}

export async function sdkPut(
  { client, sdk }: SdkConnection,
  { place, attributes, condition, content, length, contentMd5, crc32 }: PutRequest,
  signal: AbortSignal,
): Promise<PutResponse> {
  if (content instanceof Readable && (content.readableDidRead || content.destroyed))
    throw new RemoteError(
      'unavailable',
      `The content for "${place.bucket}/${place.key}" must be sent again.`,
    );
  const { Expires, ...rest } = attributes;
  const command = new sdk.PutObjectCommand({
    ...rest,
    ...condition,
    Bucket: place.bucket,
    Key: place.key,
    Body: content,
    ContentLength: length,
    ContentMD5: contentMd5,
    ...(crc32 && { ChecksumCRC32: crc32 }),
  });
  addExpires(command, Expires);
  const response = await client.send(command, { abortSignal: signal });
  return { etag: unquotedEtag(response.ETag), ...writeFactsOf(response) };
}

export async function sdkCopy(
  { client, sdk }: SdkConnection,
  { from, sourceIs, to, attributes, own, copiesTags, condition }: CopyRequest,
  signal: AbortSignal,
): Promise<CopyResponse> {
  const { Expires, ...rest } = attributes ?? own;
  const command = new sdk.CopyObjectCommand({
    ...rest,
    ...condition,
    MetadataDirective: attributes ? 'REPLACE' : 'COPY',
    ...(copiesTags && { TaggingDirective: 'COPY' }),
    Bucket: to.bucket,
    Key: to.key,
    CopySource: copySourceOf(from),
    ...(sourceIs !== undefined && { CopySourceIfMatch: `"${sourceIs}"` }),
  });
  addExpires(command, Expires);
  const { CopyObjectResult: result } = await client.send(command, { abortSignal: signal });
  return { etag: unquotedEtag(result?.ETag), lastModifiedMs: result?.LastModified?.getTime() };
}

export async function sdkBeginUpload(
  { client, sdk }: SdkConnection,
  { bucket, key }: ObjectLocation,
  { Expires, ...attributes }: ObjectAttributes,
  withCrc: boolean,
  signal: AbortSignal,
): Promise<BegunUpload> {
  const command = new sdk.CreateMultipartUploadCommand({
    ...attributes,
    Bucket: bucket,
    Key: key,
    ...(withCrc && { ChecksumAlgorithm: 'CRC32' }),
  });
  addExpires(command, Expires);
  const response = await client.send(command, { abortSignal: signal });
  return { uploadId: response.UploadId ?? '', ...writeFactsOf(response) };
}

/** The SDK accepts only dates as Expires, but an object's other value must not be lost. */
function addExpires(
  command: PutObjectCommand | CopyObjectCommand | CreateMultipartUploadCommand,
  expires: string | undefined,
): void {
  if (expires === undefined) return;
  // The three stacks differ only in types that this middleware doesn't use.
  (command as PutObjectCommand).middlewareStack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers['expires'] = expires;
      return next(args);
    },
    { step: 'build', priority: 'low', name: 'addExpires' },
  );
}

export async function sdkPutPart(
  { client, sdk }: SdkConnection,
  { place, uploadId, number, content, contentMd5, crc32 }: PartRequest,
  signal: AbortSignal,
): Promise<string | undefined> {
  const response = await client.send(
    new sdk.UploadPartCommand({
      Bucket: place.bucket,
      Key: place.key,
      UploadId: uploadId,
      PartNumber: number,
      Body: content,
      ContentLength: content.length,
      ContentMD5: contentMd5,
      ...(crc32 && { ChecksumCRC32: crc32 }),
    }),
    { abortSignal: signal },
  );
  return response.ETag;
}

function writeFactsOf(response: PutObjectCommandOutput | CreateMultipartUploadCommandOutput): WriteFacts {
  return { serverSideEncryption: response.ServerSideEncryption, dateMs: responseDateMs(response) };
}

function factsOf(response: HeadObjectCommandOutput | GetObjectCommandOutput): UnsizedFacts {
  const metadata = Object.entries(response.Metadata ?? {}).map(([name, value]) => [
    name.toLowerCase(),
    value,
  ]);
  return {
    size: wholeSize(response.ContentRange, response.ContentLength),
    etag: unquotedEtag(response.ETag),
    lastModifiedMs: response.LastModified?.getTime(),
    storageClass: response.StorageClass,
    metadata: Object.fromEntries(metadata),
    contentType: response.ContentType,
    cacheControl: response.CacheControl,
    contentEncoding: response.ContentEncoding,
    contentDisposition: response.ContentDisposition,
    contentLanguage: response.ContentLanguage,
    expires: response.ExpiresString,
    websiteRedirect: response.WebsiteRedirectLocation,
    serverSideEncryption: response.ServerSideEncryption,
    sseKmsKeyId: response.SSEKMSKeyId,
    customerKey: response.SSECustomerAlgorithm !== undefined,
    tagCount: response.TagCount ?? 0,
    versionId: response.VersionId,
    restore: response.Restore,
    archiveStatus: 'ArchiveStatus' in response ? response.ArchiveStatus : undefined,
  };
}
