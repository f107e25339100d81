import type { Clock } from '../base/clock';
import type { SessionRecord } from './sessionStore';
import type { SignInRequirement, SignInSettings } from './signInService';
import type { TokenBlob } from './tokenBlob';
import { refreshToken } from './tokenEndpoint';

export interface TokenToAdopt {
  readonly requirement: SignInRequirement;
  /** The remote's; they name the service. */
  readonly settings: SignInSettings;
  readonly token: TokenBlob;
  readonly clientSecret: string | undefined;
  readonly clock: Clock;
}

/** One that ends within this time is renewed first. */
const marginMs = 60_000;

/**
 * The session that another program's tokens make, not yet stored. Renews them when they have ended, and asks the service whose they are. When
 * the service renewed them but then doesn't say whose they are, the account gets a made-up name: the other program's refresh token may be spent
 * by then, and must not be lost. Throws RemoteErrors.
 */
export async function adoptToken(
  { requirement, settings, token, clientSecret, clock }: TokenToAdopt,
  signal: AbortSignal,
): Promise<SessionRecord> {
  const { authUrl, tokenUrl, clientId, redirectUri, scopes } = requirement.service(settings);
  const ends = token.expiresMs !== undefined && token.expiresMs < clock.now() + marginMs;
  let good = token;
  if (ends && token.refreshToken !== undefined) {
    const client = { tokenUrl, clientId, ...(clientSecret !== undefined && { clientSecret }) };
    good = await refreshToken(client, token.refreshToken, clock, signal);
  }
  const id = crypto.randomUUID();
  let account: SessionRecord['account'];
  try {
    account = await requirement.identify(settings, good.accessToken, signal);
  } catch (error) {
    if (good.refreshToken === token.refreshToken) throw error;
    account = { id: `adopted-${id}`, label: `Imported account ${id.slice(0, 6)}`, isNameless: true };
  }
  return {
    id,
    account,
    service: { authUrl, tokenUrl, clientId, redirectUri },
    scopes,
    ...(clientSecret !== undefined && { clientSecret }),
    token: good,
  };
}
