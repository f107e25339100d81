import { certificateProblems } from '../../../http/certificateErrors';
import { RemoteError } from '../../../remote/remoteError';

/**
 * The RemoteError for a network that was in the way of `host` (with its port). RemoteErrors, which a body's own source may throw, stay
 * as they are.
 */
export function networkError(error: unknown, host: string): RemoteError {
  if (error instanceof RemoteError) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const details = { cause: error, ...(typeof code === 'string' && { code }) };
  const fail = (kind: 'unavailable' | 'badSettings', text: string) => new RemoteError(kind, text, details);
  if (typeof message === 'string' && message.startsWith('Failed to establish a socket connection to proxies'))
    return fail(
      'unavailable',
      `The proxy on the way to ${host} can't be reached. Check the setting "http.proxy" of the editor.`,
    );
  const name = typeof code === 'string' ? code : '';
  const certificate = certificateProblems[name];
  if (certificate)
    return fail(
      'badSettings',
      `${host} can't be trusted: ${certificate}. Correct the address, or let this computer trust the authority.`,
    );
  switch (name) {
    case 'ECONNREFUSED':
      return fail(
        'unavailable',
        `${host} refuses connections. Is the service running, and is "endpoint" right?`,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA':
      return fail('unavailable', `The host of ${host} can't be found. Check the network and "endpoint".`);
    case 'ETIMEDOUT':
    case 'ESOCKETTIMEDOUT':
      return fail('unavailable', `${host} doesn't answer in time.`);
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
    case 'ENETDOWN':
    case 'EADDRNOTAVAIL':
      return fail('unavailable', `${host} can't be reached over the network.`);
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
      return fail(
        'badSettings',
        `${host} doesn't speak TLS there. Does the address need http:// or another port?`,
      );
  }
  if (name.startsWith('HPE_'))
    return fail('badSettings', `${host} doesn't answer as a web server there. Is the port right?`);
  if (/^(ERR_TLS|ERR_SSL|CERT_)/.test(name))
    return fail('badSettings', `No secure connection to ${host} could be made (${name}).`);
  return fail('unavailable', `${host} closed the connection before the answer was complete.`);
}
