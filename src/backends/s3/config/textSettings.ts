import { withoutSecrets } from '../../../base/maskedText';
import { pathProblem } from '../../../remote/remotePath';
import { bucketLength, bucketProblem, withOnePartBucket } from '../model/bucketNames';

/** Why `value` can't be an endpoint, as a sentence, or undefined when it can. Pure. */
export function endpointProblem(value: string): string | undefined {
  if (value.trim() === '') return undefined;
  const url = parseEndpoint(value);
  if (!url)
    return `"endpoint" is not a URL: ${JSON.stringify(withoutSecrets(value))}. Write it as https://host or https://host:port.`;
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return '"endpoint" must start with https:// or http://.';
  if (url.username !== '' || url.password !== '')
    return '"endpoint" must not contain a user name or password. Enter the access key as credentials instead.';
  if (url.search !== '' || url.hash !== '') return '"endpoint" must not contain "?" or "#".';
  return undefined;
}

/** An endpoint for lists: without the scheme, and without a password that a file may contain. Pure. */
export function shownEndpoint(endpoint: string): string {
  const bare = endpoint
    .replace(/^https?:\/\//, '')
    .replace(/\/+$/, '')
    .replace(/\?.*$/s, '?…');
  return withoutSecrets(`//${bare}`).slice(2);
}

/** The URL of an endpoint as typed (https:// is added to a bare host); undefined when malformed. Pure. */
export function parseEndpoint(value: string): URL | undefined {
  const text = value.trim();
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  if (/\s/.test(withScheme)) return undefined;
  return URL.canParse(withScheme) ? new URL(withScheme) : undefined;
}

/** Why `value` can't be a root, as a sentence, or undefined when it can. Pure. */
export function rootProblem(value: string): string | undefined {
  const root = normalRoot(value);
  const ofBucket = bucketProblem(root.slice(0, bucketLength(root)));
  if (ofBucket) return `"root": ${ofBucket}`;
  const problem = pathProblem(root);
  return problem ? `"root" ${problem}. Write it as bucket, bucket/prefix or an access point ARN.` : undefined;
}

/** Drops one trailing slash and turns an access point ARN into one path part. Pure. */
export function normalRoot(value: string): string {
  const text = withOnePartBucket(value.trim());
  return text.endsWith('/') ? text.slice(0, -1) : text;
}
