import type { S3Client } from '@aws-sdk/client-s3';
import type { HttpTarget } from '../../../http/httpClient';
import type { HttpTransport } from '../../../http/httpTransport';
import type { CredentialCache } from '../credentials/credentialCache';
import type { Detour } from '../errors/redirects';
import type { SigningScope } from './sigV4';

/** Where the requests for each bucket go. */
export interface BucketRoutes {
  /**
   * The address of a bucket and what its requests are signed for; undefined when only the SDK can sign them (directory buckets,
   * multi-region access points). Makes no request. Rejects when there are no credentials.
   */
  addressOf(bucket: string): Promise<BucketAddress | undefined>;
  /**
   * The SDK with its client in the region of `bucket`. The first call loads the SDK. Access points always have a host of their own, even
   * with path style.
   */
  sdkFor(bucket: string | undefined): Promise<SdkConnection>;
  /** The region in which requests for `bucket` are made. */
  regionOf(bucket: string): string;
  /** Records the region that a response names for a bucket, to be tried next. Returns whether it is a new one. */
  movedTo(bucket: string, region: string): boolean;
  /** Records that the next request for a bucket goes to another address of the same service. */
  sentTo(bucket: string, detour: Detour): void;
  /** Records whether a request for a bucket in `region` worked. */
  triedIn(bucket: string, region: string, worked: boolean): void;
}

/** An open connection to a service. */
export interface S3Connection extends BucketRoutes {
  readonly region: string;
  readonly anonymous: boolean;
  /** Undefined for unsigned requests. */
  readonly credentials: CredentialCache | undefined;
  readonly transport: HttpTransport;
  readonly clock: ServiceClock;
  close(): void;
}

/** The clock of the service, as far as responses have shown it. */
export interface ServiceClock {
  /** Milliseconds to add to the time of this machine. */
  offset: number;
}

/** What the SDK needs for a request. */
export interface SdkConnection {
  readonly sdk: Sdk;
  readonly client: S3Client;
}

/** Where requests for the objects of a bucket go. */
export interface BucketAddress extends HttpTarget {
  /** As the Host header spells it. */
  readonly host: string;
  /** Percent-encoded, before the slash and the key. */
  readonly basePath: string;
  readonly scope: SigningScope;
}

export type Sdk = typeof import('../awsSdk');
