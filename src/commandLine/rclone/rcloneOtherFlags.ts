import type { FoundFlag } from '../flags';
import {
  type FlagDecision,
  type FlagRule,
  type FlagRules,
  flagsWithVerdict,
  ignored,
  refused,
  unavailable,
} from '../flags';

/** Flags of rclone that have no part in what is copied, and those that ask for what isn't offered, with the reason. */
export const passiveRcloneFlags: FlagRules = new Map<string, FlagRule>([
  ...flagsWithVerdict(
    'transfers= checkers= max-backlog= multi-thread-streams= multi-thread-cutoff= multi-thread-chunk-size= multi-thread-write-buffer-size= buffer-size= streaming-upload-cutoff= use-mmap check-first order-by= no-traverse list-cutoff= fast-list',
    ignored('It is about speed and memory. Here the setting "Transfers" says how many files go at once.'),
  ),
  ...flagsWithVerdict(
    'bwlimit= bwlimit-file= tpslimit= tpslimit-burst=',
    ignored('There is no limit on bandwidth or requests here; services are asked no faster than they allow.'),
  ),
  ...flagsWithVerdict(
    'retries= retries-sleep= low-level-retries= timeout= contimeout= expect-continue-timeout= kv-lock-time= fs-cache-expire-duration= fs-cache-expire-interval= disable-http2 disable-http-keep-alives no-gzip-encoding bind= dscp= use-cookies user-agent= disable=',
    ignored('Waiting, retrying and connections are taken care of here.'),
  ),
  ...flagsWithVerdict(
    'progress progress-terminal-title quiet verbose stats= stats-file-name-length= stats-log-level= stats-one-line stats-one-line-date stats-one-line-date-format= stats-unit= max-stats-groups= human-readable no-console color=',
    ignored('The preview shows progress in its own way.'),
  ),
  ...flagsWithVerdict(
    'log-file= log-format= log-level= log-systemd log-file-max-size= log-file-max-backups= log-file-max-age= log-file-compress windows-event-log-level= syslog syslog-facility= use-json-log dump= dump-bodies dump-headers cpuprofile= memprofile= memory-profile= error-on-no-transfer',
    ignored('It is about what the terminal or a log shows.'),
  ),
  ...flagsWithVerdict(
    'combined= match= differ= missing-on-src= missing-on-dst= error= absolute csv= dest-after= timeformat=',
    ignored('The preview shows the list, and can save it.'),
  ),
  ...flagsWithVerdict(
    'config= password-command= ask-password auto-confirm cache-dir= temp-dir=',
    ignored('Remotes are those of the settings here, not those of rclone.conf.'),
  ),
  ...flagsWithVerdict(
    'ca-cert= client-cert= client-key= client-pass= no-check-certificate',
    ignored('Certificates are a matter of the remote ("CA file"), and always checked.'),
  ),
  ...flagsWithVerdict(
    'skip-links',
    ignored('Links that are not followed are left out, and shown as skipped.'),
  ),
  ...flagsWithVerdict('ignore-checksum', ignored('Every copy is verified here.')),
  ...flagsWithVerdict(
    'inplace partial-suffix=',
    ignored('Files appear under their names only when they are whole.'),
  ),
  ...flagsWithVerdict(
    'create-empty-src-dirs delete-empty-src-dirs',
    ignored('Empty folders are neither made nor removed here.'),
  ),
  ...flagsWithVerdict(
    'server-side-across-configs',
    ignored('Copies are made by the service itself wherever it can.'),
  ),
  ...flagsWithVerdict('refresh-times', ignored('Times that alone differ are set anyway.')),

  ...flagsWithVerdict(
    'links',
    refused('Links are followed or left out; they are not stored as files of their own.'),
  ),
  ...flagsWithVerdict('one-file-system', refused('Folders on other file systems take part like all others.')),
  ...flagsWithVerdict(
    'suffix= suffix-keep-extension',
    refused('Replaced files are not kept beside the new ones. "Backup folder" keeps them in another place.'),
  ),
  ...flagsWithVerdict('compare-dest= copy-dest=', refused('Only the source and the target are compared.')),
  ...flagsWithVerdict('ignore-errors', unavailable('Nothing is deleted here when something went wrong.')),
  ...flagsWithVerdict('ignore-case', refused('Filters tell upper and lower case apart where the names do.')),
  ...flagsWithVerdict(
    'ignore-case-sync fix-case no-unicode-normalization',
    refused('Which names are one and the same follows from the target.'),
  ),
  ...flagsWithVerdict(
    'metadata metadata-set= metadata-mapper=',
    unavailable('Metadata of disks (owner, mode, attributes) is not carried over.'),
  ),
  ...flagsWithVerdict(
    'metadata-include= metadata-include-from= metadata-exclude= metadata-exclude-from= metadata-filter= metadata-filter-from=',
    refused('Files are not chosen by their metadata.'),
  ),
  ...flagsWithVerdict(
    'max-transfer= max-duration= cutoff-mode=',
    refused('A run is not ended early by itself; it can be stopped at any time.'),
  ),
  ...flagsWithVerdict('hash-filter=', refused('Files are not chosen by a share of their hashes.')),
  ...flagsWithVerdict('name-transform=', refused('Copies keep their names.')),
  ...flagsWithVerdict('default-time=', refused('A file without a time is compared without one.')),
  ...flagsWithVerdict(
    'header-upload= header-download=',
    unavailable('Requests carry no headers of your own.'),
  ),
  ...flagsWithVerdict('header=', refused('Requests carry no headers of your own.')),
  ...flagsWithVerdict('http-proxy=', unavailable('The proxy is that of the editor.')),
  ...flagsWithVerdict(
    'download',
    unavailable('Hashes are compared; content is not read where there are none.'),
  ),
  ...flagsWithVerdict('checkfile=', refused('A list of sums is not compared with.')),
  ...flagsWithVerdict('rc', unavailable('There is no remote control.')),

  ...flagsWithVerdict(
    's3-provider= s3-access-key-id= s3-secret-access-key= s3-session-token= s3-env-auth s3-shared-credentials-file= s3-force-path-style s3-location-constraint= s3-bucket-acl= s3-no-check-bucket s3-use-accelerate-endpoint s3-v2-auth s3-sts-endpoint=',
    ignored('How the service is reached and signed in to is a matter of the remote.'),
  ),
  ...flagsWithVerdict(
    's3-chunk-size= s3-copy-cutoff= s3-upload-cutoff= s3-upload-concurrency= s3-max-upload-parts= s3-list-chunk= s3-list-url-encode= s3-list-version= s3-memory-pool-flush-time= s3-memory-pool-use-mmap s3-leave-parts-on-error s3-disable-http2 s3-download-url= s3-might-gzip= s3-no-head s3-no-head-object s3-no-system-metadata s3-use-multipart-etag= s3-use-presigned-request s3-disable-checksum s3-directory-markers',
    ignored('How parts and requests are made is a matter of the remote.'),
  ),
  ...flagsWithVerdict(
    's3-encoding= local-encoding= acd-encoding=',
    refused('Which signs of a name are written in another way follows from the places.'),
  ),
  ...flagsWithVerdict(
    'acd-auth-url= acd-client-id= acd-client-secret= acd-token= acd-token-url= acd-checkpoint= acd-templink-threshold= acd-upload-wait-per-gb=',
    ignored('How the service is reached and signed in to is a matter of the remote.'),
  ),
  ...flagsWithVerdict(
    'help version',
    refused('With it nothing is copied at all: the tool only prints a text.'),
  ),
  ...flagsWithVerdict('s3-decompress', refused('Content is copied as it is stored.')),
  ...flagsWithVerdict(
    's3-requester-pays',
    unavailable('There is no setting yet for buckets whose readers pay, so requests would be turned down.'),
  ),
  ...flagsWithVerdict(
    's3-sse-customer-algorithm= s3-sse-customer-key= s3-sse-customer-key-base64= s3-sse-customer-key-md5=',
    refused('Encryption with keys of your own (SSE-C) is not offered.'),
  ),
  ...flagsWithVerdict(
    's3-versions s3-version-at= s3-version-deleted',
    refused('Only the newest version of an object takes part.'),
  ),
  ...flagsWithVerdict(
    'local-case-sensitive local-case-insensitive local-unicode-normalization',
    refused('Which names are one and the same follows from the disk.'),
  ),
  ...flagsWithVerdict(
    'local-no-check-updated',
    refused('A file that changes while it is read is never taken for copied.'),
  ),
  ...flagsWithVerdict(
    'local-no-set-modtime',
    unavailable('Downloaded files get the times of their sources.'),
  ),
  ...flagsWithVerdict(
    'local-no-preallocate local-no-sparse local-nounc local-zero-size-links local-no-clone local-hashes=',
    ignored('How the disk is written to is taken care of here.'),
  ),
]);

