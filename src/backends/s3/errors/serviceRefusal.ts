import type http from 'node:http';
import { RemoteError } from '../../../remote/remoteError';
import { rootElement, unescaped } from './errorXml';

/** What an answer without end fails with. */
export function tooLong(operation: string): RemoteError {
  return new RemoteError(
    'corrupted',
    `The answer to ${operation} is longer than that of an S3 service can be, so it was broken off. Is "endpoint" right?`,
  );
}

/** A refusal by the service, in the shape of the SDK's errors, so that both are classified alike. */
export class S3ServiceError extends Error {
  readonly $metadata: { readonly httpStatusCode: number };
  readonly $response: { readonly statusCode: number; readonly headers: http.IncomingHttpHeaders };
  readonly Region: string | undefined;
  readonly Endpoint: string | undefined;
  /** The code of the document; undefined where the answer held none: then `name` is made up. */
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

/** No answer that is held whole is longer: a page of 1,000 keys of 1,024 bytes, each byte spelled as three, has some 4 MB. */
export const maxAnswerBytes = 32 * 1024 * 1024;

/** The text of the first element `name`; undefined when absent. Pure. */
export function elementOf(document: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(document)?.[1];
  return text === undefined ? undefined : unescaped(text);
}
