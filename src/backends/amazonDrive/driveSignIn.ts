import { systemClock } from '../../remote/clock';
import { isRemoteError, RemoteError } from '../../remote/remoteError';
import { Slots } from '../../remote/slots';
import type { TokenSource } from '../../remote/tokenSource';
import type { SignedInAccount, SignInRequirement, SignInSettings } from '../../signIn/signInService';
import type { RemoteSettings } from '../backend';
import { DriveApi } from './driveApi';
import { type DriveConfig, readDriveConfig } from './driveConfig';
import { isRecord } from './driveErrors';
import { DriveHttp } from './driveHttp';
import { Pacer } from './drivePacing';

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

  async identify(settings, accessToken, signal) {
    const config = configOf(settings);
    const http = new DriveHttp({
      tokens: onlyToken(accessToken),
      pacer: new Pacer({ clock: systemClock, minSleepMs: 0 }),
      slots: new Slots(1),
      clock: systemClock,
    });
    try {
      return (await profile(http, config, signal)) ?? (await rootAsAccount(http, config, signal));
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
      throw new RemoteError('signInNeeded', 'Amazon Drive does not accept the sign-in. Sign in again.');
    },
  };
}

/** Who it is, by the profile; undefined when that was not allowed, or there is none. */
async function profile(
  http: DriveHttp,
  { tokenUrl, scopes }: DriveConfig,
  signal: AbortSignal,
): Promise<SignedInAccount | undefined> {
  if (!scopes.some((scope) => scope.startsWith('profile'))) return undefined;
  const url = new URL('/user/profile', tokenUrl).href;
  try {
    const answer = await http.json({ method: 'GET', url, about: 'your profile' }, signal);
    const { user_id: id, email, name } = isRecord(answer) ? answer : {};
    if (typeof id !== 'string' || id === '') return undefined;
    const label = [email, name, id].find((text) => typeof text === 'string' && text !== '') as string;
    return { id, label };
  } catch (error) {
    // A profile is a kindness; without it the drive itself tells whose it is.
    if (isRemoteError(error)) return undefined;
    throw error;
  }
}

/** The id of the root folder is unique and lasting, too. */
async function rootAsAccount(
  http: DriveHttp,
  config: DriveConfig,
  signal: AbortSignal,
): Promise<SignedInAccount> {
  const { id } = await new DriveApi(http, config.endpoint, systemClock).root(signal);
  return { id, label: `Drive ${id.slice(0, 6)}… at ${new URL(config.endpoint).host}` };
}
