import { RemoteError } from '../remote/remoteError';

/** How sentences name a service and what to correct. */
export interface NetworkContext {
  /** The service's name, or its host with the port. */
  readonly service: string;
  /** The setting that holds the service's address. */
  readonly setting: string;
  /** A sentence about what to do when the certificate is not trusted. */
  readonly trust: string;
  /** Goes after "Check the network and …" when the host is unknown. */
  readonly hostHint?: string;
}

type Sentence = (context: NetworkContext, error: { readonly hostname?: unknown }) => string;

/** Codes of Node's errors, and their meaning. */
type ErrorRow = readonly [codes: RegExp, kind: 'unavailable' | 'badSettings', sentence: Sentence];

const untrustedAuthority = 'its certificate is signed by an authority that is not trusted here';

const certificateProblems: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: untrustedAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrustedAuthority,
  UNABLE_TO_GET_ISSUER_CERT: untrustedAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrustedAuthority,
  CERT_UNTRUSTED: 'its certificate is not trusted here',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: "its certificate isn't valid yet; check this computer's clock",
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name',
};

const interrupted: Sentence = ({ service }) =>
  `${service} closed the connection before the response was complete.`;

/** The first row that matches counts. */
const errorRows: readonly ErrorRow[] = [
  [
    /^ECONNREFUSED$/,
    'unavailable',
    ({ service, setting }) =>
      `${service} refuses connections. Is the service running, and is "${setting}" right?`,
  ],
  [
    /^(ENOTFOUND|EAI_AGAIN|EAI_NODATA)$/,
    'unavailable',
    ({ service, setting, hostHint = '' }, { hostname }) =>
      `The host ${typeof hostname === 'string' ? hostname : service} can't be found. Check the network and "${setting}"${hostHint}.`,
  ],
  [/^(ECONNRESET|ECONNABORTED|EPIPE|ERR_STREAM_PREMATURE_CLOSE)$/, 'unavailable', interrupted],
  [/^E(SOCKET)?TIMEDOUT$/, 'unavailable', ({ service }) => `${service} doesn't respond in time.`],
  [
    /^(ENETUNREACH|EHOSTUNREACH|ENETDOWN|EADDRNOTAVAIL)$/,
    'unavailable',
    ({ service }) => `${service} can't be reached over the network.`,
  ],
  [
    /^(EPROTO|ERR_SSL_WRONG_VERSION_NUMBER)$/,
    'badSettings',
    ({ service, setting }) =>
      `${service} doesn't speak TLS there. Does "${setting}" need http:// or another port?`,
  ],
  [
    /^HPE_/,
    'badSettings',
    ({ service, setting }) =>
      `${service} doesn't respond as a web server there. Is the port in "${setting}" right?`,
  ],
];

/** The RemoteError for an error of the network; undefined for any other error. Pure. */
export function networkError(error: unknown, context: NetworkContext): RemoteError | undefined {
  const { code, name, message } = error as Partial<Record<'code' | 'name' | 'message', unknown>>;
  const { service } = context;
  // The editor's own error for a proxy; it has no code.
  if (typeof message === 'string' && message.startsWith('Failed to establish a socket connection to proxies'))
    return new RemoteError(
      'unavailable',
      `The proxy on the way to ${service} can't be reached. Check the setting "http.proxy" of the editor.`,
      { cause: error },
    );
  // The SDK's own error has this name and no code.
  const withoutCode = name === 'TimeoutError' ? 'ETIMEDOUT' : '';
  const known = typeof code === 'string' ? code : withoutCode;
  const details = { cause: error, ...(typeof code === 'string' && { code }) };
  const certificate = certificateProblems[known];
  if (certificate)
    return new RemoteError(
      'badSettings',
      `${service} can't be trusted: ${certificate}. ${context.trust}`,
      details,
    );
  const [, kind, sentence] = errorRows.find(([codes]) => codes.test(known)) ?? [];
  if (kind && sentence) return new RemoteError(kind, sentence(context, error as object), details);
  return /^(ERR_TLS|ERR_SSL|CERT_)/.test(known)
    ? new RemoteError('badSettings', `No secure connection to ${service} could be made (${known}).`, details)
    : undefined;
}

/** The RemoteError for a failed request. RemoteErrors stay as they are; an unknown error means that the connection ended. Pure. */
export function connectionError(error: unknown, context: NetworkContext): RemoteError {
  if (error instanceof RemoteError) return error;
  const { code } = error as { code?: unknown };
  return (
    networkError(error, context) ??
    new RemoteError('unavailable', interrupted(context, {}), {
      cause: error,
      ...(typeof code === 'string' && { code }),
    })
  );
}
