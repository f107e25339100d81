import type { S3Client } from '@aws-sdk/client-s3';
import { bodyChecks } from './bodyChecks';
import { type Check, makeClient, World } from './check';
import { bucketChecks, keyChecks, listingChecks } from './listingChecks';
import { multipartChecks } from './multipartChecks';
import { attributeChecks, conditionChecks, copyChecks, objectChecks } from './objectChecks';
import { signatureChecks } from './signatureChecks';
import type { Target } from './signedRequest';
import { versionChecks } from './versionChecks';

const CHECK_TIMEOUT_MS = 30_000;

/** Everything that the extension relies on in S3, in the order of the table in docs/s3-servers.md. */
export const ALL_CHECKS: readonly Check[] = [
  ...bucketChecks,
  ...listingChecks,
  ...keyChecks,
  ...objectChecks,
  ...bodyChecks,
  ...conditionChecks,
  ...copyChecks,
  ...multipartChecks,
  ...attributeChecks,
  ...versionChecks,
  ...signatureChecks,
];

/** Runs checks against one server. All checks share the clients, because a new client costs more than most checks. */
export class ContractRun {
  private readonly client: S3Client;
  private readonly plainClient: S3Client;

  constructor(private readonly target: Target) {
    this.client = makeClient(target, 'WHEN_SUPPORTED');
    this.plainClient = makeClient(target, 'WHEN_REQUIRED');
  }

  /** Runs one check in its own bucket; rejects when the check fails. */
  async run(check: Check): Promise<void> {
    const world = new World(this.target, this.client, this.plainClient);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`not done within ${CHECK_TIMEOUT_MS / 1000} s`)),
        CHECK_TIMEOUT_MS,
      );
    });
    try {
      await Promise.race([world.open().then(() => check.run(world)), late]);
    } finally {
      clearTimeout(timer);
      await Promise.race([world.close(), new Promise((resolve) => setTimeout(resolve, 10_000).unref())]);
    }
  }

  /** Frees the connections. */
  end(): void {
    this.client.destroy();
    this.plainClient.destroy();
  }
}
