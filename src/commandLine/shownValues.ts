/**
 * Flags whose values may appear in lists, messages and logs. Every other flag may contain a key or a password: most backends of rclone
 * have such flags, and every version adds more.
 */
const shown = new Set(
  `
  include exclude include-from exclude-from filter f filter-from files-from files-from-raw exclude-if-present
  min-size max-size min-age max-age max-depth hash-filter
  modify-window max-delete max-delete-size backup-dir suffix track-renames-strategy compare-dest copy-dest
  max-transfer max-duration cutoff-mode default-time order-by checkfile C
  transfers checkers max-backlog multi-thread-streams multi-thread-cutoff multi-thread-chunk-size
  multi-thread-write-buffer-size buffer-size streaming-upload-cutoff list-cutoff
  bwlimit bwlimit-file tpslimit tpslimit-burst
  retries retries-sleep low-level-retries timeout contimeout expect-continue-timeout kv-lock-time
  stats stats-file-name-length stats-log-level stats-one-line-date-format stats-unit log-level log-format log-file color
  combined match differ missing-on-src missing-on-dst error timeformat dump
  config cache-dir temp-dir ca-cert client-cert
  s3-profile s3-endpoint s3-region s3-acl s3-bucket-acl s3-storage-class s3-server-side-encryption s3-sse-kms-key-id
  s3-provider s3-location-constraint s3-chunk-size s3-copy-cutoff s3-upload-cutoff s3-upload-concurrency
  s3-max-upload-parts s3-list-chunk s3-list-version s3-encoding local-encoding
  profile endpoint-url region source-region page-size output query progress-frequency cli-read-timeout
  cli-connect-timeout expected-size ca-bundle acl storage-class sse sse-kms-key-id request-payer
  content-type cache-control content-disposition content-encoding content-language expires
  copy-props metadata-directive case-conflict checksum-mode checksum-algorithm
  `
    .split(/\s+/)
    .filter(Boolean),
);

/** `flag` is the long name without dashes, or a letter. */
export function isSafeToShow(flag: string): boolean {
  return shown.has(flag);
}
