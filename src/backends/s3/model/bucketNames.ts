/**
 * A bucket is given by its name, by the alias of an access point (`…-s3alias`), or by the ARN of an access point,
 * `arn:aws:s3:region:account:accesspoint/name`, whose slash may be written as a colon (AWS accepts both).
 */

const accessPointArn = /^arn:aws[^:]*:s3:([^:]+):\d+:accesspoint[:/]([a-z0-9-]+)$/;
const spelledWithSlash = /^arn:[^/]*:accesspoint\/[^/]+/;

/** The number of characters of `path` that name the bucket: up to the first slash, or past the slash in an access point's ARN. Pure. */
export function bucketLength(path: string): number {
  const arn = path.startsWith('arn:') ? spelledWithSlash.exec(path)?.[0] : undefined;
  if (arn !== undefined) return arn.length;
  const slash = path.indexOf('/');
  return slash < 0 ? path.length : slash;
}

/** `path` with the slash of a leading access point ARN replaced by a colon, so that the bucket is one part of the path. Pure. */
export function withOnePartBucket(path: string): string {
  return path.replace(/^(arn:[^/]*:accesspoint)\//, '$1:');
}

/** Whether `bucket` is an ARN. Pure. */
export function isArn(bucket: string): boolean {
  return bucket.startsWith('arn:');
}

/**
 * Whether `bucket` is a directory bucket or an access point of one. These list in no order (H13) and by whole folders only, have ETags that
 * are no MD5s, and accept no Content-MD5. Pure.
 */
export function isDirectoryBucket(bucket: string): boolean {
  return /--xa?-s3$/.test(bucket);
}

/** Why `bucket` can't be used, as a sentence, or undefined. Checks ARNs only; the service checks names. Pure. */
export function bucketProblem(bucket: string): string | undefined {
  if (!isArn(bucket)) return undefined;
  const [, , service = '', region = '', account = '', ...resource] = bucket.split(':');
  if (service === 's3-outposts')
    return `"${bucket}" is on an AWS Outpost, which is not supported. Use a bucket or an access point of S3 itself.`;
  if (service === 's3-object-lambda')
    return `"${bucket}" is an Object Lambda access point, whose content is made by a program and can't be synced. Use the access point below it.`;
  if (service === 's3' && region === '' && account === '' && resource[0])
    return `"${bucket}" is the ARN of a bucket. Write the bucket's name: ${resource[0]}`;
  if (service === 's3' && region === '')
    return `"${bucket}" is a multi-region access point, which needs signatures (SigV4A) that are not supported. Use one of its buckets, or an access point of one region.`;
  if (accessPointArn.test(bucket)) return undefined;
  return `"${bucket}" is not the ARN of an access point. Write it as arn:aws:s3:region:account:accesspoint/name, or use a bucket's name.`;
}
