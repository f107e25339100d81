import type { SignInSettings } from '../signIn/signInService';

/**
 * A session is asked for with the service's own scopes and one of our making, which tells the provider whose service is meant: the
 * editor hands nothing but scopes on. It holds settings only, never a secret.
 */
const prefix = 'settings:';

/** The scopes to ask the editor for a session with. */
export function scopesWith(scopes: readonly string[], settings: SignInSettings): string[] {
  const { name: _name, account: _account, root: _root, ...service } = settings;
  return [...scopes, `${prefix}${Buffer.from(JSON.stringify(service)).toString('base64url')}`];
}

export interface AskedScopes {
  /** The service's own scopes. */
  readonly scopes: readonly string[];
  /** Undefined when another extension asks, which names no service. */
  readonly settings: SignInSettings | undefined;
}

/** Tells the service's own scopes from ours. What can't be read counts as not given. Pure. */
export function readScopes(asked: readonly string[]): AskedScopes {
  const scopes = asked.filter((scope) => !scope.startsWith(prefix));
  const own = asked.find((scope) => scope.startsWith(prefix));
  if (own === undefined) return { scopes, settings: undefined };
  try {
    const settings: unknown = JSON.parse(Buffer.from(own.slice(prefix.length), 'base64url').toString());
    if (typeof settings === 'object' && settings !== null)
      return { scopes, settings: settings as SignInSettings };
  } catch {
    // Not of our making.
  }
  return { scopes, settings: undefined };
}
