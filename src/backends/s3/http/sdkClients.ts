import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import type { Sdk, SdkConnection, ServiceClock } from './connection';
import { watchResponses } from './sdkResponses';

/** Where a client sends its requests; without an endpoint, to AWS. */
export interface ClientPlace {
  readonly region: string;
  readonly forcePathStyle: boolean;
  readonly endpoint?: string | undefined;
}

/** Loads the SDK, which takes longer than many syncs. */
export function loadSdk(): Promise<Sdk> {
  // Turns off the SDK's warning about the version of Node: the editor chooses it, not the user.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  return import('../awsSdk');
}

/**
 * The SDK's clients of one connection, made on first use: one for each place, because clients have caches. All clients and the requests
 * without the SDK share the clock of the service.
 */
export class SdkClients implements ServiceClock {
  private readonly clients = new Map<string, S3Client>();
  private own = 0;

  /** `settings` apply to all clients. */
  constructor(private readonly settings: S3ClientConfig) {}

  async at({ region, forcePathStyle, endpoint }: ClientPlace): Promise<SdkConnection> {
    const sdk = await loadSdk();
    const id = `${region} ${forcePathStyle} ${endpoint ?? ''}`;
    let client = this.clients.get(id);
    if (!client) {
      const config = { ...this.settings, region, forcePathStyle };
      client = new sdk.S3Client(endpoint === undefined ? config : { ...config, endpoint });
      watchResponses(client);
      this.clients.set(id, client);
    }
    if (client.config.systemClockOffset === 0) client.config.systemClockOffset = this.offset;
    return { sdk, client };
  }

  /** A client sets its offset by itself. */
  get offset(): number {
    if (this.own !== 0) return this.own;
    for (const { config } of this.clients.values())
      if (config.systemClockOffset !== 0) return config.systemClockOffset;
    return 0;
  }

  set offset(ms: number) {
    this.own = ms;
    for (const { config } of this.clients.values()) config.systemClockOffset = ms;
  }

  close(): void {
    for (const client of this.clients.values()) client.destroy();
  }
}
