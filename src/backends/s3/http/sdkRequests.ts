import { Readable } from 'node:stream';
import type {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommandOutput,
  HeadObjectCommandOutput,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { RemoteError } from '../../../remote/remoteError';
import type { ObjectAttributes } from '../model/objectHeaders';
import { wholeSize } from '../model/objectHeaders';
import { type ListedObject, type ListPage, type UnsizedFacts, unquotedEtag } from '../model/objectInfo';
import { copySourceOf, decodeListedKey, type ObjectLocation } from '../model/objectKey';
import type { S3Connection } from './connection';
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
} from './requestTypes';
import { answerDate } from './sdkResponses';

/**
 * The requests of s3Requests.ts made by the SDK: for buckets whose signatures only it knows, and for headers and
 * documents that the plain way doesn't take.
 */
export async function sdkList(
  { client, sdk }: S3Connection,
  request: ListRequest,
  signal: AbortSignal,
): Promise<ListPage> {
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
    if (object.Size === undefined)
      throw new RemoteError(
        'corrupted',
        `The service's list of the bucket "${request.bucket}" tells no size of "${key ?? object.Key}".`,
      );
    if (key === undefined) undecodable.push(object.Key ?? '');
    else
      objects.push({
        key,
        size: object.Size,
        etag: unquotedEtag(object.ETag),
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
}

export async function sdkHead(
  { client, sdk }: S3Connection,
  place: ObjectLocation,
  signal: AbortSignal,
): Promise<UnsizedFacts> {
  const command = new sdk.HeadObjectCommand({ Bucket: place.bucket, Key: place.key });
  return factsOf(await client.send(command, { abortSignal: signal }));
}

export async function sdkGet(
  { client, sdk }: S3Connection,
  place: ObjectLocation,
  options: GetOptions,
  signal: AbortSignal,
): Promise<GetResponse> {
  const answer = await client.send(
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
    stream: answer.Body as Readable,
    facts: factsOf(answer),
    contentRange: answer.ContentRange,
    bodyLength: answer.ContentLength,
    crc32: answer.ChecksumType === 'COMPOSITE' ? undefined : answer.ChecksumCRC32,
  };
}

export async function sdkPut(
  { client, sdk }: S3Connection,
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
  const answer = await client.send(command, { abortSignal: signal });
  return {
    etag: unquotedEtag(answer.ETag),
    serverSideEncryption: answer.ServerSideEncryption,
    dateMs: answerDate(answer),
  };
}

export async function sdkCopy(
  { client, sdk }: S3Connection,
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
    ...(sourceIs === undefined ? {} : { CopySourceIfMatch: `"${sourceIs}"` }),
  });
  addExpires(command, Expires);
  const { CopyObjectResult: result } = await client.send(command, { abortSignal: signal });
  return { etag: unquotedEtag(result?.ETag), lastModifiedMs: result?.LastModified?.getTime() };
}

export async function sdkBeginUpload(
  { client, sdk }: S3Connection,
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
  const answer = await client.send(command, { abortSignal: signal });
  return {
    uploadId: answer.UploadId ?? '',
    serverSideEncryption: answer.ServerSideEncryption,
    dateMs: answerDate(answer),
  };
}

/** The SDK takes only dates for it; what else an object has there must not be lost. */
function addExpires(
  command: PutObjectCommand | CopyObjectCommand | CreateMultipartUploadCommand,
  expires: string | undefined,
): void {
  if (expires === undefined) return;
  // A stack is of its own command's types, which this doesn't look at.
  (command as PutObjectCommand).middlewareStack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers['expires'] = expires;
      return next(args);
    },
    { step: 'build', priority: 'low', name: 'addExpires' },
  );
}

export async function sdkPutPart(
  { client, sdk }: S3Connection,
  { place, uploadId, number, content, contentMd5, crc32 }: PartRequest,
  signal: AbortSignal,
): Promise<string | undefined> {
  const answer = await client.send(
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
  return answer.ETag;
}

function factsOf(answer: HeadObjectCommandOutput | GetObjectCommandOutput): UnsizedFacts {
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.Metadata ?? {})) metadata[name.toLowerCase()] = value;
  return {
    size: wholeSize(answer.ContentRange, answer.ContentLength),
    etag: unquotedEtag(answer.ETag),
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
