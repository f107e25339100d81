import type { S3ServiceError } from './serviceRefusal';

/** Where the requests for a bucket go instead, on the same service. */
export interface Detour {
  /** As in the setting `endpoint`. */
  readonly endpoint: string;
  readonly forcePathStyle: boolean;
}

/** What an answer of either client tells of where to ask. */
interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly region: unknown;
  readonly endpoint: unknown;
}

/**
 * The region of the bucket that was asked, when `error` is a refusal to serve it from another one: by a header, in the document, or by the
 * host of AWS that it points to. What can't be the name of a region is ignored: it would become a part of a host. Pure.
 */
export function regionNamedBy(error: unknown): string | undefined {
  const { status, headers, region, endpoint } = toldBy(error);
  if (status !== 301 && status !== 307 && status !== 308 && status !== 400) return undefined;
  const named = [headers['x-amz-bucket-region'], region].find(isRegion);
  if (named !== undefined || status === 400) return named;
  return [endpoint, hostOf(headers['location'])].map(regionOfAwsHost).find(isRegion);
}

/**
 * Where else on the same service the answer sends a request about `key` (empty for the bucket itself): to the host of the endpoint, or one
 * below it, for the same bucket and key. Undefined for every other place: nothing that is signed goes there. Pure.
 */
export function detourNamedBy(
  error: unknown,
  base: string | undefined,
  bucket: string,
  key: string,
): Detour | undefined {
  const { status, headers } = toldBy(error);
  const { location } = headers;
  if (status !== 301 && status !== 307 && status !== 308) return undefined;
  if (base === undefined || typeof location !== 'string' || !URL.canParse(location, base)) return undefined;
  const to = new URL(location, base);
  const from = new URL(base);
  if (!isSameDoor(from, to)) return undefined;
  const below = from.pathname.replace(/\/+$/, '');
  const path = decoded(to.pathname);
  if (path === undefined || to.username !== '' || to.password !== '') return undefined;
  const isPathOf = (start: string) =>
    path === `${start}/${key}` || (key === '' && path.replace(/\/$/, '') === start);
  if (to.hostname.startsWith(`${bucket}.`) && isPathOf(below)) {
    const host = to.host.slice(bucket.length + 1);
    const parent = `${to.protocol}//${host}`;
    if (URL.canParse(parent) && isSameDoor(from, new URL(parent)))
      return { endpoint: `${parent}${below}`, forcePathStyle: false };
  }
  return isPathOf(`${below}/${bucket}`)
    ? { endpoint: `${to.origin}${below}`, forcePathStyle: true }
    : undefined;
}

/** The same host and port, or a host below it; from an open connection to an encrypted one, but not back. */
function isSameDoor(from: URL, to: URL): boolean {
  const upgrade = from.protocol === 'http:' && to.protocol === 'https:';
  if (from.protocol !== to.protocol && !upgrade) return false;
  if (upgrade ? to.port !== '' && to.port !== from.port : to.port !== from.port) return false;
  if (to.hostname === from.hostname) return true;
  const isAddress = /^[\d.]+$|^\[/.test(from.hostname);
  return !isAddress && to.hostname.endsWith(`.${from.hostname}`);
}

/** Whether the answer proves that the bucket was asked in its own region: only there does S3 look at what was asked. Pure. */
export function provesPlace(error: unknown): boolean {
  const { status } = toldBy(error);
  if ([304, 404, 409, 412, 416].includes(status)) return true;
  return status === 403 && (error as { Code?: unknown }).Code === 'AccessDenied';
}

/** Whether the failure says nothing about where it was asked: the network or the service was in the way. Pure. */
export function isInTheWay(error: unknown): boolean {
  const { status } = toldBy(error);
  return status === 0 || status === 429 || status >= 500 || (error as Error).name === 'RequestTimeTooSkewed';
}

function toldBy(error: unknown): Told {
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

/** The region in the name of a host of S3 at AWS; its oldest one where the name has none. */
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
    return undefined; // no path that was asked for
  }
}
