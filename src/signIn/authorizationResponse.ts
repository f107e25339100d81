import { isRemoteError, RemoteError } from '../remote/remoteError';
import { parseTokenBlob, type TokenBlob } from './tokenBlob';

export type PastedAnswer =
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'token'; readonly token: TokenBlob }
  /** A sentence. It never repeats what was pasted. */
  | { readonly kind: 'problem'; readonly problem: string };

/**
 * What somebody pasted to sign in: the address at which the browser ended (its state must be ours), the code alone, or the token that
 * `rclone authorize` printed. Pure.
 */
export function readPasted(text: string, state: string): PastedAnswer {
  const pasted = text.trim();
  if (pasted.includes('{')) {
    const token = parseTokenBlob(pasted);
    return token
      ? { kind: 'token', token }
      : { kind: 'problem', problem: 'This is no token as rclone prints it.' };
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
    problem: 'Paste the address at which the browser ended (it holds "code="), or the code itself.',
  };
}

function queryOf(text: string): URLSearchParams | undefined {
  if (!/[?&](code|error)=/.test(text)) return undefined;
  // A terminal or a mail may have broken a long address into lines.
  const address = text.replace(/\s+/g, '').replace(/#.*$/, '');
  return new URLSearchParams(address.slice(address.indexOf('?') + 1));
}

/**
 * The code in the query that the browser came back with (API page §1.2). Throws RemoteError: `forbidden` when the user or the service
 * denied, `badSettings` when the service doesn't take the client or its scopes, `other` when the answer is not to our question.
 */
export function readRedirect(query: URLSearchParams, state: string): string {
  if (query.get('state') !== state)
    throw new RemoteError('other', 'The browser came back with the answer to another sign-in. Try again.');
  const error = query.get('error')?.slice(0, 40) ?? null;
  if (error === 'access_denied')
    throw new RemoteError('forbidden', 'The access was denied.', { code: error });
  if (error !== null) {
    const told = query.get('error_description')?.trim().slice(0, 300).replace(/\.?$/, '.');
    const kind =
      error === 'server_error' || error === 'temporarily_unavailable' ? 'unavailable' : 'badSettings';
    throw new RemoteError(kind, `The service refused the sign-in (${error}). ${told ?? ''}`.trim(), {
      code: error,
    });
  }
  const code = query.get('code');
  if (!code) throw new RemoteError('other', 'The browser came back without a code. Try again.');
  return code;
}