const remoteControl = /^rc-/;

/** Kinds of storage that rclone has flags for, each beginning with the name of the kind. */
const kinds =
  'alias amazon azureblob azurefiles b2 box cache chunker cloudinary combine compress crypt doi drive dropbox fichier filefabric filelu filescom filen ftp gcs gofile gphotos hasher hdfs hidrive http iclouddrive imagekit internetarchive internxt jottacloud koofr linkbox mailru mega memory netstorage onedrive oos opendrive pcloud pikpak pixeldrain premiumizeme proton protondrive putio qingstor quatrix seafile sftp shade sharefile sia smb storj sugarsync swift tardigrade ulozto union uptobox webdav yandex zoho';
const otherKind = new RegExp(`^(?:${kinds.split(' ').join('|')})-`);

/** Whether rclone has a flag of that name for another kind of storage, or for its remote control. Pure. */
export function isRcloneFlagOfAnotherBackend(name: string): boolean {
  return remoteControl.test(name) || otherKind.test(name);
}

/** The decision on a flag that has no rule of its own. Pure. */
export function decideUnknownFlag({ name, typed }: FoundFlag): FlagDecision {
  if (remoteControl.test(name)) return ignored('There is no remote control.');
  if (/^(?:s3|local|acd)-/.test(name)) return refused(`${typed} is not known. Its effect would be missing.`);
  if (otherKind.test(name))
    return ignored('It is about one kind of storage, whose settings belong to its remote.');
  return refused(`${typed} is not known.`);
}
