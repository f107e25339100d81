import type { RemoteErrorKind } from '../../../remote/remoteError';
import { ssoLogin } from '../credentials/profileErrors';
import { accessDeniedMessage, quoteService } from './accessDenied';
import { type ErrorContext, serviceName } from './errorText';
import { storeClash } from './nameConflicts';
import { regionNamedBy } from './redirects';

/** An unsuccessful response of the service, whichever client received it. */
export interface ServiceFailure {
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The client's error itself, with further elements of the error document: `Region`, `Endpoint`. */
  readonly error: Readonly<Record<string, unknown>>;
  /** S3's name of the operation, if the client recorded it. */
  readonly operation: string | undefined;
}

/** A failure with the names for its message. */
interface Named extends ServiceFailure {
  readonly context: ErrorContext;
  /** The object, bucket or remote that the request was about. */
  readonly it: string;
  readonly bucket: string;
  readonly service: string;
}

export interface Meaning {
  readonly kind: RemoteErrorKind;
  readonly message: string;
  /** For a terminal; the message names it. */
  readonly command?: string;
}

/** Undefined when the rule does not apply to the failure. */
type Rule = (failure: Named) => Meaning | undefined;

const says =
  (kind: RemoteErrorKind, sentence: (failure: Named) => string): Rule =>
  (failure) => ({ kind, message: sentence(failure) });

/** The object, bucket or remote that a request was about, to begin a sentence. */
export function subject({ path, bucket, config }: ErrorContext): string {
  if (path) return `"${path}"`;
  return bucket ? `The bucket "${bucket}"` : `The remote "${config.name}"`;
}

const forbidden: Rule = ({ message, it, context }) => ({
  kind: 'forbidden',
  message: accessDeniedMessage(message, it, context),
});

const missing = says('notFound', ({ it }) => `${it} does not exist.`);
const changed = says('changed', ({ it }) => `${it} was changed by someone else in the meantime.`);
const tooLarge = says('unsupported', ({ it, service }) => `${it} is larger than ${service} allows.`);
const unsupported = says('unsupported', ({ it, service }) => `${service} does not support this for ${it}.`);
const rateLimited = says('rateLimited', ({ service }) => `${service} asks for fewer requests.`);
const full = says('quotaExceeded', ({ it, service }) => `${service} has no room left for ${it}.`);
const temporary = (show: 'code' | 'status') =>
  says('unavailable', (failure) => `${failure.service} has a temporary problem (${failure[show]}).`);

const wrongRegion: Rule = ({ context, service, error }) => {
  const region = regionNamedBy(error);
  const it = context.bucket ? `The bucket "${context.bucket}"` : service;
  return {
    kind: 'badSettings',
    message: region
      ? `${it} is in the region "${region}". Set "region" to that.`
      : `${it} belongs to another region or endpoint. Correct "region" or "endpoint".`,
  };
};

const expiredToken: Rule = ({ context: { config } }) => {
  const login = ssoLogin(config.profile ?? 'default');
  const environment =
    'Renew the credentials in the environment, and restart the editor if variables hold them.';
  const remedies = {
    profile: `Renew the credentials of the profile "${config.profile}"; for single sign-on: ${login}`,
    keys: 'Edit the remote and enter a new one.',
    environment,
    anonymous: environment,
  };
  return {
    kind: 'unauthenticated',
    message: `The session token of "${config.name}" is no longer valid. ${remedies[config.credentials]}`,
    ...(config.credentials === 'profile' && { command: login }),
  };
};

