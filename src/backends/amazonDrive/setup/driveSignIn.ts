import { systemClock } from '../../../base/clock';
import { WeightedSemaphore } from '../../../base/semaphore';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { TokenSource } from '../../../remote/tokenSource';
import type { SignInRequirement, SignInSettings } from '../../../signIn/signInService';
import type { RemoteSettings } from '../../backend';
import { DriveApi } from '../api/driveApi';
import { isRecord } from '../api/driveErrors';
import { DriveHttp } from '../api/driveHttp';
import { Pacer } from '../api/pacer';
import { type DriveConfig, readDriveConfig } from '../config/driveConfig';

/** What a sign-in must know of Amazon Drive: OAuth as Login with Amazon does it (API page §1). */
export const driveSignIn: SignInRequirement = {
  providerId: 'amazon-drive',
  title: 'Amazon Drive',
  accountField: 'account',
  clientSecretField: 'client_secret',

  service(settings) {
    const { authUrl, tokenUrl, clientId, scopes, redirectUrl } = configOf(settings);
    return { providerId: 'amazon-drive', authUrl, tokenUrl, clientId, scopes, redirectUri: redirectUrl };
  },

  /** By the root folder's id, which is lasting and needs no other scope: tokens of rclone have none for the profile. */
  async identify(settings, accessToken, signal) {
    const config = configOf(settings);
    const http = new DriveHttp({
      tokens: onlyToken(accessToken),
      pacer: new Pacer({ clock: systemClock, minSleepMs: 0 }),
      slots: new WeightedSemaphore(1),
      clock: systemClock,
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

/** Remotes that are being added have no name yet. */
function configOf(settings: SignInSettings): DriveConfig {
  const named: RemoteSettings = { name: 'new', ...settings, backend: 'amazonDrive' };
  return readDriveConfig(named);
}

/** A token that is what it is. */
function onlyToken(accessToken: string): TokenSource {
  return {
    token: async () => accessToken,
    renewed: async () => {
      throw new RemoteError('unauthenticated', 'Amazon Drive does not accept the sign-in. Sign in again.');
    },
  };
}

/** What people call the account, by its profile; undefined when that was not allowed, or there is none. */
async function nameOfProfile(
  http: DriveHttp,
  { tokenUrl, scopes }: DriveConfig,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!scopes.some((scope) => scope.startsWith('profile'))) return undefined;
  const url = new URL('/user/profile', tokenUrl).href;
  try {
    const answer = await http.json({ method: 'GET', url, about: 'your profile' }, signal);
    const { email, name } = isRecord(answer) ? answer : {};
    return [email, name].find((text): text is string => typeof text === 'string' && text !== '');
  } catch (error) {
    // A name is a kindness; the drive itself tells whose it is.
    if (isRemoteError(error)) return undefined;
    throw error;
  }
}
