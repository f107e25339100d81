import type { FoundFlag } from '../flagScanner';
import { type FlagDecision, type FlagRules, flagsWithVerdict, ignored, refused, unavailable } from '../flags';

/** Flags of rclone that don't affect the plan, and flags that are not supported, with the reason. */
export const passiveRcloneFlags: FlagRules = new Map([
  ...flagsWithVerdict(ignored, {
    'transfers= checkers= max-backlog= multi-thread-streams= multi-thread-cutoff= multi-thread-chunk-size= multi-thread-write-buffer-size= buffer-size= streaming-upload-cutoff= use-mmap check-first order-by= no-traverse list-cutoff= fast-list':
      'It only affects speed and memory. The setting "Transfers" limits the number of concurrent transfers.',
    'bwlimit= bwlimit-file= tpslimit= tpslimit-burst=':
      'Bandwidth and request rate are not limited, except as the service requires.',
    'retries= retries-sleep= low-level-retries= timeout= contimeout= expect-continue-timeout= kv-lock-time= fs-cache-expire-duration= fs-cache-expire-interval= disable-http2 disable-http-keep-alives no-gzip-encoding bind= dscp= use-cookies user-agent= disable=':
      'Cloud Remotes handles timeouts, retries and connections itself.',
    'progress progress-terminal-title quiet verbose stats= stats-file-name-length= stats-log-level= stats-one-line stats-one-line-date stats-one-line-date-format= stats-unit= max-stats-groups= human-readable no-console color=':
      'The preview shows progress in its own way.',
    'log-file= log-format= log-level= log-systemd log-file-max-size= log-file-max-backups= log-file-max-age= log-file-compress windows-event-log-level= syslog syslog-facility= use-json-log dump= dump-bodies dump-headers cpuprofile= memprofile= memory-profile= error-on-no-transfer':
      'It only affects terminal output and logs.',
    'combined= match= differ= missing-on-src= missing-on-dst= error= absolute csv= dest-after= timeformat=':
      'The preview shows the list, and can save it.',
    'config= password-command= ask-password auto-confirm cache-dir= temp-dir=':
      'Remotes come from the settings, not from rclone.conf.',
    'ca-cert= client-cert= client-key= client-pass= no-check-certificate':
      'Certificates are always verified; the remote\'s setting "CA file" adds certificate authorities.',
    'skip-links': 'Links that are not followed are skipped, and shown as skipped.',
    'ignore-checksum': 'Every copy is verified.',
    'inplace partial-suffix=': 'A file appears under its name only when it is complete.',
    'create-empty-src-dirs delete-empty-src-dirs': 'Empty folders are neither created nor removed.',
    'server-side-across-configs': 'Copies are made on the server wherever possible.',
    'refresh-times': 'Times are always set where only the time differs.',
    's3-provider= s3-access-key-id= s3-secret-access-key= s3-session-token= s3-env-auth s3-shared-credentials-file= s3-force-path-style s3-location-constraint= s3-bucket-acl= s3-no-check-bucket s3-use-accelerate-endpoint s3-v2-auth s3-sts-endpoint= acd-auth-url= acd-client-id= acd-client-secret= acd-token= acd-token-url= acd-checkpoint= acd-templink-threshold= acd-upload-wait-per-gb=':
      "The remote's settings contain the connection and the sign-in.",
    's3-chunk-size= s3-copy-cutoff= s3-upload-cutoff= s3-upload-concurrency= s3-max-upload-parts= s3-list-chunk= s3-list-url-encode= s3-list-version= s3-memory-pool-flush-time= s3-memory-pool-use-mmap s3-leave-parts-on-error s3-disable-http2 s3-download-url= s3-might-gzip= s3-no-head s3-no-head-object s3-no-system-metadata s3-use-multipart-etag= s3-use-presigned-request s3-disable-checksum s3-directory-markers':
      "The remote's settings decide how parts and requests are made.",
    'local-no-preallocate local-no-sparse local-nounc local-zero-size-links local-no-clone local-hashes=':
      'Cloud Remotes decides itself how it writes to the disk.',
  }),
  ...flagsWithVerdict(refused, {
    links: 'Links are followed or skipped; they are not stored as files.',
    'one-file-system': 'Folders on other file systems are always included.',
    'suffix= suffix-keep-extension':
      'Replaced files are not kept beside the new files. "Backup folder" keeps them in another place.',
    'compare-dest= copy-dest=': 'Only the source and the target are compared.',
    'ignore-case': 'Filters are case-sensitive where the names are.',
    'ignore-case-sync fix-case no-unicode-normalization': 'The target decides which names are equal.',
    'metadata-include= metadata-include-from= metadata-exclude= metadata-exclude-from= metadata-filter= metadata-filter-from=':
      'Filters by metadata are not supported.',
    'max-transfer= max-duration= cutoff-mode=':
      'Limits that end a run early are not supported; you can stop a run at any time.',
    'hash-filter=': 'Filters by hash are not supported.',
    'name-transform=': 'Copies keep their names.',
    'default-time=': 'A file without a time is compared without one.',
    'header=': 'Custom request headers are not supported.',
    'checkfile=': 'Comparing with a file of checksums is not supported.',
    's3-encoding= local-encoding= acd-encoding=':
      'The source and the target decide which characters of a name are encoded.',
    'help version': 'The tool would only print text and copy nothing.',
    's3-decompress': 'Content is copied as it is stored.',
    's3-sse-customer-algorithm= s3-sse-customer-key= s3-sse-customer-key-base64= s3-sse-customer-key-md5=':
      'Encryption with customer-provided keys (SSE-C) is not supported.',
    's3-versions s3-version-at= s3-version-deleted': 'Only the current version of an object is used.',
    'local-case-sensitive local-case-insensitive local-unicode-normalization':
      'The disk decides which names are equal.',
    'local-no-check-updated': 'A file that changes while it is read is never reported as copied.',
  }),
  ...flagsWithVerdict(unavailable, {
    'ignore-errors': 'Nothing is deleted after an error.',
    'metadata metadata-set= metadata-mapper=':
      'File metadata of the disk (owner, mode, attributes) is not copied.',
    'header-upload= header-download=': 'Custom request headers are not supported.',
    'http-proxy=': "The editor's proxy settings apply.",
    download: 'Hashes are compared; without a hash the content is not read.',
    rc: 'Remote control is not supported.',
    's3-requester-pays':
      'Requester-pays buckets are not supported yet, so the service would reject the requests.',
    'local-no-set-modtime': 'Downloaded files get the times of their sources.',
  }),
]);

