import type { SignInSettings } from '../../signIn/signInService';

/**
 * The editor passes only scopes to a provider. So a request for a session has one more scope, which carries the settings of the service
 * (never a secret).
 */
const settingsPrefix = 'settings:';
/** Requests a new account; without this scope the editor rejects any account but the preferred one. */
const anotherAccount = 'another-account';

/** The scopes for a session request. */
export function scopesWith(
  scopes: readonly string[],
  settings: SignInSettings,
  who: 'anyone' | 'another',
): string[] {
  const { name: _name, account: _account, root: _root, ...service } = settings;
  const own = `${settingsPrefix}${Buffer.from(JSON.stringify(service)).toString('base64url')}`;
  return [...scopes, own, ...(who === 'another' ? [anotherAccount] : [])];
}

export interface RequestedScopes {
  /** The service's own scopes. */
  readonly scopes: readonly string[];
  /** Undefined in the request of another extension, and when the scope can't be read. */
  readonly settings: SignInSettings | undefined;
  readonly another: boolean;
}

/** Separates the service's own scopes from those that `scopesWith` adds. Pure. */
export function readScopes(requested: readonly string[]): RequestedScopes {
  const own = requested.find((scope) => scope.startsWith(settingsPrefix));
  return {
    scopes: requested.filter((scope) => !scope.startsWith(settingsPrefix) && scope !== anotherAccount),
    settings: own === undefined ? undefined : readSettings(own.slice(settingsPrefix.length)),
    another: requested.includes(anotherAccount),
  };
}

function readSettings(encoded: string): SignInSettings | undefined {
  try {
    const settings: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString());
    return typeof settings === 'object' && settings !== null ? (settings as SignInSettings) : undefined;
  } catch {
    return undefined; // a scope of another extension
  }
}
