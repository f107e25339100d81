import { targetOf } from '../../../http/httpClient';
import type { Detour } from '../errors/redirects';
import { isArn, isDirectoryBucket } from '../model/bucketNames';
import type { BucketAddress, BucketRoutes, SdkConnection } from './connection';
import type { ClientPlace, SdkClients } from './sdkClients';

/**
 * Finds out where each bucket's requests go. `defaults` apply to every bucket without a route. Invariants:
 * 1. A region that a response names is tried at once, and confirmed only when a request there has worked.
 * 2. A detour applies to one request.
 */
export function routeBuckets(clients: SdkClients, defaults: ClientPlace): BucketRoutes {
  const addresses = new Map<string, Promise<BucketAddress | undefined>>();
  const confirmedRegions = new Map<string, string>();
  const namedRegions = new Map<string, string>();
  const detours = new Map<string, Detour>();

  // An access point's ARN names its region.
  const regionOf = (bucket: string): string =>
    (isArn(bucket) ? bucket.split(':')[3] : (namedRegions.get(bucket) ?? confirmedRegions.get(bucket))) ??
    defaults.region;

  const placeOf = (bucket: string): ClientPlace => {
    const detour = detours.get(bucket);
    return {
      region: regionOf(bucket),
      forcePathStyle: (detour?.forcePathStyle ?? defaults.forcePathStyle) && !isArn(bucket),
      endpoint: detour?.endpoint ?? defaults.endpoint,
    };
  };

  return {
    regionOf,
    sdkFor: (bucket) => clients.at(bucket === undefined ? defaults : placeOf(bucket)),
    addressOf(bucket) {
      const detour = detours.get(bucket);
      const id = `${bucket} ${regionOf(bucket)} ${detour?.endpoint ?? ''} ${detour?.forcePathStyle ?? ''}`;
      let address = addresses.get(id);
      if (!address) {
        const place = placeOf(bucket);
        address = Promise.resolve(
          plainAddress(place, bucket) ?? clients.at(place).then((sdk) => findAddress(sdk, bucket)),
        );
        addresses.set(id, address);
        address.catch(() => addresses.delete(id));
      }
      return address;
    },
    movedTo(bucket, region) {
      if (isArn(bucket) || region === regionOf(bucket)) return false;
      namedRegions.set(bucket, region);
      return true;
    },
    sentTo(bucket, detour) {
      detours.set(bucket, detour);
    },
    triedIn(bucket, region, worked) {
      detours.delete(bucket);
      if (namedRegions.get(bucket) !== region) return;
      namedRegions.delete(bucket);
      if (worked) confirmedRegions.set(bucket, region);
    },
  };
}

/**
 * The address of a bucket with a plain name at an endpoint that is not of AWS, without loading the SDK; undefined where only the SDK's rules
 * know it. Pure.
 */
export function plainAddress(
  { endpoint, region, forcePathStyle }: ClientPlace,
  bucket: string,
): BucketAddress | undefined {
  if (endpoint === undefined || !/^(?!.{64})(?=.{3})[a-z0-9](-?[a-z0-9])+$/.test(bucket)) return undefined;
  if (!/^[a-z0-9-]+$/.test(region) || /^aws-global$|fips/.test(region)) return undefined;
  const url = new URL(endpoint);
  const { hostname, pathname, search, username } = url;
  // An IP address can't have a bucket before it.
  if (/(^|\.)amazonaws\./.test(hostname) || (!forcePathStyle && /^[\d.]+$|^\[/.test(hostname)))
    return undefined;
  if (!/^[A-Za-z0-9._~/-]+$/.test(pathname) || search !== '' || username !== '') return undefined;
  const base = pathname.replace(/\/$/, '');
  if (!forcePathStyle) url.host = `${bucket}.${url.host}`;
  return {
    ...targetOf(url),
    host: url.host,
    basePath: forcePathStyle ? `${base}/${bucket}` : base,
    scope: { region, service: 's3' },
  };
}

/**
 * Reads the address of the bucket from a URL that the SDK signs for a made-up key. The SDK's rules cover partitions, access points, dots in
 * names and custom endpoints.
 */
export async function findAddress(
  { sdk, client }: SdkConnection,
  bucket: string,
): Promise<BucketAddress | undefined> {
  if (isDirectoryBucket(bucket)) return undefined;
  const url = new URL(
    await sdk.getSignedUrl(client, new sdk.HeadObjectCommand({ Bucket: bucket, Key: 'k' })),
  );
  if (url.searchParams.get('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256') return undefined;
  const [, , region, service] =
    /^.*?\/(\d{8})\/([^/]+)\/([^/]+)\//.exec(url.searchParams.get('X-Amz-Credential') ?? '') ?? [];
  if (!region || !service || !url.pathname.endsWith('/k')) return undefined;
  return {
    ...targetOf(url),
    host: url.host,
    basePath: url.pathname.slice(0, -2),
    scope: { region, service },
  };
}
