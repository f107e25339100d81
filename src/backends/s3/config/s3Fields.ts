import { s3Presets } from './s3Presets';

/** One setting as people read of it: the single source for the check, the settings schema and the docs. */
export interface S3Field {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly kind: 'text' | 'choice' | 'boolean' | 'size' | 'count' | 'url';
  /** For 'choice': the allowed values; for 'text': suggestions. */
  readonly values?: readonly string[];
  readonly default?: string | number | boolean;
  readonly min?: number;
  readonly max?: number;
}

const mebi = 1024 * 1024;
const gibi = 1024 * mebi;

export const s3Fields: readonly S3Field[] = [
  {
    name: 'provider',
    title: 'Provider',
    description: 'Who runs the storage. Sets defaults for endpoint, addressing style and checksums.',
    kind: 'choice',
    values: s3Presets.map((preset) => preset.id),
    default: 'AWS without an endpoint, Other with one',
  },
  {
    name: 'endpoint',
    title: 'Endpoint',
    description: "The service's web address. Leave it out for AWS. A bare host gets https://.",
    kind: 'url',
  },
  {
    name: 'region',
    title: 'Region',
    description: 'The region that requests are signed for.',
    kind: 'text',
  },
  {
    name: 'locationConstraint',
    title: 'Location constraint',
    description: 'Where new buckets are made. On AWS it follows the region when left out.',
    kind: 'text',
  },
  {
    name: 'credentials',
    title: 'Credentials',
    description:
      'Where credentials come from: an access key and secret, a profile of the shared AWS files, the environment and default chain, or none.',
    kind: 'choice',
    values: ['keys', 'profile', 'environment', 'anonymous'],
    default: 'keys with accessKeyId, profile with profile, else environment',
  },
  {
    name: 'accessKeyId',
    title: 'Access key ID',
    description: 'The public half of an access key. Its secret is kept in secret storage.',
    kind: 'text',
  },
  {
    name: 'profile',
    title: 'AWS profile',
    description: 'A profile of ~/.aws/config or ~/.aws/credentials: keys, SSO, role, MFA or a program.',
    kind: 'text',
  },
  {
    name: 'root',
    title: 'Root',
    description:
      'Where the tree starts: a bucket, bucket/prefix or an access point ARN. Empty lists all buckets.',
    kind: 'text',
  },
  {
    name: 'forcePathStyle',
    title: 'Path style',
    description:
      'Address buckets as endpoint/bucket rather than bucket.endpoint. Access points always have a host of their own.',
    kind: 'boolean',
    default: 'true with an endpoint of your own',
  },
  {
    name: 'storageClass',
    title: 'Storage class',
    description: 'The class of objects written. Empty = what the service or bucket sets.',
    kind: 'text',
    values: [
      'STANDARD',
      'INTELLIGENT_TIERING',
      'STANDARD_IA',
      'ONEZONE_IA',
      'GLACIER_IR',
      'REDUCED_REDUNDANCY',
    ],
  },
  {
    name: 'serverSideEncryption',
    title: 'Server-side encryption',
    description: 'How the service encrypts objects written.',
    kind: 'choice',
    values: ['AES256', 'aws:kms'],
  },
  {
    name: 'sseKmsKeyId',
    title: 'KMS key',
    description: 'The key for aws:kms. Empty = the account’s own key for S3.',
    kind: 'text',
  },
  {
    name: 'acl',
    title: 'ACL',
    description: 'A canned access list for objects written. Leave it out unless the bucket uses ACLs.',
    kind: 'choice',
    values: [
      'private',
      'public-read',
      'public-read-write',
      'authenticated-read',
      'aws-exec-read',
      'bucket-owner-read',
      'bucket-owner-full-control',
    ],
  },
  {
    name: 'uploadCutoff',
    title: 'Upload cutoff',
    description:
      'Files larger than this are sent in parts. Smaller ones keep a plain MD5 as ETag, but start anew after a failure.',
    kind: 'size',
    default: 64 * mebi,
    min: 0,
    max: 5 * gibi,
  },
  {
    name: 'chunkSize',
    title: 'Chunk size',
    description:
      'Size of a part. It grows by itself where a file would need more parts than the service takes (10,000).',
    kind: 'size',
    default: 8 * mebi,
    min: 5 * mebi,
    max: 5 * gibi,
  },
  {
    name: 'copyCutoff',
    title: 'Copy cutoff',
    description:
      'Copies that the service makes by itself go in parts from this size on. S3 allows up to 5Gi at once, rclone copies up to 4.656Gi so.',
    kind: 'size',
    default: 4 * gibi,
    min: 5 * mebi,
    max: 5 * gibi,
  },
  {
    name: 'concurrency',
    title: 'Parts at once',
    description: 'Parts of one file sent at the same time. Memory per file = chunk size × this.',
    kind: 'count',
    default: 4,
    min: 1,
    max: 64,
  },
  {
    name: 'checksums',
    title: 'Checksums',
    description:
      'whenSupported adds CRC32 to uploads and checks it on downloads; whenRequired sends Content-MD5 only, as older stores need.',
    kind: 'choice',
    values: ['whenSupported', 'whenRequired'],
    default: 'whenSupported on AWS, else whenRequired',
  },
  {
    name: 'conditionalWrites',
    title: 'Conditional writes',
    description:
      'enforced: the service itself refuses to overwrite a change (If-Match). checked: look just before writing, for stores that ignore the condition.',
    kind: 'choice',
    values: ['enforced', 'checked'],
    default: 'enforced but for providers known to ignore conditions',
  },
  {
    name: 'caFile',
    title: 'CA file',
    description: 'A PEM file of certificate authorities to trust besides the usual ones.',
    kind: 'text',
  },
  {
    name: 'listOrder',
    title: 'List order',
    description:
      'bytes: listings must come in byte order, as S3 promises. unordered: sort them here, for stores that do not (directory buckets always are).',
    kind: 'choice',
    values: ['bytes', 'unordered'],
    default: 'bytes but for providers known to sort otherwise',
  },
  {
    name: 'fileSystem',
    title: 'On a file system',
    description:
      'The service keeps objects as files of a file system, so that a name can’t be a file and a folder at once. The connection test finds it out.',
    kind: 'boolean',
    default: 'false but for providers known to do so',
  },
];
