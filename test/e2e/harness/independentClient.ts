import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { S3TestServer } from '../../servers/s3/s3Server';

/** A bucket as another program sees it, over HTTP and with its own client. */
export class IndependentClient {
  readonly #client: S3Client;

  constructor(s3: S3TestServer) {
    this.#client = new S3Client({
      endpoint: s3.endpoint,
      region: s3.region,
      forcePathStyle: true,
      credentials: { accessKeyId: s3.accessKeyId, secretAccessKey: s3.secretAccessKey },
    });
  }

  /** Key → content of all objects in the bucket (at most 1,000). */
  async contents(bucket: string): Promise<Record<string, string>> {
    const { Contents = [] } = await this.#client.send(new ListObjectsV2Command({ Bucket: bucket }));
    const found: Record<string, string> = {};
    for (const { Key = '' } of Contents) {
      const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: bucket, Key }));
      found[Key] = (await Body?.transformToString()) ?? '';
    }
    return found;
  }

  /** The modified time that was stored with an object, in seconds as rclone writes it. */
  async storedTime(bucket: string, key: string): Promise<string | undefined> {
    const { Metadata } = await this.#client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return Metadata?.['mtime'];
  }
}
