/**
 * What may stand where a bucket stands: its name, an access point's alias (`…-s3alias`, a name like any other), and an access point's
 * ARN, `arn:aws:s3:region:account:accesspoint/name`, whose slash may be spelled as a colon (AWS takes both).
 */

const accessPointArn = /^arn:aws[^:]*:s3:([^:]+):\d+:accesspoint[:/]([a-z0-9-]+)$/;
const spelledWithSlash = /^arn:[^/]*:accesspoint\/[^/]+/;

/** How many characters of `path` are its bucket: up to the first slash, or past that of an access point's ARN. Pure. */
export function bucketLength(path: string): number {
  const arn = path.startsWith('arn:') ? spelledWithSlash.exec(path)?.[0] : undefined;
  if (arn !== undefined) return arn.length;
  const slash = path.indexOf('/');
  return slash < 0 ? path.length : slash;
}

/** `path` with the slash of an access point's ARN at its beginning spelled as a colon, so that the bucket is one part of it. Pure. */
export function withOnePartBucket(path: string): string {
  return path.replace(/^(arn:[^/]*:accesspoint)\//, '$1:');
}

/** Whether `bucket` is an ARN. Pure. */
export function isArn(bucket: string): boolean {
  return bucket.startsWith('arn:');
}

/**
 * Whether `bucket` is a directory bucket or an access point of one: those list in no order (sync-semantics H13), give ETags
 * that are no MD5s, take no Content-MD5 and list by whole folders only. Pure.
 */
export function isDirectoryBucket(bucket: string): boolean {
  return /--xa?-s3$/.test(bucket);
}

/** Why nothing can be asked of `bucket`, as a sentence, or undefined. Only ARNs are looked at: of names the service judges. Pure. */
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
