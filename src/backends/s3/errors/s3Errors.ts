import { retryAfterMs } from '../../../http/httpClient';
import { type NetworkContext, networkError } from '../../../http/networkErrors';
import { RemoteError, type RemoteErrorDetails, type RemoteErrorKind } from '../../../remote/remoteError';
import type { S3Config } from '../config/s3Config';
import { ssoLogin } from '../credentials/awsCredentials';
import { deniedSentences, ownWords } from './accessDenied';
import { codeWord, type ErrorContext, fail, sanitizeMessage, serviceName } from './errorText';
import { storeClash } from './nameConflicts';
import { regionNamedBy } from './redirects';

/** A service's answer that isn't a success, whichever client received it. */
interface ServiceFailure {
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Extra elements of the error document: `Region`, `Endpoint`. */
  readonly extra: Readonly<Record<string, unknown>>;
  /** S3's name of what was asked, where the client noted it. */
  readonly operation: string | undefined;
}

/**
 * The RemoteError for whatever a request failed with. The sentence names the bucket or object and the way out, never a secret
 * or a signed address. An aborted `signal`'s reason is given back as it is: cancellation is not an error.
 */
export function toRemoteError(error: unknown, context: ErrorContext, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof RemoteError) return error;
  return (
    credentialsError(error, context) ??
    networkError(error, networkContext(context)) ??
    serviceError(error, context)
  );
}

const credentialErrorNames = new Set(['CredentialsProviderError', 'TokenProviderError', 'ProviderError']);

/** The RemoteError for missing or unusable credentials; undefined when `error` is something else. */
function credentialsError(error: unknown, { config }: ErrorContext): RemoteError | undefined {
  if (!(error instanceof Error) || !credentialErrorNames.has(error.name)) return undefined;
  const where =
    config.credentials === 'profile'
      ? `The profile "${config.profile}" gives no credentials`
      : 'No credentials were found in the environment or the default chain';
  return fail('unauthenticated', `${where}: ${sanitizeMessage(error.message)}`, { cause: error });
}

function networkContext({ config, bucket }: ErrorContext): NetworkContext {
  return {
    service: serviceName(config),
    setting: 'endpoint',
    trust: 'If that is expected, set "caFile" to the authority\'s PEM file, or correct "endpoint".',
    ...(bucket &&
      !config.forcePathStyle && {
        hostHint: '; if the service has no host per bucket, set "forcePathStyle" to true',
      }),
  };
}

function subject(context: ErrorContext): string {
  if (context.path) return `"${context.path}"`;
  return context.bucket ? `The bucket "${context.bucket}"` : `The remote "${context.config.name}"`;
}

// ---- the service's own answers -----------------------------------------------------------------------------------

function serviceError(error: unknown, about: ErrorContext): RemoteError {
  const failure = failureOf(error);
  const context = failure.operation === undefined ? about : { ...about, operation: failure.operation };
  const code = failure.code ?? '';
  const shown = [code, failure.status === undefined ? '' : `(${failure.status})`].filter(Boolean).join(' ');
  const wait = retryAfterMs(failure.headers['retry-after'], Date.now());
  const details: RemoteErrorDetails = {
    cause: error,
    ...(shown ? { code: shown } : {}),
    ...(wait !== undefined && { retryAfterMs: wait }),
  };
  const foreign = notAnswerOfS3(failure, context);
  if (foreign) return fail(foreign.kind, foreign.message, { cause: error });
  const known = byClash(failure, context) ?? byCode(code, failure, context) ?? byStatus(failure, context);
  if (known)
    return fail(known.kind, known.message, {
      ...details,
      ...(known.command && { command: known.command }),
    });
  const said = failure.message ? ` It says: ${sanitizeMessage(failure.message)}` : '';
  return fail(
    'other',
    `${subject(context)}: ${serviceName(context.config)} refused the request${shown ? ` with ${shown}` : ''}.${said}`,
    details,
  );
}

interface Verdict {
  readonly kind: RemoteErrorKind;
  readonly message: string;
  /** For a terminal; the message names it. */
  readonly command?: string;
}

/** A store on a file system, where a name can't be an object and the beginning of others. */
function byClash({ code, message, status }: ServiceFailure, context: ErrorContext): Verdict | undefined {
  const clash = storeClash(code, message, status);
  if (clash === undefined) return undefined;
  const store = `${serviceName(context.config)} keeps objects as files of a file system`;
  const shown = code === undefined ? '' : ` (${code})`;
  return clash === 'aboveIsFile'
    ? {
        kind: 'notAFolder',
        message: `${subject(context)} can't be stored: ${store}, and something in the place of one of its folders is a file${shown}.`,
      }
    : {
        kind: 'isAFolder',
        message: `${subject(context)} can't be stored: ${store}, and there is a folder of that name${shown}.`,
      };
}

