import { RemoteError } from '../remote/remoteError';

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
