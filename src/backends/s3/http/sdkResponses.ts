import { PassThrough, type Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { rootElement } from '../errors/errorXml';
import { maxAnswerBytes, S3ServiceError, tooLong } from '../errors/serviceRefusal';

/** The SDK reads error documents to their end; a proxy's page about its own trouble may be longer than a service's document. */
const maxSdkErrorBytes = 1024 * 1024;

/** Credentials and their tokens; one of single sign-on may have some kilobytes. */
const maxSignInBytes = 1024 * 1024;

/** What of an answer the SDK hands on. */
interface SdkResponse {
  statusCode?: number;
  headers?: Record<string, string>;
  body?: unknown;
  /** The name of the document's root element, where the answer is one and was read. */
  root?: string | undefined;
}

/** Lets no answer of the SDK through that is without end or no S3 service's, and tells of each when it came and which request failed. */
export function watchAnswers(client: S3Client): void {
  nameOperation(client);
  rememberAnswerDates(client);
  rejectNonS3Responses(client);
  boundAnswers(client);
}

/** Errors know which operation they are the answer to: the policy's action depends on it. */
function nameOperation(client: S3Client): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        if (typeof error === 'object' && error !== null && Object.isExtensible(error))
          Object.assign(error, { operation: context.commandName?.replace(/Command$/, '') });
        throw error;
      }
    },
    { step: 'initialize', priority: 'high', name: 'nameOperation' },
  );
}

/** Puts the answer's Date (the service's clock) into its metadata, where `answerDate` finds it. */
function rememberAnswerDates(client: S3Client): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const headers = (result.response as { headers?: Record<string, string> }).headers;
      const metadata = (result.output as { $metadata?: object }).$metadata;
      if (metadata && headers?.['date']) Object.assign(metadata, { answerDate: Date.parse(headers['date']) });
      return result;
    },
    { step: 'deserialize', priority: 'high', name: 'rememberAnswerDate' },
  );
}

/**
 * A success that no S3 service gave must not pass for a listing of nothing, or for a copy or delete that was done: the SDK finds
 * no fault with a network's login page or an empty body.
 */
function rejectNonS3Responses(client: S3Client): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      const { headers = {}, statusCode = 0, root } = result.response as SdkResponse;
      const proof = proofs[context.commandName ?? ''];
      const foreignRoot =
        root !== undefined &&
        roots[context.commandName ?? ''] !== undefined &&
        root !== roots[context.commandName ?? ''];
      const output = result.output as unknown as Readonly<Record<string, unknown>>;
      if (isWebPage(headers) || foreignRoot || (proof && !proof.some((name) => output[name] !== undefined)))
        throw new S3ServiceError(statusCode, headers, '');
      return result;
    },
    { step: 'deserialize', priority: 'high', name: 'refuseForeignAnswers' },
  );
}

/** Of which at least one stands in every true answer. */
const proofs: Readonly<Record<string, readonly string[]>> = {
  ListBucketsCommand: ['Buckets', 'Owner'],
  ListObjectsV2Command: ['Name', 'IsTruncated', 'KeyCount'],
  CopyObjectCommand: ['CopyObjectResult'],
  UploadPartCopyCommand: ['CopyPartResult'],
};

/** Objects may be web pages as well, but they have an ETag. */
function isWebPage(headers: Readonly<Record<string, string>>): boolean {
  if (!headers['content-type']?.startsWith('text/html')) return false;
  return !Object.keys(headers).some((name) => name === 'etag' || name.startsWith('x-amz'));
}

/** The documents that nothing but an S3 service answers. */
const roots: Readonly<Record<string, string>> = {
  ListBucketsCommand: 'ListAllMyBucketsResult',
  ListObjectsV2Command: 'ListBucketResult',
};

/** The SDK holds every answer whole but an object's content, however long it is. */
function boundAnswers(client: S3Client): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      const response = result.response as SdkResponse;
      const isError = (response.statusCode ?? 0) >= 300;
      const operation = context.commandName?.replace(/Command$/, '') ?? 'a request';
      if (isError) bound(response, maxSdkErrorBytes, operation);
      else if (operation !== 'GetObject') bound(response, maxAnswerBytes, operation);
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'boundAnswers' },
  );
}

/**
 * The SDK's own way to send requests, for its clients of sign-in services (STS, single sign-on), whose answers are small. `client` is asked
 * for it and thrown away.
 */
export function boundedHandler(client: S3Client): S3Client['config']['requestHandler'] {
  const handler = client.config.requestHandler;
  const handle = handler.handle.bind(handler);
  handler.handle = async (...args: Parameters<typeof handle>) => {
    const result = await handle(...args);
    bound(result.response as SdkResponse, maxSignInBytes, 'the sign-in');
    return result;
  };
  return handler;
}

/** Makes the body fail that is longer than `limit`. Its first piece tells what document it is. */
function bound(response: SdkResponse, limit: number, operation: string): void {
  const source = response.body as Readable | undefined;
  if (typeof source?.pipe !== 'function') return;
  const through = new PassThrough();
  // A reader hears of the failure anyway; one that has lost interest must not bring the process down.
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
    if (!source.readableEnded && !through.destroyed)
      through.destroy(Object.assign(new Error('cut'), { code: 'ECONNRESET' }));
  });
  through.once('close', () => source.destroy());
  response.body = through;
}

/** Milliseconds since the epoch at which the service says it answered; undefined when it didn't. */
export function answerDate(answer: { readonly $metadata: object }): number | undefined {
  const date = (answer.$metadata as { answerDate?: number }).answerDate;
  return date !== undefined && Number.isFinite(date) ? date : undefined;
}