const remoteControl = /^rc-/;

/** Backends of rclone whose flags start with the name of the backend. */
const backends =
  'alias amazon azureblob azurefiles b2 box cache chunker cloudinary combine compress crypt doi drive dropbox fichier filefabric filelu filescom filen ftp gcs gofile gphotos hasher hdfs hidrive http iclouddrive imagekit internetarchive internxt jottacloud koofr linkbox mailru mega memory netstorage onedrive oos opendrive pcloud pikpak pixeldrain premiumizeme proton protondrive putio qingstor quatrix seafile sftp shade sharefile sia smb storj sugarsync swift tardigrade ulozto union uptobox webdav yandex zoho';
const backendFlag = new RegExp(`^(?:${backends.split(' ').join('|')})-`);

/** Whether rclone has a flag of that name for another backend or for its remote control. Pure. */
export function isRcloneFlagOfAnotherBackend(name: string): boolean {
  return remoteControl.test(name) || backendFlag.test(name);
}

/** The decision on a flag without a rule. Pure. */
export function decideUnknownFlag({ name, typed }: FoundFlag): FlagDecision {
  if (remoteControl.test(name)) return ignored('Remote control is not supported.');
  if (/^(?:s3|local|acd)-/.test(name)) return refused(`${typed} is unknown, so its effect would be missing.`);
  if (backendFlag.test(name))
    return ignored('It belongs to another backend of rclone; the settings of that remote replace it.');
  return refused(`${typed} is unknown.`);
}
