import { isRemoteError } from '../remote/remoteError';
import { readRedirect } from './redirectAnswer';
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
