import { isRemoteError } from '../../../remote/remoteError';
import type { Sdk } from '../http/connection';
import type { S3Api } from '../http/s3Api';
import { aboutObject, keyDecoder } from '../model/objectKey';

export interface UnfinishedUpload {
  readonly key: string;
  readonly uploadId: string;
}

/** Unfinished multipart uploads of a bucket; empty where the service refuses to list them, since they rarely keep a bucket from being deleted. */
export async function listUploads(
  requests: S3Api,
  bucket: string,
  signal: AbortSignal,
): Promise<readonly UnfinishedUpload[]> {
  const uploads: UnfinishedUpload[] = [];
  let at: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } = {};
  try {
    for (;;) {
      const input = { Bucket: bucket, EncodingType: 'url' as const, ...at };
      const create = (sdk: Sdk) => new sdk.ListMultipartUploadsCommand(input);
      const page = await requests.sendCommand({ bucket }, create, signal);
      const decode = keyDecoder(page.EncodingType);
      for (const { Key = '', UploadId } of page.Uploads ?? []) {
        const key = decode(Key);
        if (key !== undefined && UploadId !== undefined) uploads.push({ key, uploadId: UploadId });
      }
      const key = decode(page.NextKeyMarker ?? '');
      const { NextUploadIdMarker } = page;
      const isRepeated = key === at.KeyMarker && NextUploadIdMarker === at.UploadIdMarker;
      if (!page.IsTruncated || !key || isRepeated) return uploads;
      at = {
        KeyMarker: key,
        ...(NextUploadIdMarker !== undefined && { UploadIdMarker: NextUploadIdMarker }),
      };
    }
  } catch (error) {
    signal.throwIfAborted();
    if (isRemoteError(error, 'forbidden', 'unsupported')) return uploads;
    throw error;
  }
}

export async function abortUploads(
  requests: S3Api,
  bucket: string,
  uploads: readonly UnfinishedUpload[],
  signal: AbortSignal,
): Promise<void> {
  for (const { key, uploadId } of uploads)
    try {
      const input = { Bucket: bucket, Key: key, UploadId: uploadId };
      const about = aboutObject({ bucket, key });
      await requests.sendCommand(about, (sdk) => new sdk.AbortMultipartUploadCommand(input), signal);
    } catch (error) {
      signal.throwIfAborted();
      // The upload ended, or the bucket's deletion ends it: most services delete a bucket that holds only uploads.
      if (!isRemoteError(error, 'notFound', 'forbidden', 'unsupported')) throw error;
    }
}
