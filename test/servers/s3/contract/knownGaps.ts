/** Check name → what the server does instead. */
export type Gaps = Readonly<Record<string, string>>;

/**
 * The checks that each server fails, in the version that docs/s3-servers.md names. A gap that no longer exists fails the run
 * too, so the list stays true. The embedded server has no gaps.
 */
export const KNOWN_GAPS: Readonly<Record<string, Gaps>> = {
  embedded: {},
  moto: {
    'buckets: a bad bucket name is InvalidBucketName': 'takes the name',
    'listing: max-keys without a number is InvalidArgument': '500',
    'listing: an invented continuation token is InvalidArgument': '500',
    'listing: the first version of the call pages with a marker': 'NextMarker is an opaque token',
    'listing: 1,100 keys need two pages of at most 1,000': 'gives as many as are asked for',
    'keys: "line\\r\\nbreak" can be put, read, listed and deleted': '404 on PUT',
    'keys: a key of 1,025 bytes is KeyTooLongError': 'takes it',
    'objects: response headers can be overridden in the query': 'ignores the parameters',
    'objects: DeleteObjects in quiet mode names only errors': 'names all keys',
    'objects: DeleteObjects takes 1,000 keys and refuses 1,001': 'takes 1,001',
    'objects: DeleteObjects without Content-MD5 or checksum is refused': 'deletes',
    'objects: metadata above 2 KB is MetadataTooLarge': 'takes it',
    'objects: a PUT without a length is MissingContentLength': 'takes it',
    'bodies: a wrong Content-MD5 is BadDigest and stores nothing': 'stores it',
    'bodies: a malformed Content-MD5 is InvalidDigest': 'stores it',
    'bodies: a body with another SHA-256 than the signed one is refused': 'stores it',
    'bodies: two different checksum headers are refused': 'stores it',
    'bodies: an unsigned trailer is checked: wrong': 'stores it',
    'bodies: an announced trailer that is missing is refused': 'stores it',
    'bodies: a wrong decoded length is refused': 'stores it',
    'bodies: a chunk below 8 KiB that is not the last is InvalidChunkSizeError': 'takes it',
    'bodies: signed chunks are checked: a flipped bit': 'stores it',
    'bodies: a signed trailer is checked: wrong checksum': 'stores it',
    'conditions: a true If-Match outranks a false If-Unmodified-Since': '412',
    'conditions: a true If-None-Match outranks a false If-Modified-Since': '304',
    'conditions: DeleteObjects with an ETag deletes only an object with that ETag':
      'ignores the ETag and deletes',
    'copy: copy-source-if-match holds or is PreconditionFailed': 'ignores the condition',
    'copy: copy-source-if-(un)modified-since hold or are PreconditionFailed': 'ignores the condition',
    'copy: the target condition If-None-Match:* protects an existing object': 'overwrites',
    'multipart: parts in the wrong order are InvalidPartOrder': 'takes them',
    'multipart: after Abort the upload is gone': '500',
    'multipart: an unknown upload id is NoSuchUpload': '500',
    'multipart: Complete with If-Match overwrites only an object with that ETag': 'ignores the condition',
    'multipart: a part with a wrong Content-MD5 is BadDigest': 'stores it',
    'multipart: parts with CRC32 give a checksum of checksums': 'the checksum lacks the number of parts',
    'multipart: GET returns a part by its number': 'gives the whole object',
    'versions: while suspended, a PUT replaces the version null': 'drops the older versions',
    'signatures: a wrong secret is SignatureDoesNotMatch': 'signatures are not checked',
    'signatures: an unknown key is InvalidAccessKeyId': 'signatures are not checked',
    'signatures: an unsigned request is AccessDenied': 'signatures are not checked',
    'signatures: a request signed 20 minutes ago or ahead is RequestTimeTooSkewed':
      'signatures are not checked',
    'signatures: a request signed for another region is AuthorizationHeaderMalformed and names the right one':
      'signatures are not checked',
    'signatures: an expired presigned URL is AccessDenied': 'signatures are not checked',
    'signatures: a presigned URL used for another key is refused': 'signatures are not checked',
    'signatures: a presigned URL for longer than a week is refused': 'signatures are not checked',
    'signatures: an error has code, message, resource and request id': 'no x-amz-request-id header',
    'bodies: crc32 in a header is kept and shown on request': 'HEAD does not show it',
    'bodies: a wrong crc32 is BadDigest and stores nothing': 'stores it',
    'bodies: crc32c in a header is kept and shown on request': 'HEAD does not show it',
    'bodies: a wrong crc32c is BadDigest and stores nothing': 'stores it',
    'bodies: crc64nvme in a header is kept and shown on request': 'HEAD does not show it',
    'bodies: a wrong crc64nvme is BadDigest and stores nothing': 'stores it',
    'bodies: sha1 in a header is kept and shown on request': 'HEAD does not show it',
    'bodies: a wrong sha1 is BadDigest and stores nothing': 'stores it',
    'bodies: sha256 in a header is kept and shown on request': 'HEAD does not show it',
    'bodies: a wrong sha256 is BadDigest and stores nothing': 'stores it',
  },
  versitygw: {
    'buckets: a location constraint can be read back': 'refuses all but its own region',
    'listing: encoding-type=url encodes keys and says so': 'ignores the parameter',
    'listing: an invented continuation token is InvalidArgument': 'takes it for a key',
    'keys: "space + plus %25 percent" can be put, read, listed and deleted': 'decodes the path twice',
    'keys: "/leading" can be put, read, listed and deleted': 'the name is a path on disk: loses the slash',
    'keys: "trailing/" can be put, read, listed and deleted':
      'the name is a path on disk: refuses content in it',
    'keys: "double//slash" can be put, read, listed and deleted':
      'the name is a path on disk: folds the slashes',
    'keys: "triple///slash" can be put, read, listed and deleted':
      'the name is a path on disk: folds the slashes',
    'keys: "." can be put, read, listed and deleted': 'the name is a path on disk: refuses it',
    'keys: ".." can be put, read, listed and deleted': 'the name is a path on disk: refuses it',
    'keys: "./dot" can be put, read, listed and deleted': 'the name is a path on disk: stores `dot`',
    'keys: "../up" can be put, read, listed and deleted': 'the name is a path on disk: refuses it',
    'keys: "in/../between" can be put, read, listed and deleted':
      'the name is a path on disk: stores `between`',
    'keys: "in/./between" can be put, read, listed and deleted':
      'the name is a path on disk: stores `in/between`',
    'keys: "control\\u0001char" can be put, read, listed and deleted': 'lists U+FFFD in its place',
    'keys: "%2e%2e" can be put, read, listed and deleted': 'decodes the path twice',
    'keys: "xxx… of 1024 bytes" can be put, read, listed and deleted':
      'KeyTooLongError: a file name holds 255 bytes',
    'keys: "ééé… of 1024 bytes" can be put, read, listed and deleted':
      'KeyTooLongError: a file name holds 255 bytes',
    'keys: `a` and `a/b` live side by side, and `A` is not `a`':
      'the name is a path on disk: refuses the second',
    'objects: DeleteObjects in quiet mode names only errors': 'names all keys',
    'objects: DeleteObjects takes 1,000 keys and refuses 1,001': 'takes 1,001',
    'bodies: aws-chunked does not appear in Content-Encoding, but gzip does': 'keeps `gzip,aws-chunked`',
    'bodies: a chunk below 8 KiB that is not the last is InvalidChunkSizeError': 'status 400 instead of 403',
    'conditions: DeleteObjects with an ETag deletes only an object with that ETag':
      'ignores the ETag and deletes',
    'copy: copy-source-if-none-match holds or is PreconditionFailed': '304 instead of 412',
    'copy: the target condition If-None-Match:* protects an existing object': 'overwrites',
    'attributes: the storage class is kept and listed': 'always STANDARD',
    'attributes: an unknown storage class is InvalidStorageClass': 'takes it',
    'attributes: HEAD of an archived object succeeds, GET does not': 'always STANDARD',
    'attributes: answers show the server-side encryption': 'not shown',
    'versions: ListObjectVersions gives newest first, with markers, in pages':
      'with max-keys=1 the same page comes again and again',
    'signatures: an unknown key is InvalidAccessKeyId': 'XAdminUserNotFound',
  },
};
