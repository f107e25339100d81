import { certificateProblems } from '../../../http/certificateErrors';
import type { RemoteError } from '../../../remote/remoteError';
import { type ErrorContext, fail, sanitizeMessage, serviceName } from './errorText';

const credentialErrorNames = new Set(['CredentialsProviderError', 'TokenProviderError', 'ProviderError']);

/** The RemoteError for missing or unusable credentials; undefined when `error` is something else. */
export function credentialsError(error: unknown, context: ErrorContext): RemoteError | undefined {
  if (!(error instanceof Error) || !credentialErrorNames.has(error.name)) return undefined;
  const { credentials, profile } = context.config;
  const where =
    credentials === 'profile'
      ? `The profile "${profile}" gives no credentials`
      : 'No credentials were found in the environment or the default chain';
  return fail('unauthenticated', `${where}: ${sanitizeMessage(error.message)}`, { cause: error });
}

/** The RemoteError for a network that was in the way; undefined when `error` is something else. */
export function networkError(error: unknown, context: ErrorContext): RemoteError | undefined {
  const { code, name } = error as { code?: unknown; name?: unknown };
  const config = context.config;
  const service = serviceName(config);
  if (isProxyFailure(error))
    return fail(
      'unavailable',
      `The proxy on the way to ${service} can't be reached. Check the setting "http.proxy" of the editor.`,
      { cause: error },
    );
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

/** The editor's own error for a proxy that can't be reached; it has no code, only these words. */
function isProxyFailure(error: unknown): boolean {
  return (
    error instanceof Error && error.message.startsWith('Failed to establish a socket connection to proxies')
  );
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
