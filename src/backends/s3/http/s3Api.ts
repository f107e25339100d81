import type {
  $Command,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes,
} from '@aws-sdk/client-s3';
import type { HttpResponse } from '../../../http/httpResponse';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { S3Config } from '../config/s3Config';
import { retryWithNewCredentials } from '../credentials/credentialCache';
import type { ErrorContext } from '../errors/errorText';
import { detourNamedBy, isOutage, provesPlace, regionNamedBy } from '../errors/redirects';
import { toRemoteError } from '../errors/s3Errors';
import { elementOf, type S3ServiceError } from '../errors/serviceRefusal';
import { bucketProblem, isDirectoryBucket } from '../model/bucketNames';
import { factsOfHeaders, headersOf, type ObjectAttributes, wholeSize } from '../model/objectHeaders';
import { type ListedObject, type ListPage, type ObjectFacts, unquotedEtag } from '../model/objectInfo';
import { type About, aboutObject, copySourceOf, type ObjectLocation } from '../model/objectKey';
import type { S3Connection, Sdk, SdkConnection } from './connection';
import { parseListing } from './listXml';
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
  WriteCondition,
} from './requestTypes';
import { assertS3Object, responseBytes, responseDocument, responseText, writeFacts } from './responses';
import { sdkBeginUpload, sdkCopy, sdkGet, sdkHead, sdkList, sdkPut, sdkPutPart } from './sdkRequests';
import { arePlain, type PlainRequest, sendSigned } from './signedRequests';
import type { HeaderList } from './sigV4';

/** Responses to one request that may point to another place. */
const maxHops = 2;

/**
 * The requests that a sync sends by the thousand, and `sendCommand` for all others. Every failure is a RemoteError or the signal's reason; an
 * aborted signal starts no request.
 *
 * The frequent requests go through signedRequests.ts: with 16 of them at once on a 2-core machine, the SDK takes 0.7 to 0.9 ms of CPU time per
 * request and 16 ms per page of 1,000 keys, most of the time of a sync.
 */
export class S3Api {
  /** Whether the service has rejected a name as only a store on a file system does. */
  sawFileSystem = false;

  constructor(
    readonly config: S3Config,
    readonly connection: S3Connection,
  ) {}

  /**
   * Runs a request in the region of its bucket, and again in another region that a response names: `request` may be called several times.
   * Throws `badName` for an unusable bucket (`bucketProblem`).
   */
  async run<T>(
    about: About,
    signal: AbortSignal,
    request: (loadSdk: () => Promise<SdkConnection>) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const { connection } = this;
    const { credentials } = connection;
    const { bucket } = about;
    const problem = bucket === undefined ? undefined : bucketProblem(bucket);
    if (problem) throw new RemoteError('badName', problem);
    const generation = credentials?.generation ?? 0;
    const send = () => request(() => connection.sdkFor(bucket));
    try {
      return await (bucket === undefined ? send() : this.sendToBucket(bucket, about.path, send, signal));
    } catch (error) {
      const failure = toRemoteError(error, this.context(about), signal);
      // An error without a code is not from the service.
      if (isRemoteError(failure, 'isAFolder', 'notAFolder') && failure.code !== undefined)
        this.sawFileSystem = true;
      if (await credentials?.renewedSince(generation, failure)) throw retryWithNewCredentials(failure);
      throw failure;
    }
  }

