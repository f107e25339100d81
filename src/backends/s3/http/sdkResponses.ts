import { PassThrough, type Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { BodyCut } from '../../../http/httpResponse';
import { rootElement } from '../errors/errorXml';
import { maxResponseBytes, S3ServiceError, tooLong } from '../errors/serviceRefusal';

/** The SDK reads error documents to their end. The error page of a proxy may be longer than the document of a service. */
const maxSdkErrorBytes = 1024 * 1024;

/** Credentials and their tokens; a token of single sign-on may have several kilobytes. */
const maxSignInBytes = 1024 * 1024;

interface SdkResponse {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string>>;
  body?: unknown;
  /** The name of the document's root element, once the document was read. */
  root?: string | undefined;
}

/** Rejects responses that are too long or that no S3 service sends, records their Date, and names the operation in errors. */
export function watchResponses({ middlewareStack }: S3Client): void {
  // The message about a missing permission depends on the operation.
  middlewareStack.add(
    (next, context) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        if (typeof error === 'object' && error !== null && Object.isExtensible(error))
          Object.assign(error, { operation: operationOf(context) });
        throw error;
      }
    },
    { step: 'initialize', priority: 'high', name: 'nameOperation' },
  );
  middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      const response = result.response as SdkResponse;
      const output = result.output as unknown as Readonly<Record<string, unknown>>;
      assertFromS3(operationOf(context), response, output);
      const date = response.headers?.['date'];
      if (date) Object.assign(output['$metadata'] ?? {}, { responseDate: Date.parse(date) });
      return result;
    },
    { step: 'deserialize', priority: 'high', name: 'checkResponse' },
  );
  // The SDK reads every body into memory, except the content of an object.
  middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      const response = result.response as SdkResponse;
      const operation = operationOf(context) ?? 'a request';
      if ((response.statusCode ?? 0) >= 300) limitBody(response, maxSdkErrorBytes, operation);
      else if (operation !== 'GetObject') limitBody(response, maxResponseBytes, operation);
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'limitBody' },
  );
}

function operationOf({ commandName }: { readonly commandName?: string }): string | undefined {
  return commandName?.replace(/Command$/, '');
}

/** The root element of the document, and the fields of which every genuine response has at least one. */
const genuineResponses: Readonly<Record<string, { readonly root?: string; readonly fields: string[] }>> = {
  ListBuckets: { root: 'ListAllMyBucketsResult', fields: ['Buckets', 'Owner'] },
  ListObjectsV2: { root: 'ListBucketResult', fields: ['Name', 'IsTruncated', 'KeyCount'] },
  CopyObject: { fields: ['CopyObjectResult'] },
  UploadPartCopy: { fields: ['CopyPartResult'] },
};

/**
 * Throws S3ServiceError for a success that no S3 service sent. The SDK accepts a network's login page or an empty body as an empty listing,
 * or as a finished copy or delete.
 */
function assertFromS3(
  operation: string | undefined,
  { headers = {}, statusCode = 0, root }: SdkResponse,
  output: Readonly<Record<string, unknown>>,
): void {
  const genuine = genuineResponses[operation ?? ''];
  const hasOtherRoot = root !== undefined && genuine?.root !== undefined && root !== genuine.root;
  const lacksFields = genuine?.fields.every((field) => output[field] === undefined);
  if (isWebPage(headers) || hasOtherRoot || lacksFields) throw new S3ServiceError(statusCode, headers, '');
}

/** An object may be a web page too, but has an ETag. */
function isWebPage(headers: Readonly<Record<string, string>>): boolean {
  if (!headers['content-type']?.startsWith('text/html')) return false;
  return !Object.keys(headers).some((name) => name === 'etag' || name.startsWith('x-amz'));
}

/** The request handler of `client` with limited bodies, for the SDK's clients of sign-in services (STS, single sign-on). */
export function limitedHandler(client: S3Client): S3Client['config']['requestHandler'] {
  const handler = client.config.requestHandler;
  const handle = handler.handle.bind(handler);
  handler.handle = async (...args: Parameters<typeof handle>) => {
    const result = await handle(...args);
    limitBody(result.response as SdkResponse, maxSignInBytes, 'the sign-in');
    return result;
  };
  return handler;
}

/** Makes a body longer than `limit` fail, and reads the root element from its first chunk. */
function limitBody(response: SdkResponse, limit: number, operation: string): void {
  const source = response.body as Readable | undefined;
  if (typeof source?.pipe !== 'function') return;
  const through = new PassThrough();
  // Without a listener an `error` event would crash the process. A reader still receives it.
  through.on('error', () => {});
  let length = 0;
  source.on('data', (chunk: Buffer) => {
    if (length === 0) response.root = rootElement(chunk.subarray(0, 4096).toString('utf8'));
    length += chunk.length;
    if (length > limit) source.destroy(tooLong(operation));
    else through.write(chunk);
  });
  source.once('end', () => through.end());
  source.once('error', (error) => through.destroy(error));
  source.once('close', () => {
    if (!source.readableEnded && !through.destroyed) through.destroy(new BodyCut(length));
  });
  through.once('close', () => source.destroy());
  response.body = through;
}

/** The Date of a response, in milliseconds since the epoch by the service's clock; undefined when it has none. */
export function responseDateMs({ $metadata }: { readonly $metadata: object }): number | undefined {
  const { responseDate = Number.NaN } = $metadata as { responseDate?: number };
  return Number.isFinite(responseDate) ? responseDate : undefined;
}