/** The meaning of each code; several codes are separated by spaces. */
const codeTable: readonly (readonly [codes: string, rule: Rule])[] = [
  [
    'NoSuchBucket',
    says('notFound', ({ bucket, service }) => `There is no bucket "${bucket}" at ${service}.`),
  ],
  ['NoSuchKey NotFound', missing],
  [
    'NoSuchUpload',
    says('unavailable', ({ it }) => `The upload of ${it} was aborted by someone else and must start over.`),
  ],
  [
    'AccessDenied AccessForbidden AllAccessDisabled AccountProblem Forbidden ObjectLocked UnauthorizedAccess XMinioObjectLocked',
    forbidden,
  ],
  // MinIO's code for a locked object.
  [
    'InvalidRequest',
    (failure) =>
      /WORM|object lock|legal hold/i.test(failure.message ?? '') ? forbidden(failure) : undefined,
  ],
  [
    'InvalidAccessKeyId',
    says(
      'unauthenticated',
      ({ service, context }) =>
        `${service} does not know the access key of "${context.config.name}". Edit the remote and enter a valid one.`,
    ),
  ],
  [
    'SignatureDoesNotMatch',
    says(
      'unauthenticated',
      ({ service, context }) =>
        `${service} does not accept the secret access key of "${context.config.name}". Edit the remote and enter it again.`,
    ),
  ],
  ['ExpiredToken ExpiredTokenException TokenRefreshRequired InvalidToken', expiredToken],
  // A retry helps: the client sets its clock by this response.
  [
    'RequestTimeTooSkewed RequestExpired',
    says(
      'unavailable',
      ({ service }) =>
        `This computer's clock differs too much from that of ${service}. Set it right if this persists.`,
    ),
  ],
  [
    'InvalidObjectState',
    says(
      'archived',
      ({ it }) => `${it} is archived and must be restored before it can be read (aws s3api restore-object).`,
    ),
  ],
  ['PreconditionFailed ConditionalRequestConflict', changed],
  [
    'BucketNotEmpty',
    says('notEmpty', ({ bucket }) => `The bucket "${bucket}" is not empty (old versions count as well).`),
  ],
  [
    'BucketAlreadyExists',
    says(
      'alreadyExists',
      ({ bucket }) =>
        `The bucket "${bucket}" already exists and has another owner: all accounts share the bucket names.`,
    ),
  ],
  [
    'BucketAlreadyOwnedByYou',
    says('alreadyExists', ({ bucket }) => `The bucket "${bucket}" already exists.`),
  ],
  [
    'InvalidBucketName',
    says(
      'badName',
      ({ bucket }) =>
        `"${bucket}" can't be the name of a bucket: use 3 to 63 lower-case letters, digits, "-" and ".".`,
    ),
  ],
  [
    'KeyTooLong KeyTooLongError XMinioObjectNameTooLong',
    says('badName', ({ it, service }) => `${it} has a longer name than ${service} allows.`),
  ],
  [
    'InvalidKey InvalidKeyName InvalidObjectKey InvalidObjectName InvalidURI KeyUnsupported XMinioInvalidObjectName XMinioInvalidResourceName XMinioObjectNamePrefixSlash',
    says(
      'badName',
      ({ it, service, message, context }) =>
        `${service} does not allow the name of ${it}. Rename it.${quoteService(message ?? '', context.config)}`,
    ),
  ],
  ['PermanentRedirect TemporaryRedirect AuthorizationHeaderMalformed', wrongRegion],
  [
    'IllegalLocationConstraintException InvalidLocationConstraint',
    says(
      'badSettings',
      ({ service }) =>
        `${service} does not create buckets at this location. Correct "locationConstraint", or "region".`,
    ),
  ],
  [
    'BadDigest InvalidDigest XAmzContentSHA256Mismatch XAmzContentChecksumMismatch IncompleteBody',
    says('corrupted', ({ it, service }) => `${it} arrived corrupted at ${service} and was not stored.`),
  ],
  [
    'SlowDown SlowDownRead SlowDownWrite TooManyRequests TooManyRequestsException Throttling ThrottlingException RequestLimitExceeded BandwidthLimitExceeded',
    rateLimited,
  ],
  ['RequestTimeout InternalError ServiceUnavailable OperationAborted', temporary('code')],
  ['NotImplemented MethodNotAllowed', unsupported],
  ['EntityTooLarge MaxMessageLengthExceeded', tooLarge],
  ['QuotaExceeded XMinioStorageFull XMinioAdminBucketQuotaExceeded InsufficientCapacity', full],
  [
    'InvalidStorageClass',
    says(
      'badSettings',
      ({ service, context }) =>
        `${service} does not know the storage class "${context.config.storageClass}". Correct "storageClass".`,
    ),
  ],
  [
    'AccessControlListNotSupported',
    says(
      'badSettings',
      ({ bucket, context }) =>
        `The bucket "${bucket}" does not use ACLs. Remove "acl" from the settings of "${context.config.name}".`,
    ),
  ],
];