  /** Sends a command of the SDK, for requests without a method of their own here. Throws as `run`, which may call `create` twice. */
  sendCommand<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    about: About,
    create: (
      sdk: Sdk,
    ) => $Command<Input, Output, S3ClientResolvedConfig, ServiceInputTypes, ServiceOutputTypes>,
    signal: AbortSignal,
  ): Promise<Output> {
    return this.run(about, signal, async (loadSdk) => {
      const { client, sdk } = await loadSdk();
      return client.send(create(sdk), { abortSignal: signal });
    });
  }

  /**
   * Sends a request to the known region of the bucket, then to the places that responses name. A named region is kept only after a request
   * there has worked: one wrong response must not break the bucket. Gives up after `maxHops` responses that point to another place.
   */
  private async sendToBucket<T>(
    bucket: string,
    path: string | undefined,
    send: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const { connection, config } = this;
    let first: unknown;
    let inNamed: unknown;
    for (let hops = 0; ; hops++) {
      const tried = connection.regionOf(bucket);
      try {
        const response = await send();
        connection.triedIn(bucket, tried, true);
        return response;
      } catch (error) {
        if (signal.aborted || error instanceof RemoteError) throw error;
        connection.triedIn(bucket, tried, provesPlace(error));
        const region = regionNamedBy(error);
        const detour =
          region === undefined
            ? detourNamedBy(error, config.endpoint, bucket, path?.slice(bucket.length + 1) ?? '')
            : undefined;
        // The named place rejected the request, so the place that named it is tried again.
        if (region === undefined && !detour) {
          const isDoubtful = first !== undefined && inNamed === undefined && !provesPlace(error);
          if (!isDoubtful || isOutage(error) || hops >= maxHops) throw error;
          inNamed = error;
          continue;
        }
        first ??= error;
        if (inNamed !== undefined) throw inNamed;
        if (hops >= maxHops) throw first;
        if (detour) connection.sentTo(bucket, detour);
        else if (region !== undefined) connection.movedTo(bucket, region);
        // Another request may have found the region in the meantime.
        if (!detour && connection.regionOf(bucket) === tried) throw first;
      }
    }
  }

  context(about: About): ErrorContext {
    return { config: this.config, ...about };
  }

  /** One page. Throws `notFound` for a missing bucket, `corrupted` for an incomplete page. */
  list(request: ListRequest, signal: AbortSignal): Promise<ListPage> {
    const { bucket, prefix, delimiter, maxKeys, token, after } = request;
    return this.run({ bucket, operation: 'ListObjectsV2' }, signal, async (loadSdk) => {
      const query: [string, string][] = [
        ['list-type', '2'],
        ['encoding-type', 'url'],
        ['prefix', prefix],
      ];
      if (delimiter !== undefined) query.push(['delimiter', delimiter]);
      if (maxKeys !== undefined) query.push(['max-keys', String(maxKeys)]);
      if (token !== undefined) query.push(['continuation-token', token]);
      if (after !== undefined) query.push(['start-after', after]);
      const response = await this.send(bucket, { method: 'GET', key: '', query }, signal);
      const parsed = response && parseListing(await responseBytes(response, 'ListObjectsV2'), bucket);
      return parsed ?? sdkList(await loadSdk(), request, signal);
    });
  }

  /** Throws `corrupted` for an object whose size no response contains. */
  async head(place: ObjectLocation, signal: AbortSignal): Promise<ObjectFacts> {
    const facts = await this.run(aboutObject(place, 'HeadObject'), signal, async (loadSdk) => {
      const response = await this.send(place.bucket, { method: 'HEAD', key: place.key }, signal);
      if (!response) return sdkHead(await loadSdk(), place, signal);
      response.discard();
      assertS3Object(response);
      return factsOfHeaders(response.headers);
    });
    const { size = await this.sizeOf(place, facts.etag, signal) } = facts;
    return { ...facts, size };
  }

  /** The size that a HEAD without Content-Length leaves open: from the response to a range request, or from a listing. */
  private async sizeOf(
    place: ObjectLocation,
    etag: string | undefined,
    signal: AbortSignal,
  ): Promise<number> {
    const size =
      (await this.sizeByRange(place, etag, signal)) ??
      (isDirectoryBucket(place.bucket) ? undefined : await this.listed(place, signal))?.size;
    if (size !== undefined) return size;
    throw new RemoteError(
      'corrupted',
      `The service doesn't report the size of "${place.bucket}/${place.key}".`,
    );
  }

  private async sizeByRange(
    place: ObjectLocation,
    ifMatch: string | undefined,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    try {
      const { body, facts } = await this.get(place, { range: 'bytes=0-0', ifMatch }, signal);
      body.destroy();
      return facts.size;
    } catch (error) {
      if (!isRemoteError(error)) throw error;
      // An empty object has no first byte; the error response has its size.
      if (error.code?.includes('416')) {
        const { $response } = (error.cause ?? {}) as Partial<S3ServiceError>;
        return wholeSize($response?.headers?.['content-range'] ?? 'bytes */0', undefined);
      }
      if (isRemoteError(error, 'forbidden', 'unsupported', 'archived')) return undefined;
      throw error;
    }
  }

  /** The object as a listing shows it; undefined when absent. Throws as `list`. Not for directory buckets, which list whole folders only. */
  async listed(place: ObjectLocation, signal: AbortSignal): Promise<ListedObject | undefined> {
    const { bucket, key } = place;
    // In byte order the key precedes every longer key with the same beginning; in another order it may be anywhere on the page.
    const maxKeys = this.config.listOrder === 'bytes' ? 2 : undefined;
    const { objects, truncated } = await this.list({ bucket, prefix: key, delimiter: '/', maxKeys }, signal);
    const found = objects.find((object) => object.key === key);
    if (!found && truncated && maxKeys === undefined)
      throw new RemoteError(
        'unsupported',
        `A listing doesn't show whether there is a file "${bucket}/${key}".`,
      );
    return found;
  }

  /** The caller must read or destroy the stream of the response. */
  get(place: ObjectLocation, options: GetOptions, signal: AbortSignal): Promise<GetResponse> {
    return this.run(aboutObject(place, 'GetObject'), signal, async (loadSdk) => {
      const { range, ifMatch, withChecksum } = options;
      const headers: HeaderList = [];
      if (range) headers.push('range', range);
      if (ifMatch !== undefined) headers.push('if-match', `"${ifMatch}"`);
      if (withChecksum) headers.push('x-amz-checksum-mode', 'ENABLED');
      const response = await this.send(place.bucket, { method: 'GET', key: place.key, headers }, signal);
      if (!response) return sdkGet(await loadSdk(), place, options, signal);
      assertS3Object(response);
      const crc32 = response.headers['x-amz-checksum-crc32'];
      const isWhole = response.headers['x-amz-checksum-type'] !== 'COMPOSITE';
      return {
        body: response,
        facts: factsOfHeaders(response.headers),
        contentRange: response.headers['content-range'],
        bodyLength: wholeSize(undefined, response.headers['content-length']),
        crc32: isWhole && typeof crc32 === 'string' ? crc32 : undefined,
      };
    });
  }

  put(request: PutRequest, signal: AbortSignal): Promise<PutResponse> {
    const { place, attributes, condition, content, length } = request;
    const about = aboutObject(place, 'PutObject', actionsFor(attributes));
    return this.run(about, signal, async (loadSdk) => {
      const headers = headersOf(attributes);
      addCondition(headers, condition);
      addChecksums(headers, request);
      const plain: PlainRequest = {
        method: 'PUT',
        key: place.key,
        headers,
        body: content,
        bodyLength: length,
        signedByMd5: request.contentMd5 !== undefined,
      };
      const response = await this.send(place.bucket, plain, signal);
      if (!response) return sdkPut(await loadSdk(), request, signal);
      await responseText(response, 'PutObject');
      assertS3Object(response);
      return { etag: unquotedEtag(response.headers.etag), ...writeFacts(response) };
    });
  }

  /** Copies a whole object within the service. */
  copy(request: CopyRequest, about: About, signal: AbortSignal): Promise<CopyResponse> {
    return this.run({ ...about, operation: 'CopyObject' }, signal, async (loadSdk) => {
      const { from, to, sourceIs, attributes, own, condition } = request;
      const headers = headersOf(attributes ?? own);
      addCondition(headers, condition);
      headers.push('x-amz-copy-source', copySourceOf(from));
      headers.push('x-amz-metadata-directive', attributes ? 'REPLACE' : 'COPY');
      if (request.copiesTags) headers.push('x-amz-tagging-directive', 'COPY');
      if (sourceIs !== undefined) headers.push('x-amz-copy-source-if-match', `"${sourceIs}"`);
      const response = await this.send(to.bucket, { method: 'PUT', key: to.key, headers }, signal);
      if (!response) return sdkCopy(await loadSdk(), request, signal);
      const document = await responseDocument(response, 'CopyObject', 'CopyObjectResult');
      const modified = Date.parse(elementOf(document, 'LastModified') ?? '');
      return {
        etag: unquotedEtag(elementOf(document, 'ETag')),
        lastModifiedMs: Number.isNaN(modified) ? undefined : modified,
      };
    });
  }

  /** Starts a multipart upload. */
  beginUpload(
    place: ObjectLocation,
    attributes: ObjectAttributes,
    withCrc: boolean,
    signal: AbortSignal,
  ): Promise<BegunUpload> {
    const about = aboutObject(place, 'CreateMultipartUpload', actionsFor(attributes));
    return this.run(about, signal, async (loadSdk) => {
      const headers = headersOf(attributes);
      if (withCrc) headers.push('x-amz-checksum-algorithm', 'CRC32');
      const plain: PlainRequest = { method: 'POST', key: place.key, query: [['uploads', '']], headers };
      const response = await this.send(place.bucket, plain, signal);
      if (!response) return sdkBeginUpload(await loadSdk(), place, attributes, withCrc, signal);
      const root = 'InitiateMultipartUploadResult';
      const document = await responseDocument(response, 'CreateMultipartUpload', root);
      return { uploadId: elementOf(document, 'UploadId') ?? '', ...writeFacts(response) };
    });
  }

  /** Sends one part of an upload. Resolves to its ETag as the service spells it, with quotes. */
  putPart(request: PartRequest, signal: AbortSignal): Promise<string | undefined> {
    return this.run(aboutObject(request.place, 'UploadPart'), signal, async (loadSdk) => {
      const { place, uploadId, number, content, contentMd5 } = request;
      const headers: HeaderList = [];
      addChecksums(headers, request);
      const plain: PlainRequest = {
        method: 'PUT',
        key: place.key,
        query: [
          ['partNumber', String(number)],
          ['uploadId', uploadId],
        ],
        headers,
        body: content,
        signedByMd5: contentMd5 !== undefined,
      };
      const response = await this.send(place.bucket, plain, signal);
      if (!response) return sdkPutPart(await loadSdk(), request, signal);
      await responseText(response, 'UploadPart');
      return response.headers.etag;
    });
  }

  /** Signs and sends a request; undefined when only the SDK can make it. */
  private async send(
    bucket: string,
    request: PlainRequest,
    signal: AbortSignal,
  ): Promise<HttpResponse | undefined> {
    const { connection } = this;
    if (request.headers && !arePlain(request.headers)) return undefined;
    const address = await connection.addressOf(bucket);
    if (!address) return undefined;
    try {
      return await sendSigned(connection, address, request, signal);
    } catch (error) {
      if (request.body === undefined || Buffer.isBuffer(request.body) || signal.aborted) throw error;
      // The stream is consumed. The caller retries with a new one, which goes to the place that the response names.
      const region = regionNamedBy(error);
      const detour = detourNamedBy(error, this.config.endpoint, bucket, request.key);
      connection.triedIn(bucket, address.scope.region, provesPlace(error));
      const isNew = region === undefined ? detour !== undefined : connection.movedTo(bucket, region);
      const isElsewhere = region !== undefined && connection.regionOf(bucket) !== address.scope.region;
      if (!isNew && !isElsewhere) throw error;
      if (region === undefined && detour) connection.sentTo(bucket, detour);
      throw new RemoteError(
        'unavailable',
        `The bucket "${bucket}" is ${region === undefined ? 'at another address of the service for now' : `in the region ${region}`}.`,
        { cause: error },
      );
    }
  }
}

function addChecksums(headers: HeaderList, { contentMd5, crc32 }: PutRequest | PartRequest): void {
  if (contentMd5 !== undefined) headers.push('content-md5', contentMd5);
  if (crc32) headers.push('x-amz-checksum-crc32', crc32);
}

function addCondition(headers: HeaderList, { IfMatch, IfNoneMatch }: WriteCondition): void {
  if (IfMatch !== undefined) headers.push('if-match', IfMatch);
  if (IfNoneMatch !== undefined) headers.push('if-none-match', IfNoneMatch);
}

/** Actions that a policy must allow besides the write itself for an object with these attributes. */
export function actionsFor({ Tagging, ACL }: ObjectAttributes): readonly string[] {
  return [...(Tagging ? ['s3:PutObjectTagging'] : []), ...(ACL ? ['s3:PutObjectAcl'] : [])];
}
