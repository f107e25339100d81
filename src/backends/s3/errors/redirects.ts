import type { S3ServiceError } from './serviceRefusal';

/** Another address of the same service for the requests of a bucket. */
export interface Detour {
  /** As in the setting `endpoint`. */
  readonly endpoint: string;
  readonly forcePathStyle: boolean;
}

/** The parts of an error of either client that may name another place. */
interface PlaceHints {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly region: unknown;
  readonly endpoint: unknown;
}

/**
 * The bucket's region that an error names: in a header, in the document, or in the AWS host that it points to. Ignores invalid names, since a
 * region becomes part of a host name. Pure.
 */
export function regionNamedBy(error: unknown): string | undefined {
  const { status, headers, region, endpoint } = placeHints(error);
  if (status !== 301 && status !== 307 && status !== 308 && status !== 400) return undefined;
  const named = [headers['x-amz-bucket-region'], region].find(isRegion);
  if (named !== undefined || status === 400) return named;
  return [endpoint, hostOf(headers['location'])].map(regionOfAwsHost).find(isRegion);
}

/**
 * The address to which a redirect of the same service sends a request for `key` (empty for the bucket): the host of the endpoint or a host
 * below it, with the same bucket and key. Undefined for every other address, which must not receive signed requests. Pure.
 */
export function detourNamedBy(
  error: unknown,
  base: string | undefined,
  bucket: string,
  key: string,
): Detour | undefined {
  const { status, headers } = placeHints(error);
  const { location } = headers;
  if (status !== 301 && status !== 307 && status !== 308) return undefined;
  if (base === undefined || typeof location !== 'string' || !URL.canParse(location, base)) return undefined;
  const to = new URL(location, base);
  const from = new URL(base);
  if (!isSameService(from, to)) return undefined;
  const below = from.pathname.replace(/\/+$/, '');
  const path = decoded(to.pathname);
  if (path === undefined || to.username !== '' || to.password !== '') return undefined;
  const isPathOf = (start: string) =>
    path === `${start}/${key}` || (key === '' && path.replace(/\/$/, '') === start);
  if (to.hostname.startsWith(`${bucket}.`) && isPathOf(below)) {
    const host = to.host.slice(bucket.length + 1);
    const parent = `${to.protocol}//${host}`;
    if (URL.canParse(parent) && isSameService(from, new URL(parent)))
      return { endpoint: `${parent}${below}`, forcePathStyle: false };
  }
  return isPathOf(`${below}/${bucket}`)
    ? { endpoint: `${to.origin}${below}`, forcePathStyle: true }
    : undefined;
}

/** The same host and port, or a host below it. A redirect may switch to https, but not back. */
function isSameService(from: URL, to: URL): boolean {
  const upgrade = from.protocol === 'http:' && to.protocol === 'https:';
  if (from.protocol !== to.protocol && !upgrade) return false;
  if (upgrade ? to.port !== '' && to.port !== from.port : to.port !== from.port) return false;
  if (to.hostname === from.hostname) return true;
  const isAddress = /^[\d.]+$|^\[/.test(from.hostname);
  return !isAddress && to.hostname.endsWith(`.${from.hostname}`);
}

/** Whether the error proves that the request reached the bucket's own region: S3 evaluates requests only there. Pure. */
export function provesPlace(error: unknown): boolean {
  const { status } = placeHints(error);
  if ([304, 404, 409, 412, 416].includes(status)) return true;
  return status === 403 && (error as { Code?: unknown }).Code === 'AccessDenied';
}

/** Whether the error says nothing about the bucket's region: a failure of the network or the service. Pure. */
export function isOutage(error: unknown): boolean {
  const { status } = placeHints(error);
  return status === 0 || status === 429 || status >= 500 || (error as Error).name === 'RequestTimeTooSkewed';
}

function placeHints(error: unknown): PlaceHints {
  const { $metadata, $response, Region, Endpoint } = (error ?? {}) as Partial<S3ServiceError>;
  return {
    status: $metadata?.httpStatusCode ?? 0,
    headers: $response?.headers ?? {},
    region: Region,
    endpoint: Endpoint,
  };
}

function isRegion(name: unknown): name is string {
  return typeof name === 'string' && /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(name);
}

/** The region in the name of an S3 host of AWS; us-east-1 if the name has none. */
function regionOfAwsHost(host: unknown): string | undefined {
  if (typeof host !== 'string') return undefined;
  const [, region] =
    /(?:^|\.)s3(?:[.-](?:dualstack\.)?([a-z]{2}(?:-[a-z]+)+-\d{1,2}))?\.amazonaws\.com(?:\.cn)?$/i.exec(
      host,
    ) ?? [];
  if (region !== undefined) return region.toLowerCase();
  return /(?:^|\.)s3\.amazonaws\.com$/i.test(host) ? 'us-east-1' : undefined;
}

function hostOf(location: unknown): string | undefined {
  return typeof location === 'string' && URL.canParse(location) ? new URL(location).hostname : undefined;
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
