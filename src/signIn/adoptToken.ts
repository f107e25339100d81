import type { Clock } from '../base/clock';
import { expiryMarginMs } from './accountTokenSource';
import { newSession, type SessionRecord } from './sessionStore';
import type { SignedInAccount, SignInRequirement, SignInSettings } from './signInService';
import type { TokenBlob } from './tokenBlob';
import { refreshToken } from './tokenEndpoint';

export interface TokenToAdopt {
  readonly requirement: SignInRequirement;
  /** The settings of the remote, which name the service. */
  readonly settings: SignInSettings;
  readonly token: TokenBlob;
  readonly clientSecret: string | undefined;
  readonly clock: Clock;
}

/**
 * A session with the tokens of another program, not yet stored. Renews expired tokens, and requests the account from the service. When
 * that request fails after a renewal, the account gets a made-up name: the other program's refresh token may be used up, so the renewed
 * one must not be lost. Throws RemoteErrors.
 */
export async function adoptToken(
  { requirement, settings, token, clientSecret, clock }: TokenToAdopt,
  signal: AbortSignal,
): Promise<SessionRecord> {
  const service = requirement.service(settings);
  const { tokenUrl, clientId } = service;
  const { refreshToken: refresh, expiresMs = Number.POSITIVE_INFINITY } = token;
  const usable =
    refresh === undefined || expiresMs >= clock.now() + expiryMarginMs
      ? token
      : await refreshToken({ tokenUrl, clientId, clientSecret }, refresh, clock, signal);
  let account: SignedInAccount;
  try {
    account = await requirement.identify(settings, usable.accessToken, signal);
  } catch (error) {
    if (usable.refreshToken === refresh) throw error;
    const id = crypto.randomUUID();
    account = { id: `adopted-${id}`, label: `Imported account ${id.slice(0, 6)}`, isNameless: true };
  }
  return newSession(service, account, usable, clientSecret);
}