function byCode(code: string, failure: ServiceFailure, context: ErrorContext): Verdict | undefined {
  const it = subject(context);
  const bucket = context.bucket ?? '';
  const { config } = context;
  switch (code) {
    case 'NoSuchBucket':
      return { kind: 'notFound', message: `There is no bucket "${bucket}" at ${serviceName(config)}.` };
    case 'NoSuchKey':
    case 'NotFound':
      return { kind: 'notFound', message: `${it} does not exist.` };
    case 'NoSuchUpload':
      return {
        kind: 'unavailable',
        message: `The upload of ${it} was ended by someone else; it has to start anew.`,
      };
    case 'AccessDenied':
    case 'AccessForbidden':
    case 'AllAccessDisabled':
    case 'AccountProblem':
    case 'Forbidden':
    case 'ObjectLocked':
    case 'UnauthorizedAccess':
    case 'XMinioObjectLocked':
      return forbidden(failure, context);
    case 'InvalidRequest':
      // MinIO's code for a locked object is the one of any bad request.
      return /WORM|object lock|legal hold/i.test(failure.message ?? '')
        ? forbidden(failure, context)
        : undefined;
    case 'InvalidAccessKeyId':
      return {
        kind: 'unauthenticated',
        message: `${serviceName(config)} does not know the access key of "${config.name}". Edit the remote and enter a valid one.`,
      };
    case 'SignatureDoesNotMatch':
      return {
        kind: 'unauthenticated',
        message: `${serviceName(config)} does not accept the secret access key of "${config.name}". Edit the remote and enter it again.`,
      };
    case 'ExpiredToken':
    case 'ExpiredTokenException':
    case 'TokenRefreshRequired':
    case 'InvalidToken':
      return {
        kind: 'unauthenticated',
        message: `The session token of "${config.name}" is no longer valid. ${renewalHint(config)}`,
        ...(config.credentials === 'profile' && { command: ssoLogin(config.profile ?? 'default') }),
      };
    case 'RequestTimeTooSkewed':
    case 'RequestExpired':
      // Retryable: the client learns the service's clock from this very answer and signs the next try by it.
      return {
        kind: 'unavailable',
        message: `This computer's clock differs too much from that of ${serviceName(config)}. Set it right if this persists.`,
      };
    case 'InvalidObjectState':
      return {
        kind: 'archived',
        message: `${it} is archived and must be restored before it can be read (aws s3api restore-object).`,
      };
    case 'PreconditionFailed':
    case 'ConditionalRequestConflict':
      return { kind: 'changed', message: `${it} was changed by someone else in the meantime.` };
    case 'BucketNotEmpty':
      return {
        kind: 'notEmpty',
        message: `The bucket "${bucket}" is not empty (old versions count as well).`,
      };
    case 'BucketAlreadyExists':
    case 'BucketAlreadyOwnedByYou':
      return {
        kind: 'alreadyExists',
        message: `There is a bucket "${bucket}" already${code === 'BucketAlreadyExists' ? ', of another owner: bucket names are shared by all accounts' : ''}.`,
      };
    case 'InvalidBucketName':
      return {
        kind: 'badName',
        message: `"${bucket}" can't be the name of a bucket: use 3 to 63 lower-case letters, digits, "-" and ".".`,
      };
    case 'KeyTooLong':
    case 'KeyTooLongError':
    case 'XMinioObjectNameTooLong':
      return { kind: 'badName', message: `${it} has a longer name than ${serviceName(config)} allows.` };
    case 'InvalidKey':
    case 'InvalidKeyName':
    case 'InvalidObjectKey':
    case 'InvalidObjectName':
    case 'InvalidURI':
    case 'KeyUnsupported':
    case 'XMinioInvalidObjectName':
    case 'XMinioInvalidResourceName':
    case 'XMinioObjectNamePrefixSlash':
      return {
        kind: 'badName',
        message: `${serviceName(config)} does not allow the name of ${it}. Rename it.${ownWords(failure.message ?? '', config)}`,
      };
    case 'PermanentRedirect':
    case 'TemporaryRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
    case 'InvalidLocationConstraint':
      return wrongRegion(code, failure, context);
    case 'BadDigest':
    case 'InvalidDigest':
    case 'XAmzContentSHA256Mismatch':
    case 'XAmzContentChecksumMismatch':
    case 'IncompleteBody':
      return {
        kind: 'corrupted',
        message: `${it} arrived damaged at ${serviceName(config)} and was not stored.`,
      };
    case 'SlowDown':
    case 'SlowDownRead':
    case 'SlowDownWrite':
    case 'TooManyRequests':
    case 'TooManyRequestsException':
    case 'Throttling':
    case 'ThrottlingException':
    case 'RequestLimitExceeded':
    case 'BandwidthLimitExceeded':
      return { kind: 'rateLimited', message: `${serviceName(config)} asks for fewer requests.` };
    case 'RequestTimeout':
    case 'InternalError':
    case 'ServiceUnavailable':
    case 'OperationAborted':
      return { kind: 'unavailable', message: `${serviceName(config)} has a passing problem (${code}).` };
    case 'NotImplemented':
    case 'MethodNotAllowed':
      return { kind: 'unsupported', message: `${serviceName(config)} does not support this for ${it}.` };
    case 'EntityTooLarge':
    case 'MaxMessageLengthExceeded':
      return { kind: 'unsupported', message: `${it} is larger than ${serviceName(config)} allows.` };
    case 'QuotaExceeded':
    case 'XMinioStorageFull':
    case 'XMinioAdminBucketQuotaExceeded':
    case 'InsufficientCapacity':
      return { kind: 'quotaExceeded', message: `${serviceName(config)} has no room left for ${it}.` };
    case 'InvalidStorageClass':
      return {
        kind: 'badSettings',
        message: `${serviceName(config)} does not know the storage class "${config.storageClass}". Correct "storageClass".`,
      };
    case 'AccessControlListNotSupported':
      return {
        kind: 'badSettings',
        message: `The bucket "${bucket}" does not use ACLs. Remove "acl" from the settings of "${config.name}".`,
      };
  }
  if (code.startsWith('KMS.'))
    return {
      kind: 'forbidden',
      message: `The encryption key of ${it} can't be used (${code}). Ask for the right to use it, or set another "sseKmsKeyId".${ownWords(failure.message ?? '', config)}`,
    };
  return undefined;
}

