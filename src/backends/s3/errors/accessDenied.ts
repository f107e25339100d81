import type { S3Config } from '../config/s3Config';
import { type ErrorContext, sanitizeMessage, serviceName } from './errorText';

/**
 * What a policy has to allow for each operation (AWS Service Authorization Reference, "Actions defined by Amazon S3", and the "Permissions"
 * of each operation in the S3 API Reference).
 */
const actions: Readonly<Record<string, readonly string[]>> = {
  ListBuckets: ['s3:ListAllMyBuckets'],
  CreateBucket: ['s3:CreateBucket'],
  DeleteBucket: ['s3:DeleteBucket'],
  HeadBucket: ['s3:ListBucket'],
  GetBucketLocation: ['s3:GetBucketLocation'],
  GetBucketVersioning: ['s3:GetBucketVersioning'],
  ListObjects: ['s3:ListBucket'],
  ListObjectsV2: ['s3:ListBucket'],
  ListObjectVersions: ['s3:ListBucketVersions'],
  ListMultipartUploads: ['s3:ListBucketMultipartUploads'],
  ListParts: ['s3:ListMultipartUploadParts'],
  GetObject: ['s3:GetObject'],
  // Without the second, a file that isn't there looks like one that may not be read.
  HeadObject: ['s3:GetObject', 's3:ListBucket'],
  GetObjectTagging: ['s3:GetObjectTagging'],
  PutObject: ['s3:PutObject'],
  CopyObject: ['s3:GetObject', 's3:PutObject'],
  CreateMultipartUpload: ['s3:PutObject'],
  UploadPart: ['s3:PutObject'],
  UploadPartCopy: ['s3:GetObject', 's3:PutObject'],
  CompleteMultipartUpload: ['s3:PutObject'],
  AbortMultipartUpload: ['s3:AbortMultipartUpload'],
  DeleteObject: ['s3:DeleteObject'],
  DeleteObjects: ['s3:DeleteObject'],
  CreateSession: ['s3express:CreateSession'],
};

/** Kinds of policies that deny, as AWS names them in its own sentences. */
const policies =
  /explicit deny in an? (service control policy|resource control policy|identity-based policy|resource-based policy|session policy|permissions boundary|VPC endpoint policy)/i;

const writes = new Set([
  'PutObject',
  'CopyObject',
  'CreateMultipartUpload',
  'UploadPart',
  'CompleteMultipartUpload',
]);

/** The sentences for a request that a policy, a lock or a key refuses: what was asked, what would allow it, and what the service says. Pure. */
export function deniedSentences(words: string | undefined, subject: string, context: ErrorContext): string {
  const { config, operation } = context;
  const told = words ?? '';
  const action = /\b((?:s3|kms|s3express|s3-outposts|s3-object-lambda|sts):[A-Za-z*]{1,60})\b/.exec(
    told,
  )?.[1];
  const asked = operation === undefined ? '' : ` to ${operation}`;
  const own = ownWords(told, config);
  if (/object lock|\bWORM\b|legal hold|under (?:a )?retention|object is (?:locked|protected)/i.test(told))
    return `${subject}: access denied${asked}. It is locked (Object Lock) and stays as it is until its retention ends or its legal hold is lifted.${own}`;
  if (action?.startsWith('kms:'))
    return `${subject}: access denied${asked}. These credentials may not use the encryption key (${action}).${own}`;
  if (config.credentials === 'anonymous')
    return `${subject} is not public. Set "credentials" to something other than "anonymous"${neededBy(operation, action, context)}.${own}`;
  return `${subject}: access denied${asked}.${reason(told, action, context)}${own}`;
}

function neededBy(operation: string | undefined, action: string | undefined, context: ErrorContext): string {
  const needed = action ?? needs(context);
  return operation === undefined || needed === undefined ? '' : ` (${operation} needs ${needed})`;
}

function reason(told: string, action: string | undefined, context: ErrorContext): string {
  const { config, operation = '' } = context;
  const policy = policies
    .exec(told)?.[1]
    ?.replace(/^(Service|Resource|Identity|Session|Permissions)/, (word) => word.toLowerCase());
  const needed = action ?? needs(context);
  if (policy !== undefined || /explicit(?:ly)? den/i.test(told)) {
    const what = needed === undefined ? 'this' : needed;
    const encrypt =
      writes.has(operation) && config.serverSideEncryption === undefined
        ? ' If the bucket takes encrypted objects only, set "serverSideEncryption".'
        : '';
    return ` ${policy === undefined ? 'A policy' : `A ${policy}`} denies ${what} explicitly.${encrypt}`;
  }
  if (action !== undefined) return ` The policy lacks ${action}.`;
  if (needed === undefined)
    return ' The credentials lack a permission for this, or belong to another account.';
  return ` The policy lacks ${needed}, or the credentials belong to another account.`;
}

/** The actions that the operation needs, as words. */
function needs({ operation = '', moreActions = [] }: ErrorContext): string | undefined {
  const all = [...(actions[operation] ?? []), ...moreActions];
  if (all.length <= 1) return all[0];
  return `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`;
}

/** What the service says by itself, unless that is only "Access Denied" once more. */
export function ownWords(words: string, config: S3Config): string {
  const bare = words.replace(/[\s.!]/g, '').toLowerCase();
  if (['', 'accessdenied', 'forbidden', 'unknownerror', 'unknown'].includes(bare)) return '';
  return ` ${serviceName(config)} says: ${sanitizeMessage(words)}`;
}
