/** The codes of each status; other codes have 400. */
const CODES: Readonly<Record<number, string>> = {
  301: 'PermanentRedirect',
  403:
    'AccessDenied InvalidAccessKeyId InvalidChunkSizeError InvalidObjectState ' +
    'ObjectNotInActiveTierError RequestTimeTooSkewed SignatureDoesNotMatch',
  404: 'NoSuchBucket NoSuchKey NoSuchUpload NoSuchVersion',
  405: 'MethodNotAllowed',
  409:
    'BucketAlreadyExists BucketAlreadyOwnedByYou BucketNotEmpty ConditionalRequestConflict ' +
    'ExistingObjectIsDirectory ObjectParentIsFile RestoreAlreadyInProgress',
  411: 'MissingContentLength',
  412: 'PreconditionFailed',
  416: 'InvalidRange',
  500: 'InternalError',
  501: 'NotImplemented',
  503: 'SlowDown',
};
const STATUS = new Map(
  Object.entries(CODES).flatMap(([status, codes]) =>
    codes.split(' ').map((code) => [code, Number(status)] as const),
  ),
);

/** A refusal: S3's code, message, and further elements of the XML body. */
export class S3Error extends Error {
  /** The HTTP status that S3 sends with this code. */
  readonly status: number;

  /**
   * @param code S3's error code, such as `NoSuchKey`
   * @param details further elements of the error document, name to text
   * @param headers further response headers
   */
  constructor(
    readonly code: string,
    message: string = code,
    readonly details: Record<string, string> = {},
    readonly headers: Record<string, string> = {},
    status?: number,
  ) {
    super(message);
    this.status = status ?? STATUS.get(code) ?? 400;
  }
}

/** The refusal of a parameter or header with a bad value. */
export function invalidArgument(name: string, value: string): S3Error {
  return new S3Error('InvalidArgument', `Invalid ${name}.`, { ArgumentName: name, ArgumentValue: value });
}
