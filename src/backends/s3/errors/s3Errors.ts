import { retryAfterMs } from '../../../http/httpClient';
import { type NetworkContext, networkError } from '../../../http/networkErrors';
import { RemoteError, type RemoteErrorDetails } from '../../../remote/remoteError';
import { type Meaning, meaningOf, type ServiceFailure, subject } from './errorTable';
import { codeWord, type ErrorContext, sanitizeMessage, serviceName } from './errorText';

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
    ...(shown ? { code: shown } : {}),
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
  const said = failure.message ? ` It says: ${sanitizeMessage(failure.message)}` : '';
  return new RemoteError(
    'other',
    `${subject(context)}: ${serviceName(context.config)} refused the request${shown ? ` with ${shown}` : ''}.${said}`,
    details,
  );
}

/** A website responds with these when it has no such page, or rejects the request. */
const webPageStatuses = new Set([400, 401, 403, 404, 405, 410]);

/** The meaning of a response that no S3 service gives: a website's, or a network's login page. It has no code. */
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
  // The SDK makes up names where the response has no body (a HEAD). MinIO then repeats the document's code and message in headers; other
  // services give the status only.
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
