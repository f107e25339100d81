import { retryAfterMs } from '../../../http/httpClient';
import { type NetworkContext, networkError } from '../../../http/networkErrors';
import { RemoteError, type RemoteErrorDetails } from '../../../remote/remoteError';
import { type Meaning, meaningOf, type ServiceFailure, subject } from './errorTable';
import { codeWord, type ErrorContext, sanitizeMessage, serviceName } from './errorText';

/**
 * The RemoteError for a failed request. Its message names the bucket or object and the remedy, never a secret or a signed URL. Returns the
 * reason of an aborted `signal` unchanged: cancellation is not an error.
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
      ? `The profile "${config.profile}" has no credentials`
      : 'No credentials were found in the environment or the default chain';
  return new RemoteError('unauthenticated', `${where}: ${sanitizeMessage(error.message)}`, { cause: error });
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

function serviceError(error: unknown, about: ErrorContext): RemoteError {
  const failure = failureOf(error);
  const context = failure.operation === undefined ? about : { ...about, operation: failure.operation };
  const code = failure.code ?? '';
  const shown = [code, failure.status === undefined ? '' : `(${failure.status})`].filter(Boolean).join(' ');
  const wait = retryAfterMs(failure.headers['retry-after'], Date.now());
  const details: RemoteErrorDetails = {
    cause: error,
    ...(shown && { code: shown }),
    ...(wait !== undefined && { retryAfterMs: wait }),
  };
  const foreign = foreignResponse(failure, context);
  if (foreign) return new RemoteError(foreign.kind, foreign.message, { cause: error });
  const known = meaningOf(failure, context);
  if (known)
    return new RemoteError(known.kind, known.message, {
      ...details,
      ...(known.command && { command: known.command }),
    });
  const quoted = failure.message ? ` It says: ${sanitizeMessage(failure.message)}` : '';
  return new RemoteError(
    'other',
    `${subject(context)}: ${serviceName(context.config)} rejected the request${shown && ` with ${shown}`}.${quoted}`,
    details,
  );
}

/** The statuses of a website for a missing page or a rejected request. */
const webPageStatuses = new Set([400, 401, 403, 404, 405, 410]);

/** The meaning of a response from a website or of a network's login page, which has no code. */
function foreignResponse(failure: ServiceFailure, context: ErrorContext): Meaning | undefined {
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
      message: `${service} redirects to ${originOf(location, context.config.endpoint)} (${status}). Correct "endpoint", or sign in to the network first.`,
    };
  if (webPageStatuses.has(status) && headers['content-type']?.startsWith('text/html'))
    return {
      kind: 'badSettings',
      message: `${service} responds with a web page (${status}), not like an S3 service. Correct "endpoint", or sign in to the network first.`,
    };
  return undefined;
}

/** The origin of a URL, whose path and query may contain secrets. */
function originOf(location: string, base: string): string {
  return URL.canParse(location, base) ? new URL(location, base).origin : 'elsewhere';
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
  // For a response without a body (to a HEAD) the SDK makes up a name. MinIO repeats the code and message of the document in headers.
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
    error: e as Record<string, unknown>,
    operation: typeof e.operation === 'string' ? e.operation : undefined,
  };
}
