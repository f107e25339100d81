import * as buckets from './bucketOperations';
import { copyObject } from './copyOperations';
import type { Handler } from './exchange';
import { listObjectsV1, listObjectsV2, listVersions } from './listOperations';
import * as multipart from './multipartOperations';
import * as objects from './objectOperations';

/** Operation name → handler. Other operations are NotImplemented. */
export const HANDLERS: Readonly<Record<string, Handler>> = {
  ListBuckets: buckets.listBuckets,
  CreateBucket: buckets.createBucket,
  DeleteBucket: buckets.deleteBucket,
  HeadBucket: buckets.headBucket,
  GetBucketLocation: buckets.getLocation,
  GetBucketVersioning: buckets.getVersioning,
  PutBucketVersioning: buckets.putVersioning,
  GetBucketAcl: buckets.getAcl,
  PutBucketAcl: buckets.putAcl,
  ListObjects: listObjectsV1,
  ListObjectsV2: listObjectsV2,
  ListObjectVersions: listVersions,
  PutObject: objects.putObject,
  GetObject: objects.getObject,
  HeadObject: objects.getObject,
  DeleteObject: objects.deleteObject,
  DeleteObjects: objects.deleteObjects,
  CopyObject: copyObject,
  GetObjectTagging: objects.getTagging,
  PutObjectTagging: objects.putTagging,
  DeleteObjectTagging: objects.deleteTagging,
  GetObjectAcl: buckets.getAcl,
  PutObjectAcl: buckets.putAcl,
  RestoreObject: objects.restoreObject,
  CreateMultipartUpload: multipart.createUpload,
  UploadPart: multipart.uploadPart,
  UploadPartCopy: multipart.uploadPartCopy,
  CompleteMultipartUpload: multipart.completeUpload,
  AbortMultipartUpload: multipart.abortUpload,
  ListParts: multipart.listParts,
  ListMultipartUploads: multipart.listUploads,
};
