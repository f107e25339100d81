import type { SignInSettings } from '../../signIn/signInService';

/**
 * A session is asked for with the service's own scopes and one of our making, which tells the provider whose service is meant: the
 * editor hands nothing but scopes on. It holds settings only, never a secret.
 */
const prefix = 'settings:';
/** Asks for an account besides those that are signed in: the editor would take any other than its favourite for a mistake. */
const anotherAccount = 'another-account';

/** The scopes to ask the editor for a session with. */
export function scopesWith(
  scopes: readonly string[],
  settings: SignInSettings,
  who: 'anyone' | 'another',
): string[] {
  const { name: _name, account: _account, root: _root, ...service } = settings;
  const own = `${prefix}${Buffer.from(JSON.stringify(service)).toString('base64url')}`;
  return [...scopes, own, ...(who === 'another' ? [anotherAccount] : [])];
}

export interface RequestedScopes {
  /** The service's own scopes. */
  readonly scopes: readonly string[];
  /** Undefined when another extension asks, which names no service. */
  readonly settings: SignInSettings | undefined;
  readonly another: boolean;
}

/** Tells the service's own scopes from ours. What can't be read counts as not given. Pure. */
export function readScopes(asked: readonly string[]): RequestedScopes {
  const another = asked.includes(anotherAccount);
  const scopes = asked.filter((scope) => !scope.startsWith(prefix) && scope !== anotherAccount);
  const own = asked.find((scope) => scope.startsWith(prefix));
  if (own === undefined) return { scopes, settings: undefined, another };
  try {
    const settings: unknown = JSON.parse(Buffer.from(own.slice(prefix.length), 'base64url').toString());
    if (typeof settings === 'object' && settings !== null)
      return { scopes, settings: settings as SignInSettings, another };
  } catch {
    // Not of our making.
  }
  return { scopes, settings: undefined, another };
}
