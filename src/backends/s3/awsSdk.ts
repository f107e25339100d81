/**
 * The only file that imports the AWS SDK's values. Others load it with `await import('./awsSdk')` on first use, so that
 * activation reads none of it; the build emits it as a separate file.
 */
export {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
export { fromIni, fromNodeProviderChain } from '@aws-sdk/credential-providers';
export { getSignedUrl } from '@aws-sdk/s3-request-presigner';
export { parseKnownFiles } from '@smithy/core/config';
