import type http from 'node:http';
import { RemoteError } from '../../../remote/remoteError';
import { rootElement, unescaped } from './errorXml';

/** The error of a response that is longer than S3 sends. */
export function tooLong(operation: string): RemoteError {
  return new RemoteError(
    'corrupted',
    `The response to ${operation} is longer than S3 allows, so it was cut off. Is "endpoint" right?`,
  );
}

/** An error response in the shape of the SDK's errors, so that one table classifies both. */
export class S3ServiceError extends Error {
  readonly $metadata: { readonly httpStatusCode: number };
  readonly $response: { readonly statusCode: number; readonly headers: http.IncomingHttpHeaders };
  readonly Region: string | undefined;
  readonly Endpoint: string | undefined;
  /** The code in the document; undefined when it has none. */
  readonly Code: string | undefined;

  constructor(status: number, headers: http.IncomingHttpHeaders, document: string) {
    super(elementOf(document, 'Message') ?? 'UnknownError');
    this.Code = rootElement(document) === 'Error' ? elementOf(document, 'Code') : undefined;
    this.name = elementOf(document, 'Code') ?? 'Unknown';
    this.$metadata = { httpStatusCode: status };
    this.$response = { statusCode: status, headers };
    this.Region = elementOf(document, 'Region');
    this.Endpoint = elementOf(document, 'Endpoint');
  }
}

/** Limit of a response in memory: a page of 1,000 keys of 1,024 bytes, each byte percent-encoded, has about 4 MB. */
export const maxResponseBytes = 32 * 1024 * 1024;

/** The text of the first element `name`; undefined when absent. Pure. */
export function elementOf(document: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(document)?.[1];
  return text === undefined ? undefined : unescaped(text);
}