const byCode = new Map(
  codeTable.flatMap(([codes, rule]) => codes.split(' ').map((code) => [code, rule] as const)),
);

const kmsRule = says(
  'forbidden',
  ({ it, code, message, context }) =>
    `The encryption key of ${it} can't be used (${code}). Ask for permission to use it, or set another "sseKmsKeyId".${quoteService(message ?? '', context.config)}`,
);

/** The meaning of a status where the code has none. */
const byStatus = new Map<number, Rule>([
  [
    400,
    // The response to a HEAD names no reason.
    ({ code, context, it, service }) =>
      code !== undefined || context.config.credentials === 'anonymous'
        ? undefined
        : {
            kind: 'other',
            message: `${it}: ${service} rejected the request (400) without a reason. Possible causes: an expired session token, or encryption with a customer-provided key.`,
          },
  ],
  [301, wrongRegion],
  [307, wrongRegion],
  [
    401,
    says(
      'unauthenticated',
      ({ service, context }) => `${service} does not accept the credentials of "${context.config.name}".`,
    ),
  ],
  [403, forbidden],
  [404, missing],
  [405, unsupported],
  [
    407,
    says(
      'badSettings',
      ({ service }) =>
        `The proxy on the way to ${service} asks for a login. Set "http.proxy" of the editor to http://user:password@host:port.`,
    ),
  ],
  [408, says('unavailable', ({ service }) => `${service} gave up waiting.`)],
  [
    409,
    // Without a document a failed precondition has no code. Any other code than these has another cause.
    (failure) =>
      failure.code === undefined || /conflict|condition|exists/i.test(failure.code)
        ? changed(failure)
        : undefined,
  ],
  [412, changed],
  [413, tooLarge],
  [429, rateLimited],
  [501, unsupported],
  [507, full],
]);

/** A success that can't be parsed comes from no S3 service but from a web server or a proxy. */
const unreadable = says(
  'corrupted',
  ({ service }) =>
    `${service} did not respond like an S3 service. Correct "endpoint", or sign in to the network first.`,
);

function statusRule(status: number): Rule | undefined {
  if (status >= 200 && status < 300) return unreadable;
  return byStatus.get(status) ?? (status >= 500 ? temporary('status') : undefined);
}

/** A store on a file system, where a name can't be both a file and a folder. */
const fileSystemRule: Rule = ({ code, message, status, it, service }) => {
  const clash = storeClash(code, message, status);
  if (clash === undefined) return undefined;
  const start = `${it} can't be stored: ${service} stores objects on a file system, where`;
  const shown = code === undefined ? '' : ` (${code})`;
  return clash === 'aboveIsFile'
    ? {
        kind: 'notAFolder',
        message: `${start} one of its folders is a file${shown}.`,
      }
    : { kind: 'isAFolder', message: `${start} a folder has that name${shown}.` };
};

/** The meaning of a failure by its code and message, else by its status; undefined for unknown ones. Pure. */
export function meaningOf(failure: ServiceFailure, context: ErrorContext): Meaning | undefined {
  const { code = '', status } = failure;
  const service = serviceName(context.config);
  const named: Named = { ...failure, context, it: subject(context), bucket: context.bucket ?? '', service };
  return (
    fileSystemRule(named) ??
    (code.startsWith('KMS.') ? kmsRule : byCode.get(code))?.(named) ??
    (status === undefined ? undefined : statusRule(status)?.(named))
  );
}
