import type { S3Config } from '../config/s3Config';
import { type ErrorContext, sanitizeMessage, serviceName } from './errorText';

/**
 * The actions that a policy must allow for each operation (AWS Service Authorization Reference, "Actions defined by Amazon S3", and the
 * "Permissions" of each operation in the S3 API Reference).
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
  // Without the second action, S3 responds with 403 for a missing object.
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

/** Policies as AWS names them in its messages. */
const policies =
  /explicit deny in an? (service control policy|resource control policy|identity-based policy|resource-based policy|session policy|permissions boundary|VPC endpoint policy)/i;

const writes = /^(PutObject|CopyObject|CreateMultipartUpload|UploadPart|CompleteMultipartUpload)$/;

/** The message for a request that a policy, a lock or a key denies: the operation, the missing permission and the service's own message. Pure. */
export function accessDeniedMessage(
  serviceMessage: string | undefined,
  subject: string,
  context: ErrorContext,
): string {
  const { config, operation } = context;
  const received = serviceMessage ?? '';
  const named = /\b((?:s3|kms|s3express|s3-outposts|s3-object-lambda|sts):[A-Za-z*]{1,60})\b/.exec(received);
  const action = named?.[1];
  const denied = `${subject}: access denied${operation === undefined ? '' : ` to ${operation}`}.`;
  const quoted = quoteService(received, config);
  if (/object lock|\bWORM\b|legal hold|under (?:a )?retention|object is (?:locked|protected)/i.test(received))
    return `${denied} It is locked (Object Lock) until its retention ends or its legal hold is lifted.${quoted}`;
  if (action?.startsWith('kms:'))
    return `${denied} These credentials may not use the encryption key (${action}).${quoted}`;
  const needed = action ?? requiredActions(context);
  if (config.credentials !== 'anonymous')
    return `${denied}${reason(received, action, needed, context)}${quoted}`;
  const why = operation === undefined || needed === undefined ? '' : ` (${operation} needs ${needed})`;
  return `${subject} is not public. Set "credentials" to something other than "anonymous"${why}.${quoted}`;
}

function reason(
  received: string,
  action: string | undefined,
  needed: string | undefined,
  { config, operation = '' }: ErrorContext,
): string {
  const policy = policies
    .exec(received)?.[1]
    ?.replace(/^(Service|Resource|Identity|Session|Permissions)/, (word) => word.toLowerCase());
  if (policy !== undefined || /explicit(?:ly)? den/i.test(received)) {
    const encrypt =
      writes.test(operation) && config.serverSideEncryption === undefined
        ? ' If the bucket accepts only encrypted objects, set "serverSideEncryption".'
        : '';
    return ` A ${policy ?? 'policy'} denies ${needed ?? 'this'} explicitly.${encrypt}`;
  }
  if (action !== undefined) return ` The policy lacks ${action}.`;
  if (needed === undefined)
    return ' The credentials lack a permission for this, or belong to another account.';
  return ` The policy lacks ${needed}, or the credentials belong to another account.`;
}

/** The actions that the operation needs, as text. */
function requiredActions({ operation = '', moreActions = [] }: ErrorContext): string | undefined {
  const all = [...(actions[operation] ?? []), ...moreActions];
  if (all.length <= 1) return all[0];
  return `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`;
}

/** The service's own message as a sentence; empty for a mere "Access Denied". */
export function quoteService(message: string, config: S3Config): string {
  const bare = message.replace(/[\s.!]/g, '').toLowerCase();
  if (['', 'accessdenied', 'forbidden', 'unknownerror', 'unknown'].includes(bare)) return '';
  return ` ${serviceName(config)} says: ${sanitizeMessage(message)}`;
}
