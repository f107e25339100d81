import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { targetOf } from '../../../http/httpClient';
import type { Detour } from '../errors/redirects';
import { isArn, isDirectoryBucket } from '../model/bucketNames';
import type { BucketAddress, BucketRoutes, Sdk } from './connection';
import { watchResponses } from './sdkResponses';

/** Settings of the SDK's clients; `region` and `forcePathStyle` apply to every bucket without a route. */
type RoutedConfig = S3ClientConfig & { readonly region: string; readonly forcePathStyle: boolean };

/**
 * Finds out where each bucket's requests go. Invariants:
 * 1. A region that a response names is tried at once, and confirmed only when a request there has worked.
 * 2. A detour applies to one request.
 * 3. There is one client for each region, style and endpoint, because clients have caches. All clients share the clock's offset.
 */
export function routeBuckets(sdk: Sdk, defaults: RoutedConfig): BucketRoutes & { close(): void } {
  const clients = new Map<string, S3Client>();
  const addresses = new Map<string, Promise<BucketAddress | undefined>>();
  const confirmedRegions = new Map<string, string>();
  const namedRegions = new Map<string, string>();
  const detours = new Map<string, Detour>();

  const clientOf = (region: string, forcePathStyle: boolean, endpoint?: string): S3Client => {
    const id = `${region} ${forcePathStyle} ${endpoint ?? ''}`;
    const existing = clients.get(id);
    if (existing) return existing;
    const config = { ...defaults, region, forcePathStyle };
    const client = new sdk.S3Client(endpoint === undefined ? config : { ...config, endpoint });
    watchResponses(client);
    clients.set(id, client);
    return client;
  };
  const defaultClient = clientOf(defaults.region, defaults.forcePathStyle);

  // An access point's ARN names its region.
  const regionOf = (bucket: string): string =>
    (isArn(bucket) ? bucket.split(':')[3] : (namedRegions.get(bucket) ?? confirmedRegions.get(bucket))) ??
    defaults.region;

  const clientFor = (bucket: string | undefined): S3Client => {
    if (bucket === undefined) return defaultClient;
    const detour = detours.get(bucket);
    const forcePathStyle = (detour?.forcePathStyle ?? defaults.forcePathStyle) && !isArn(bucket);
    const client = clientOf(regionOf(bucket), forcePathStyle, detour?.endpoint);
    if (client !== defaultClient && client.config.systemClockOffset === 0)
      client.config.systemClockOffset = defaultClient.config.systemClockOffset;
    return client;
  };

  return {
    clientFor,
    regionOf,
    addressOf(bucket) {
      const detour = detours.get(bucket);
      const id = `${bucket} ${regionOf(bucket)} ${detour?.endpoint ?? ''} ${detour?.forcePathStyle ?? ''}`;
      let address = addresses.get(id);
      if (!address) {
        address = findAddress(sdk, clientFor(bucket), bucket);
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
    close() {
      for (const client of clients.values()) client.destroy();
    },
  };
}

/**
 * Reads the address of the bucket from a URL that the SDK signs for a made-up key. The SDK's rules cover partitions, access points, dots in
 * names and custom endpoints.
 */
async function findAddress(sdk: Sdk, client: S3Client, bucket: string): Promise<BucketAddress | undefined> {
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
