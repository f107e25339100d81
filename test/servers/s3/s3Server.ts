import { createServer } from 'node:http';
import type { Active } from '../http/faults';
import { listen } from '../http/loopback';
import type { ServerSettings } from './operations/exchange';
import type { S3Fault } from './requests/faults';
import type { LoggedS3Request } from './requests/requestLog';
import { S3Service } from './s3Service';
import type { Credentials } from './signIn/signatureCheck';
import type { ObjectStore } from './store/objectStore';
import type { Uploads } from './store/uploads';

/** How to start the server; everything has a default. */
export interface S3ServerOptions extends Partial<ServerSettings> {
  /** Default 0: any free port. Always on 127.0.0.1. */
  port?: number;
  /** Buckets that exist from the start. */
  buckets?: readonly string[];
  /** Milliseconds since 1970; default the machine's clock. `setClock` overrides it. */
  clock?: () => number;
  credentials?: Credentials;
  /** The region for which requests must be signed; default us-east-1. */
  region?: string;
  /** Accept unsigned requests. Signatures are still checked. */
  anonymous?: boolean;
  /** How many requests the log keeps at least; false turns the log off. Default 50,000. */
  log?: number | false;
  /**
   * Behave like S3's many regions under one address: the server refuses a request that is not signed for the bucket's own
   * region, and names the right region.
   */
  strictRegions?: boolean;
  /** Host names below which the first label is a bucket. */
  hostSuffixes?: readonly string[];
}

/** A running server. */
export interface S3TestServer {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly endpoint: string;
  readonly port: number;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  /** The requests, oldest first; always the same array. */
  readonly requests: readonly LoggedS3Request[];
  readonly store: ObjectStore;
  /** Multipart uploads that are neither completed nor aborted. */
  readonly uploads: Uploads;
  clearRequests(): void;
  /** @returns the fault with its number of `hits` */
  addFault(fault: S3Fault): Active<S3Fault>;
  clearFaults(): void;
  /** Sets the server's clock to a fixed moment (milliseconds since 1970), or lets it run again. */
  setClock(milliseconds: number | undefined): void;
  /** Accepts one more key pair, or replaces the one of the same access key id. */
  addCredentials(credentials: Credentials): void;
  /** Closes all connections and frees the port. */
  stop(): Promise<void>;
}

/** Starts an S3 server in this process. */
export async function startS3Server(options: S3ServerOptions = {}): Promise<S3TestServer> {
  const testKeys = { accessKeyId: 'CLOUDREMOTESTEST', secretAccessKey: 'cloud-remotes-secret' };
  const own = options.credentials ?? testKeys;
  const region = options.region ?? 'us-east-1';
  const credentials = new Map([[own.accessKeyId, own]]);
  const service = new S3Service(options, credentials, region);
  for (const name of options.buckets ?? []) service.store.createBucket(name);

  const server = createServer(
    { maxHeaderSize: 64 * 1024, keepAliveTimeout: 60_000, requestTimeout: 0 },
    (message, response) => void service.answer(message, response),
  );
  const { port, origin, stop } = await listen(server, options.port);
  return {
    endpoint: origin,
    port,
    ...own,
    region,
    requests: service.log.requests,
    store: service.store,
    uploads: service.uploads,
    clearRequests: () => service.log.clear(),
    addFault: (fault) => service.faults.add(fault),
    clearFaults: () => service.faults.clear(),
    setClock: (milliseconds) => {
      service.fixedClock = milliseconds;
    },
    addCredentials: (more) => void credentials.set(more.accessKeyId, more),
    stop,
  };
}
