import { type HttpResponse, readText } from '../../../http/httpResponse';
import { rootElement } from '../errors/errorXml';
import { maxResponseBytes, S3ServiceError, tooLong } from '../errors/serviceRefusal';
import type { WriteFacts } from './requestTypes';

/** Throws `corrupted`, naming `operation`, for a body longer than S3 sends. */
export function responseBytes(response: HttpResponse, operation: string): Promise<Buffer> {
  return response.whole(maxResponseBytes, () => tooLong(operation));
}

/** As `responseBytes`, in UTF-8. */
export function responseText(response: HttpResponse, operation: string): Promise<string> {
  return readText(response, maxResponseBytes, () => tooLong(operation));
}

/** The last date that was parsed: the responses of a second have the same. */
let lastDate = { text: '', ms: Number.NaN };

function parseDate(text: string): number {
  if (text !== lastDate.text) lastDate = { text, ms: Date.parse(text) };
  return lastDate.ms;
}

export function writeFacts({ headers }: HttpResponse): WriteFacts {
  const encryption = headers['x-amz-server-side-encryption'];
  const date = parseDate(headers.date ?? '');
  return {
    serverSideEncryption: typeof encryption === 'string' ? encryption : undefined,
    dateMs: Number.isNaN(date) ? undefined : date,
  };
}

/**
 * The document of a successful `operation`. Throws S3ServiceError for an error document under a status of success (the service sent the
 * status first), and for a document with another root, which no S3 service sends.
 */
export async function responseDocument(
  response: HttpResponse,
  operation: string,
  root: string,
): Promise<string> {
  const document = await responseText(response, operation);
  const found = rootElement(document);
  if (found === root) return document;
  throw new S3ServiceError(found === 'Error' ? 503 : response.statusCode, response.headers, document);
}

/**
 * Rejects a network's login page in place of an object. Nearly every S3 service sends an ETag. aws and rclone accept objects without one, so
 * S3's own headers count too, and Last-Modified on a response that is no web page.
 */
export function assertS3Object(response: HttpResponse): void {
  const { headers } = response;
  if (headers.etag !== undefined || Object.keys(headers).some((name) => name.startsWith('x-amz-'))) return;
  if (headers['last-modified'] !== undefined && !headers['content-type']?.startsWith('text/html')) return;
  response.destroy();
  throw new S3ServiceError(response.statusCode, headers, '');
}