function forbidden(failure: ServiceFailure, context: ErrorContext): Verdict {
  return { kind: 'forbidden', message: deniedSentences(failure.message, subject(context), context) };
}

function renewalHint(config: S3Config): string {
  if (config.credentials === 'profile')
    return `Renew the credentials of the profile "${config.profile}"; for single sign-on: ${ssoLogin(config.profile ?? 'default')}`;
  return config.credentials === 'keys'
    ? 'Edit the remote and enter a new one.'
    : 'Renew the credentials in the environment, and start the editor anew if they stand in variables.';
}

function wrongRegion(code: string, failure: ServiceFailure, context: ErrorContext): Verdict {
  const region = regionNamedBy(failure.extra);
  const config = context.config;
  if (code === 'IllegalLocationConstraintException' || code === 'InvalidLocationConstraint')
    return {
      kind: 'badSettings',
      message: `${serviceName(config)} does not make buckets at this location. Correct "locationConstraint", or "region".`,
    };
  const it = context.bucket ? `The bucket "${context.bucket}"` : serviceName(config);
  if (region)
    return { kind: 'badSettings', message: `${it} is in the region "${region}". Set "region" to that.` };
  return {
    kind: 'badSettings',
    message: `${it} belongs to another region or endpoint. Correct "region" or "endpoint".`,
  };
}

/** With which a website says that it has no such page, or wants another request. */
const webPageStatuses = new Set([400, 401, 403, 404, 405, 410]);

/** What only something else than an S3 service answers: a website, a network's login page. It has no code of a service. */
function notAnswerOfS3(failure: ServiceFailure, context: ErrorContext): Verdict | undefined {
  const { status = 0, headers } = failure;
  // The SDK calls every 404 without a document "NotFound".
  if (
    (failure.code ?? 'NotFound') !== 'NotFound' ||
    Object.keys(headers).some((name) => name.startsWith('x-amz'))
  )
    return undefined;
  const service = serviceName(context.config);
  const { location } = headers;
  if (status >= 301 && status <= 308 && location && context.config.endpoint !== undefined)
    return {
      kind: 'badSettings',
      message: `${service} redirects to ${originOf(location, context.config.endpoint)} instead of answering (${status}). Correct "endpoint"; or the network asks to sign in first.`,
    };
  if (webPageStatuses.has(status) && headers['content-type']?.startsWith('text/html'))
    return {
      kind: 'badSettings',
      message: `${service} answers with a web page (${status}), not as an S3 service. Correct "endpoint"; or the network asks to sign in first.`,
    };
  return undefined;
}

