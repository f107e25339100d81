import type { Log } from '../../../src/base/log';
import { newSession, type SessionRecord, type SessionStore } from '../../../src/signIn/sessionStore';
import type { SignInService } from '../../../src/signIn/signInService';
import type { TokenBlob } from '../../../src/signIn/tokenBlob';
import type { DriveTestServer, IssuedToken } from '../../servers/amazonDrive/driveServer';

/** A log that tests can read. */
export function keptLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  return { lines, write: (level, tag, text) => lines.push(`${level} ${tag} ${text}`) };
}

/** A store in memory, as several windows share it. */
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

export const exampleService: SignInService = {
  providerId: 'amazon-drive',
  authUrl: 'https://drive.example.com/oa',
  tokenUrl: 'https://drive.example.com/token',
  clientId: 'client one',
  scopes: ['clouddrive:read_all', 'clouddrive:write'],
  redirectUri: 'http://127.0.0.1:53682/',
};

export function serviceOf({ authUrl, tokenUrl, publicClientId }: DriveTestServer): SignInService {
  const scopes = ['clouddrive:read_all', 'clouddrive:write', 'profile'];
  return { ...exampleService, authUrl, tokenUrl, clientId: publicClientId, scopes };
}

export function blobOf({ access_token, refresh_token, expiry }: IssuedToken): TokenBlob {
  return { accessToken: access_token, refreshToken: refresh_token, expiresMs: Date.parse(expiry) };
}

export function recordOf(
  service: SignInService,
  token: TokenBlob,
  account = 'anna@example.com',
): SessionRecord {
  const session = newSession(service, { id: account, label: account }, token, undefined);
  return { ...session, id: `session of ${account}` };
}
