import { RemoteError, type RemoteErrorDetails, type RemoteErrorKind } from '../../remote/remoteError';
import type { S3Config } from './s3Config';

/** What a request was about, for the sentence of its error. */
export interface ErrorContext {
  readonly config: S3Config;
  /** The bucket asked, if any. */
  readonly bucket?: string;
  /** The path asked (`bucket/key`), for people. */
  readonly path?: string;
}

/** A service's answer that isn't a success, whichever client received it. */
interface ServiceFailure {
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Extra elements of the error document: `Region`, `Endpoint`. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/**
 * The RemoteError for whatever a request failed with. The sentence names the bucket or object and the way out, never a secret
 * or a signed address. An aborted `signal`'s reason is given back as it is: cancellation is not an error.
 */
export function toRemoteError(error: unknown, context: ErrorContext, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof RemoteError) return error;
  return credentialsError(error, context) ?? networkError(error, context) ?? serviceError(error, context);
}

function fail(kind: RemoteErrorKind, message: string, details: RemoteErrorDetails): RemoteError {
  return new RemoteError(kind, message, details);
}

function subject(context: ErrorContext): string {
  if (context.path) return `"${context.path}"`;
  return context.bucket ? `The bucket "${context.bucket}"` : `The remote "${context.config.name}"`;
}

function serviceName(config: S3Config): string {
  return config.endpoint === undefined ? 'AWS S3' : new URL(config.endpoint).host;
}

// ---- credentials -------------------------------------------------------------------------------------------------

const credentialErrorNames = new Set(['CredentialsProviderError', 'TokenProviderError', 'ProviderError']);

function credentialsError(error: unknown, context: ErrorContext): RemoteError | undefined {
  if (!(error instanceof Error) || !credentialErrorNames.has(error.name)) return undefined;
  const { credentials, profile } = context.config;
  const where =
    credentials === 'profile'
      ? `The profile "${profile}" gives no credentials`
      : 'No credentials were found in the environment or the default chain';
  return fail('signInNeeded', `${where}: ${oneLine(error.message)}`, { cause: error });
}

// ---- network -----------------------------------------------------------------------------------------------------

const certificateProblems: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is signed by an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is signed by an authority that is not trusted here',
  CERT_UNTRUSTED: 'its certificate is not trusted here',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: "its certificate isn't valid yet; check this computer's clock",
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name',
};

