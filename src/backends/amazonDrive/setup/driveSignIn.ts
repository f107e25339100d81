import { systemClock } from '../../../base/clock';
import { isRecord } from '../../../base/encoding';
import { WeightedSemaphore } from '../../../base/semaphore';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { TokenSource } from '../../../remote/tokenSource';
import type { SignInRequirement, SignInSettings } from '../../../signIn/signInService';
import type { RemoteSettings } from '../../backend';
import { DriveApi } from '../api/driveApi';
import { DriveHttp } from '../api/driveHttp';
import { Pacer } from '../api/pacer';
import { type DriveConfig, readDriveConfig } from '../config/driveConfig';

/** OAuth of Login with Amazon (docs/amazon-drive-api.md). */
export const driveSignIn: SignInRequirement = {
  providerId: 'amazon-drive',
  title: 'Amazon Drive',
  accountField: 'account',
  clientSecretField: 'client_secret',

  service(settings) {
    const { authUrl, tokenUrl, clientId, scopes, redirectUrl } = configOf(settings);
    return { providerId: 'amazon-drive', authUrl, tokenUrl, clientId, scopes, redirectUri: redirectUrl };
  },

  /** Uses the id of the root folder: it is permanent and needs no profile scope, which rclone's tokens lack. */
  async identify(settings, accessToken, signal) {
    const config = configOf(settings);
    const http = new DriveHttp({
      tokens: onlyToken(accessToken),
      pacer: new Pacer({ clock: systemClock, minSleepMs: 0 }),
      slots: new WeightedSemaphore(1),
      clock: systemClock,
      directConnections: () => false,
    });
    try {
      const root = await new DriveApi(http, config.endpoint, systemClock).root(signal);
      const label = await nameOfProfile(http, config, signal);
      if (label !== undefined) return { id: root.id, label };
      const { host } = new URL(config.endpoint);
      return { id: root.id, label: `Drive ${root.id.slice(0, 6)}… at ${host}`, isNameless: true };
    } finally {
      http.close();
    }
  },
};

/** A remote that is being added has no name yet. */
function configOf(settings: SignInSettings): DriveConfig {
  const named: RemoteSettings = { name: 'new', ...settings, backend: 'amazonDrive' };
  return readDriveConfig(named);
}

/** A token source that can't renew its token. */
function onlyToken(accessToken: string): TokenSource {
  return {
    token: async () => accessToken,
    renewed: async () => {
      throw new RemoteError('unauthenticated', 'Amazon Drive does not accept the sign-in. Sign in again.');
    },
  };
}

/** The e-mail address or name in the profile; undefined without permission or profile. */
async function nameOfProfile(
  http: DriveHttp,
  { tokenUrl, scopes }: DriveConfig,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!scopes.some((scope) => scope.startsWith('profile'))) return undefined;
  const url = new URL('/user/profile', tokenUrl).href;
  try {
    const response = await http.json({ method: 'GET', url, about: 'your profile' }, signal);
    const { email, name } = isRecord(response) ? response : {};
    return [email, name].find((text): text is string => typeof text === 'string' && text !== '');
  } catch (error) {
    // The name is only for display; the root folder identifies the account.
    if (isRemoteError(error)) return undefined;
    throw error;
  }
}
