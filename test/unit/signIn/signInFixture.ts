import { setMaxListeners } from 'node:events';
import type { Log } from '../../../src/base/log';
import type { SessionRecord, SessionStore } from '../../../src/signIn/sessionStore';
import type { SignInService } from '../../../src/signIn/signInService';
import type { TokenBlob } from '../../../src/signIn/tokenBlob';
import type { DriveTestServer, IssuedToken } from '../../servers/amazonDrive/driveServer';

/** A signal that never aborts, however many listen to it. */
export const calm = new AbortController().signal;
setMaxListeners(0, calm);

/** A log that can be read. */
export function keptLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  return { lines, write: (level, tag, text) => lines.push(`${level} ${tag} ${text}`) };
}

/** A store in memory, as several windows would share it. */
export function sharedStore(text?: string): SessionStore & { text: string | undefined } {
  const store = {
    text,
    read: async () => store.text,
    write: async (now: string | undefined) => {
      store.text = now;
    },
  };
  return store;
}

export function serviceOf(server: DriveTestServer): SignInService {
  return {
    providerId: 'amazon-drive',
    authUrl: server.authUrl,
    tokenUrl: server.tokenUrl,
    clientId: server.publicClientId,
    scopes: ['clouddrive:read_all', 'clouddrive:write', 'profile'],
    redirectUri: 'http://127.0.0.1:53682/',
  };
}

export function blobOf({ access_token, refresh_token, expiry }: IssuedToken): TokenBlob {
  return { accessToken: access_token, refreshToken: refresh_token, expiresMs: Date.parse(expiry) };
}

export function recordOf(
  service: SignInService,
  token: TokenBlob,
  account = 'anna@example.com',
  id = `session of ${account}`,
): SessionRecord {
  const { authUrl, tokenUrl, clientId, redirectUri } = service;
  return {
    id,
    account: { id: account, label: account },
    service: { authUrl, tokenUrl, clientId, redirectUri },
    scopes: service.scopes,
    token,
  };
}