function networkError(error: unknown, context: ErrorContext): RemoteError | undefined {
  const { code, name } = error as { code?: unknown; name?: unknown };
  const config = context.config;
  const service = serviceName(config);
  if (typeof code === 'string') {
    const details = { cause: error, code };
    const certificate = certificateProblems[code];
    if (certificate)
      return fail(
        'badSettings',
        `${service} can't be trusted: ${certificate}. If that is expected, set "caFile" to the authority's PEM file, or correct "endpoint".`,
        details,
      );
    switch (code) {
      case 'ECONNREFUSED':
        return fail(
          'unavailable',
          `${service} refuses connections. Is the service running, and is "endpoint" right?`,
          details,
        );
      case 'ENOTFOUND':
      case 'EAI_AGAIN':
      case 'EAI_NODATA':
        return fail(
          'unavailable',
          `The host ${hostOf(error) ?? service} can't be found. Check the network and "endpoint"${bucketHostHint(context)}.`,
          details,
        );
      case 'ECONNRESET':
      case 'ECONNABORTED':
      case 'EPIPE':
      case 'ERR_STREAM_PREMATURE_CLOSE':
        return fail(
          'unavailable',
          `${service} closed the connection before the answer was complete.`,
          details,
        );
      case 'ETIMEDOUT':
      case 'ESOCKETTIMEDOUT':
        return fail('unavailable', `${service} doesn't answer in time.`, details);
      case 'ENETUNREACH':
      case 'EHOSTUNREACH':
      case 'ENETDOWN':
      case 'EADDRNOTAVAIL':
        return fail('unavailable', `${service} can't be reached over the network.`, details);
      case 'EPROTO':
      case 'ERR_SSL_WRONG_VERSION_NUMBER':
        return fail(
          'badSettings',
          `${service} doesn't speak TLS there. Does "endpoint" need http:// or another port?`,
          details,
        );
    }
    if (code.startsWith('HPE_'))
      return fail(
        'badSettings',
        `${service} doesn't answer as a web server there. Is the port in "endpoint" right?`,
        details,
      );
    if (code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL') || code.startsWith('CERT_'))
      return fail('badSettings', `No secure connection to ${service} could be made (${code}).`, details);
  }
  if (name === 'TimeoutError')
    return fail('unavailable', `${service} doesn't answer in time.`, { cause: error });
  return undefined;
}

function hostOf(error: unknown): string | undefined {
  const host = (error as { hostname?: unknown }).hostname;
  return typeof host === 'string' ? host : undefined;
}

function bucketHostHint(context: ErrorContext): string {
  return context.config.forcePathStyle || !context.bucket
    ? ''
    : '; if the service has no host per bucket, set "forcePathStyle" to true';
}

// ---- the service's own answers -----------------------------------------------------------------------------------

function serviceError(error: unknown, context: ErrorContext): RemoteError {
  const failure = failureOf(error);
  const code = failure.code ?? '';
  const shown = [code, failure.status === undefined ? '' : `(${failure.status})`].filter(Boolean).join(' ');
  const details: RemoteErrorDetails = {
    cause: error,
    ...(shown ? { code: shown } : {}),
    ...retryAfter(failure),
  };
  const known = byCode(code, failure, context) ?? byStatus(failure, context);
  if (known) return fail(known.kind, known.message, details);
  const said = failure.message ? ` It says: ${oneLine(failure.message)}` : '';
  return fail(
    'other',
    `${subject(context)}: ${serviceName(context.config)} refused the request${shown ? ` with ${shown}` : ''}.${said}`,
    details,
  );
}

interface Verdict {
  readonly kind: RemoteErrorKind;
  readonly message: string;
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
    case 'AllAccessDisabled':
    case 'AccountProblem':
    case 'Forbidden':
    case 'UnauthorizedAccess':
      return forbidden(failure, context);
    case 'InvalidAccessKeyId':
      return {
        kind: 'signInNeeded',
        message: `${serviceName(config)} does not know the access key of "${config.name}". Edit the remote and enter a valid one.`,
      };
    case 'SignatureDoesNotMatch':
      return {
        kind: 'signInNeeded',
        message: `${serviceName(config)} does not accept the secret access key of "${config.name}". Edit the remote and enter it again.`,
      };
    case 'ExpiredToken':
    case 'ExpiredTokenException':
    case 'TokenRefreshRequired':
    case 'InvalidToken':
      return {
        kind: 'signInNeeded',
        message: `The session token of "${config.name}" is no longer valid. ${renewalHint(config)}`,
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
        message: `${it} is archived and must be restored before it can be read: aws s3api restore-object --bucket ${bucket} --key … --restore-request Days=7`,
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
    case 'KeyTooLongError':
      return { kind: 'badName', message: `${it} has a longer name than ${serviceName(config)} allows.` };
    case 'InvalidURI':
    case 'InvalidObjectName':
    case 'XMinioInvalidObjectName':
      return { kind: 'badName', message: `${serviceName(config)} does not allow the name of ${it}.` };
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
        kind: 'damaged',
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
      return { kind: 'tooMany', message: `${serviceName(config)} asks for fewer requests.` };
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
      return { kind: 'full', message: `${serviceName(config)} has no room left for ${it}.` };
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
      message: `The encryption key of ${it} can't be used (${code}). Ask for the right to use it, or set another "sseKmsKeyId".`,
    };
  return undefined;
}

function forbidden(failure: ServiceFailure, context: ErrorContext): Verdict {
  const it = subject(context);
  const action = /\b(kms:[A-Za-z]+)\b/.exec(failure.message ?? '')?.[1];
  if (action)
    return {
      kind: 'forbidden',
      message: `${it}: these credentials may not use the encryption key (${action}).`,
    };
  if (context.config.credentials === 'anonymous')
    return {
      kind: 'forbidden',
      message: `${it} is not public. Set "credentials" to something other than "anonymous".`,
    };
  return {
    kind: 'forbidden',
    message: `${it}: access denied. The credentials lack a permission for this, or belong to another account.`,
  };
}

function renewalHint(config: S3Config): string {
  if (config.credentials === 'profile') return `Renew it: aws sso login --profile ${config.profile}`;
  return config.credentials === 'keys'
    ? 'Edit the remote and enter a new one.'
    : 'Renew the credentials in the environment.';
}

function wrongRegion(code: string, failure: ServiceFailure, context: ErrorContext): Verdict {
  const extra = failure.extra['Region'];
  const region = failure.headers['x-amz-bucket-region'] ?? (typeof extra === 'string' ? extra : undefined);
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

function byStatus(failure: ServiceFailure, context: ErrorContext): Verdict | undefined {
  const it = subject(context);
  const service = serviceName(context.config);
  switch (failure.status) {
    case 301:
    case 307:
      return wrongRegion('PermanentRedirect', failure, context);
    case 401:
      return {
        kind: 'signInNeeded',
        message: `${service} does not accept the credentials of "${context.config.name}".`,
      };
    case 403:
      return forbidden(failure, context);
    case 404:
      return { kind: 'notFound', message: `${it} does not exist.` };
    case 405:
    case 501:
      return { kind: 'unsupported', message: `${service} does not support this for ${it}.` };
    case 408:
      return { kind: 'unavailable', message: `${service} gave up waiting.` };
    case 409:
    case 412:
      return { kind: 'changed', message: `${it} was changed by someone else in the meantime.` };
    case 413:
      return { kind: 'unsupported', message: `${it} is larger than ${service} allows.` };
    case 429:
      return { kind: 'tooMany', message: `${service} asks for fewer requests.` };
    case 507:
      return { kind: 'full', message: `${service} has no room left for ${it}.` };
    case undefined:
      return undefined;
  }
  if (failure.status >= 500)
    return { kind: 'unavailable', message: `${service} has a passing problem (${failure.status}).` };
  // A success that can't be read is no S3 answer: a web page, a proxy's sign-in form.
  if (failure.status >= 200 && failure.status < 300)
    return { kind: 'damaged', message: `${service} gave an answer that is not S3's. Is "endpoint" right?` };
  return undefined;
}

function failureOf(error: unknown): ServiceFailure {
  const e = (typeof error === 'object' && error !== null ? error : {}) as {
    name?: unknown;
    Code?: unknown;
    code?: unknown;
    message?: unknown;
    $metadata?: { httpStatusCode?: number };
    $response?: { statusCode?: number; headers?: Record<string, string> };
  };
  const status = e.$metadata?.httpStatusCode ?? e.$response?.statusCode;
  const name = typeof e.Code === 'string' ? e.Code : typeof e.name === 'string' ? e.name : undefined;
  // The SDK makes up names where the answer had no body (a HEAD); the status is then all there is.
  const meaningless =
    name === undefined || /^(Unknown|UnknownError|Error|SyntaxError|TypeError|\d+)$/.test(name);
  return {
    status,
    code: meaningless ? undefined : name,
    message: typeof e.message === 'string' && e.message !== 'UnknownError' ? e.message : undefined,
    headers: e.$response?.headers ?? {},
    extra: e as Record<string, unknown>,
  };
}

function retryAfter(failure: ServiceFailure): { retryAfterMs?: number } {
  const text = failure.headers['retry-after'];
  if (!text) return {};
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return { retryAfterMs: Math.max(0, seconds * 1000) };
  const wait = Date.parse(text) - Date.now();
  return Number.isFinite(wait) ? { retryAfterMs: Math.max(0, wait) } : {};
}

/** One line of a foreign message, short, and without anything that a signed address may hold. */
function oneLine(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/(X-Amz-(?:Signature|Credential|Security-Token))=[^&\s"]+/gi, '$1=…')
    .trim()
    .slice(0, 300);
}