/** Where an address leads, without what may be secret in it. */
function originOf(location: string, base: string): string {
  return URL.canParse(location, base) ? new URL(location, base).origin : 'elsewhere';
}

function byStatus(failure: ServiceFailure, context: ErrorContext): Verdict | undefined {
  const it = subject(context);
  const service = serviceName(context.config);
  switch (failure.status) {
    case 400:
      // The answer to a HEAD names no reason.
      if (failure.code !== undefined || context.config.credentials === 'anonymous') return undefined;
      return {
        kind: 'other',
        message: `${it}: ${service} refused the request with (400) and named no reason. An expired session token can be one, or encryption with a key of the customer's own.`,
      };
    case 301:
    case 307:
      return wrongRegion('PermanentRedirect', failure, context);
    case 401:
      return {
        kind: 'unauthenticated',
        message: `${service} does not accept the credentials of "${context.config.name}".`,
      };
    case 403:
      return forbidden(failure, context);
    case 404:
      return { kind: 'notFound', message: `${it} does not exist.` };
    case 405:
    case 501:
      return { kind: 'unsupported', message: `${service} does not support this for ${it}.` };
    case 407:
      return {
        kind: 'badSettings',
        message: `The proxy on the way to ${service} asks for a login. Set "http.proxy" of the editor to http://user:password@host:port.`,
      };
    case 408:
      return { kind: 'unavailable', message: `${service} gave up waiting.` };
    case 409:
      // A refused condition has no code where there is no document, or one that says so; any other code is a reason of its own.
      if (failure.code !== undefined && !/conflict|condition|exists/i.test(failure.code)) return undefined;
      return { kind: 'changed', message: `${it} was changed by someone else in the meantime.` };
    case 412:
      return { kind: 'changed', message: `${it} was changed by someone else in the meantime.` };
    case 413:
      return { kind: 'unsupported', message: `${it} is larger than ${service} allows.` };
    case 429:
      return { kind: 'rateLimited', message: `${service} asks for fewer requests.` };
    case 507:
      return { kind: 'quotaExceeded', message: `${service} has no room left for ${it}.` };
    case undefined:
      return undefined;
  }
  if (failure.status >= 500)
    return { kind: 'unavailable', message: `${service} has a passing problem (${failure.status}).` };
  // A success that can't be read is no S3 answer: a web page, a proxy's sign-in form.
  if (failure.status >= 200 && failure.status < 300)
    return {
      kind: 'corrupted',
      message: `${service} gave an answer that is not S3's. Correct "endpoint"; or the network asks to sign in first.`,
    };
  return undefined;
}

function failureOf(error: unknown): ServiceFailure {
  const e = (typeof error === 'object' && error !== null ? error : {}) as {
    name?: unknown;
    Code?: unknown;
    code?: unknown;
    message?: unknown;
    operation?: unknown;
    $metadata?: { httpStatusCode?: number };
    $response?: { statusCode?: number; headers?: Record<string, string> };
  };
  const status = e.$metadata?.httpStatusCode ?? e.$response?.statusCode;
  const named = typeof e.Code === 'string' ? e.Code : typeof e.name === 'string' ? e.name : undefined;
  const headers = e.$response?.headers ?? {};
  // The SDK makes up names where the answer had no body (a HEAD). MinIO tells in headers then what the document would say; elsewhere the
  // status is all there is.
  const isMadeUp =
    named === undefined || /^(Unknown|UnknownError|Error|SyntaxError|TypeError|NotFound|\d+)$/.test(named);
  const name = isMadeUp ? (headers['x-minio-error-code'] ?? named) : named;
  const meaningless =
    name === undefined || /^(Unknown|UnknownError|Error|SyntaxError|TypeError|\d+)$/.test(name);
  const said = headers['x-minio-error-desc']?.replace(/^"|"$/g, '');
  return {
    status,
    code: meaningless ? undefined : codeWord(name),
    message: typeof e.message === 'string' && e.message !== 'UnknownError' ? e.message : said,
    headers,
    extra: e as Record<string, unknown>,
    operation: typeof e.operation === 'string' ? e.operation : undefined,
  };
}
