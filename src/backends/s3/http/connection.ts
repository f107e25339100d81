import type { S3Client } from '@aws-sdk/client-s3';
import type { HttpAgents, HttpTarget } from '../../../http/httpClient';
import type { CredentialCache } from '../credentials/credentialCache';
import type { Detour } from '../errors/redirects';
import type { SigningScope } from './sigV4';

/** An open connection to a service: the SDK's client, and what is known of it. */
export interface S3Connection {
  readonly sdk: Sdk;
  readonly client: S3Client;
  readonly region: string;
  readonly anonymous: boolean;
  /** What requests are signed with; undefined for unsigned ones. */
  readonly credentials: CredentialCache | undefined;
  readonly agents: HttpAgents;
  /**
   * Where a bucket's requests go and what they are signed for; undefined when only the SDK can sign them (directory buckets,
   * multi-region access points). Makes no request. Rejects when there are no credentials.
   */
  addressOf(bucket: string): Promise<BucketAddress | undefined>;
  /**
   * The client for requests about `bucket`: it asks in the bucket's own region, as far as that is known by now, and addresses access
   * points by their host whatever the style of other buckets.
   */
  clientFor(bucket: string | undefined): S3Client;
  /** The region in which `bucket` is asked from now on. */
  regionOf(bucket: string): string;
  /** Tells that an answer names another region for a bucket, which is tried from now on; whether that was news. */
  movedTo(bucket: string, region: string): boolean;
  /** Tells that requests for a bucket are sent elsewhere on the same service for now. */
  sentTo(bucket: string, detour: Detour): void;
  /**
   * Tells whether a request for a bucket in that region `worked`: only then is a region believed that an answer named. A detour is taken
   * once.
   */
  triedIn(bucket: string, region: string, worked: boolean): void;
  close(): void;
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
