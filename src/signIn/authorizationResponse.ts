import { isRemoteError, RemoteError } from '../remote/remoteError';
import { parseTokenBlob, type TokenBlob } from './tokenBlob';

export type PastedText =
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'token'; readonly token: TokenBlob }
  /** A sentence that never repeats the text. */
  | { readonly kind: 'problem'; readonly problem: string };

/**
 * Reads the text that a user pasted to sign in: the URL at which the browser ended (its state must be ours), the code alone, or the token
 * that `rclone authorize` printed. Pure.
 */
export function readPasted(text: string, state: string): PastedText {
  const pasted = text.trim();
  if (pasted.includes('{')) {
    const token = parseTokenBlob(pasted);
    return token
      ? { kind: 'token', token }
      : { kind: 'problem', problem: 'Not a token as rclone prints it.' };
  }
  const query = queryOf(pasted);
  if (query) {
    try {
      return { kind: 'code', code: readRedirect(query, state) };
    } catch (error) {
      if (isRemoteError(error)) return { kind: 'problem', problem: error.message };
      throw error;
    }
  }
  if (/^[\w.~+/=-]{8,}$/.test(pasted)) return { kind: 'code', code: pasted };
  return {
    kind: 'problem',
    problem: 'Paste the URL at which the browser ended (it contains "code="), or the code itself.',
  };
}

function queryOf(text: string): URLSearchParams | undefined {
  if (!/[?&](code|error)=/.test(text)) return undefined;
  // A terminal or an e-mail may have broken a long URL into lines.
  const url = text.replace(/\s+/g, '').replace(/#.*$/, '');
  return new URLSearchParams(url.slice(url.indexOf('?') + 1));
}

/**
 * The code in the query of a redirect (docs/amazon-drive-api.md §1). Throws RemoteError: `forbidden` when the user or the service denied
 * access, `badSettings` when the service rejects the client or its scopes, `unavailable` when the service failed, `other` when the redirect
 * belongs to another sign-in.
 */
export function readRedirect(query: URLSearchParams, state: string): string {
  if (query.get('state') !== state)
    throw new RemoteError('other', 'The browser returned the response to another sign-in. Try again.');
  const code = query.get('error')?.slice(0, 40);
  if (code === 'access_denied') throw new RemoteError('forbidden', 'Access was denied.', { code });
  if (code !== undefined) {
    const description = query.get('error_description')?.trim().slice(0, 300).replace(/\.?$/, '.') ?? '';
    const isOutage = code === 'server_error' || code === 'temporarily_unavailable';
    throw new RemoteError(
      isOutage ? 'unavailable' : 'badSettings',
      `The service rejected the sign-in (${code}). ${description}`.trim(),
      { code },
    );
  }
  const granted = query.get('code');
  if (!granted) throw new RemoteError('other', 'The browser returned no code. Try again.');
  return granted;
}
