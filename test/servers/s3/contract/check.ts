import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  type $Command,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  type S3ClientResolvedConfig,
  S3ServiceException,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-s3';
import { encodeKey, type RawRequest, type RawResponse, sendSigned, type Target } from './signedRequest';

/** One statement about S3. `name` is a sentence and identifies the check. */
export interface Check {
  name: string;
  run: (world: World) => Promise<void>;
}

/** Makes checks of one topic from sentences and functions. */
export function checks(topic: string, bodies: Record<string, (world: World) => Promise<void>>): Check[] {
  return Object.entries(bodies).map(([sentence, run]) => ({ name: `${topic}: ${sentence}`, run }));
}

type SdkCommand<Input extends ServiceInputTypes, Output extends ServiceOutputTypes> = $Command<
  Input,
  Output,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes
>;

/** An ETag that no content of a check has. */
export const WRONG_ETAG = '"0123456789abcdef0123456789abcdef"';

/** The environment of one check: a fresh bucket and clients for one server. */
export class World {
  readonly bucket = `contract-${randomBytes(6).toString('hex')}`;
  private readonly otherBuckets: string[] = [];

  constructor(
    readonly target: Target,
    /** The SDK with its defaults: checksums on every request. */
    readonly client: S3Client,
    /** The SDK with checksums only where S3 requires them. */
    readonly plainClient: S3Client,
  ) {}

  /** Creates the bucket of this check. */
  async open(): Promise<void> {
    await this.run(CreateBucketCommand, {});
  }

  /** Sends a command of the SDK about the bucket of this check, or about another `Bucket` in `input`. */
  run<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    Command: new (input: Input) => SdkCommand<Input, Output>,
    input: Omit<Input, 'Bucket'> & { readonly Bucket?: string | undefined },
    client = this.client,
  ): Promise<Output> {
    return client.send(new Command({ Bucket: this.bucket, ...input } as Input & { readonly Bucket: string }));
  }

  /** As `run`, with checksums only where S3 requires them. */
  runPlain<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    Command: new (input: Input) => SdkCommand<Input, Output>,
    input: Omit<Input, 'Bucket'>,
  ): Promise<Output> {
    return this.run(Command, input, this.plainClient);
  }

  /** A name for one more bucket, which `close` removes. */
  anotherBucket(): string {
    const name = `contract-${randomBytes(6).toString('hex')}`;
    this.otherBuckets.push(name);
    return name;
  }

  /** Removes the buckets of this check with all versions, as far as the server allows. */
  async close(): Promise<void> {
    for (const bucket of [this.bucket, ...this.otherBuckets])
      await emptyAndDelete(this.client, bucket).catch(() => {});
  }

  /** Puts an object with the SDK. */
  put(key: string, body: Buffer | string = 'x', more: Partial<PutObjectCommandInput> = {}) {
    return this.run(PutObjectCommand, { Key: key, Body: body, ...more });
  }

  /** The content as text. */
  async read(key: string, versionId?: string): Promise<string> {
    const { Body } = await this.run(GetObjectCommand, { Key: key, VersionId: versionId });
    return (await Body?.transformToString()) ?? '';
  }

  /** Whether the object exists. */
  async exists(key: string): Promise<boolean> {
    try {
      await this.read(key);
      return true;
    } catch (error) {
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return false;
      throw error;
    }
  }

  /** All keys of the bucket as ListObjectsV2 gives them, page by page. */
  async keys(maxKeys?: number): Promise<string[]> {
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const input = { EncodingType: 'url', MaxKeys: maxKeys, ContinuationToken: token } as const;
      const page = await this.run(ListObjectsV2Command, input);
      for (const item of page.Contents ?? [])
        keys.push(decodeURIComponent((item.Key ?? '').replaceAll('+', ' ')));
      assert.ok(!page.IsTruncated || page.NextContinuationToken !== token, 'the same token came twice');
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
    return keys;
  }

  /** A raw request below this check's bucket: `path` is a key, or empty for the bucket itself. */
  send(
    method: string,
    key: string,
    more: Partial<RawRequest> = {},
    target: Partial<Target> = {},
  ): Promise<RawResponse> {
    const path = `/${this.bucket}${key === '' ? '' : `/${encodeKey(key)}`}`;
    return sendSigned({ ...this.target, ...target }, { method, path, ...more });
  }
}

/**
 * Requires that a request of the SDK is refused.
 * @param code S3's error code; leave out for HEAD, whose answer has no body
 */
export async function refused(
  promise: Promise<unknown>,
  status: number,
  code?: string,
): Promise<S3ServiceException> {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    assert.equal(error.$metadata.httpStatusCode, status, `${error.name}: ${error.message}`);
    if (code !== undefined) assert.equal(error.name, code);
    return error;
  }
  assert.fail(`the request succeeded; ${code ?? status} was expected`);
}

/** Requires the status, and for a refusal the code, of a raw answer. */
export function answered(response: RawResponse, status: number, code?: string): void {
  assert.equal(response.status, status, `${response.code ?? ''} ${response.text.slice(0, 300)}`);
  if (code !== undefined) assert.equal(response.code, code);
}

/** Clients for a server; path style, one attempt. */
export function makeClient(
  target: Target,
  requestChecksumCalculation: 'WHEN_SUPPORTED' | 'WHEN_REQUIRED',
): S3Client {
  return new S3Client({
    endpoint: target.endpoint,
    region: target.region,
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation,
    credentials: { accessKeyId: target.accessKeyId, secretAccessKey: target.secretAccessKey },
  });
}

async function emptyAndDelete(client: S3Client, bucket: string): Promise<void> {
  const versions = await client
    .send(new ListObjectVersionsCommand({ Bucket: bucket }))
    .then((page) => [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])])
    .catch(() => []);
  for (const { Key, VersionId } of versions) {
    const version = VersionId && VersionId !== 'null' ? { VersionId } : {};
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key, ...version }));
  }
  for (;;) {
    const page = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    for (const { Key } of page.Contents ?? [])
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    if (!page.IsTruncated) break;
  }
  await client.send(new DeleteBucketCommand({ Bucket: bucket }));
}
