import type { SettingField } from '../../settingsSchema';
import { s3Presets } from './s3Presets';
import { endpointProblem, rootProblem } from './textSettings';

const mebi = 1024 * 1024;
const gibi = 1024 * mebi;

export const s3Fields: readonly SettingField[] = [
  {
    name: 'provider',
    title: 'Provider',
    description: 'The service provider. Sets defaults for endpoint, addressing style and checksums.',
    kind: 'choice',
    values: s3Presets.map((preset) => preset.id),
    ignoreCase: true,
    defaultText: 'AWS without an endpoint, Other with one',
  },
  {
    name: 'endpoint',
    title: 'Endpoint',
    description: 'The URL of the service. Leave it out for AWS. https:// is added to a bare host name.',
    kind: 'url',
    problem: endpointProblem,
  },
  { name: 'region', title: 'Region', description: 'The region that requests are signed for.', kind: 'text' },
  {
    name: 'locationConstraint',
    title: 'Location constraint',
    description: 'Where new buckets are created. Default on AWS: the region.',
    kind: 'text',
  },
  {
    name: 'credentials',
    title: 'Credentials',
    description:
      'The source of the credentials: an access key and secret, a profile of the shared AWS files, the environment and default chain, or none.',
    kind: 'choice',
    values: ['keys', 'profile', 'environment', 'anonymous'],
    defaultText: 'keys with accessKeyId, profile with profile, else environment',
  },
  {
    name: 'accessKeyId',
    title: 'Access key ID',
    description: 'The public part of an access key. The secret part is kept in secret storage.',
    kind: 'text',
  },
  {
    name: 'profile',
    title: 'AWS profile',
    description:
      'A profile of ~/.aws/config or ~/.aws/credentials: keys, SSO, role, MFA or credential process.',
    kind: 'text',
  },
  {
    name: 'root',
    title: 'Root',
    description:
      'Where the tree starts: a bucket, bucket/prefix or an access point ARN. Empty = all buckets.',
    kind: 'text',
    problem: rootProblem,
  },
  {
    name: 'forcePathStyle',
    title: 'Path style',
    description:
      'Address buckets as endpoint/bucket instead of bucket.endpoint. Access points always use their own host.',
    kind: 'boolean',
    defaultText: 'true with a custom endpoint',
  },
  {
    name: 'storageClass',
    title: 'Storage class',
    description: 'The storage class of new objects. Empty = the default of the service or bucket.',
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
    description: 'How the service encrypts new objects.',
    kind: 'choice',
    values: ['AES256', 'aws:kms'],
  },
  {
    name: 'sseKmsKeyId',
    title: 'KMS key',
    description: 'The key for aws:kms. Empty = the default key of the account for S3.',
    kind: 'text',
  },
  {
    name: 'acl',
    title: 'ACL',
    description: 'The canned ACL of new objects. Leave it out unless the bucket uses ACLs.',
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
      'Larger files are uploaded in parts. Smaller files keep a plain MD5 as their ETag, but restart from the beginning after a failure.',
    kind: 'size',
    default: 64 * mebi,
    min: 0,
    max: 5 * gibi,
  },
  {
    name: 'chunkSize',
    title: 'Chunk size',
    description:
      'The size of a part. It grows automatically when a file would need more parts than the service allows (10,000).',
    kind: 'size',
    default: 8 * mebi,
    min: 5 * mebi,
    max: 5 * gibi,
  },
  {
    name: 'copyCutoff',
    title: 'Copy cutoff',
    description:
      'Server-side copies of this size or more are made in parts. S3 copies up to 5Gi in one request, rclone up to 4.656Gi.',
    kind: 'size',
    default: 4 * gibi,
    min: 5 * mebi,
    max: 5 * gibi,
  },
  {
    name: 'concurrency',
    title: 'Concurrent parts',
    description:
      'The number of parts of one file that are sent or received at the same time. Memory per file = chunk size × this.',
    kind: 'count',
    default: 4,
    min: 1,
    max: 64,
  },
  {
    name: 'checksums',
    title: 'Checksums',
    description:
      'whenSupported adds CRC32 to uploads and checks it on downloads; whenRequired sends only Content-MD5, which older services need.',
    kind: 'choice',
    values: ['whenSupported', 'whenRequired'],
    defaultText: 'whenSupported on AWS, else whenRequired',
  },
  {
    name: 'conditionalWrites',
    title: 'Conditional writes',
    description:
      'enforced: the service itself rejects overwriting a change (If-Match). checked: check just before writing, for services that ignore the precondition.',
    kind: 'choice',
    values: ['enforced', 'checked'],
    defaultText: 'enforced, except for providers known to ignore preconditions',
  },
  {
    name: 'caFile',
    title: 'CA file',
    description: 'A PEM file of certificate authorities to trust in addition to the default ones.',
    kind: 'text',
  },
  {
    name: 'listOrder',
    title: 'List order',
    description:
      'bytes: listings arrive in byte order, as S3 specifies. unordered: listings are sorted here, for services that use another order (directory buckets always are).',
    kind: 'choice',
    values: ['bytes', 'unordered'],
    defaultText: 'bytes, except for providers known to use another order',
  },
  {
    name: 'fileSystem',
    title: 'Stored on a file system',
    description:
      'The service stores objects as files on a file system, so a name can’t be a file and a folder at once. The connection test detects this.',
    kind: 'boolean',
    defaultText: 'false, except for providers known to do this',
  },
];
