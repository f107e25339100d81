/** The ways in which the answer of a sign-in page comes back to us. */
export type SignInMethod = 'loopback' | 'uriHandler' | 'pasteCode' | 'pasteToken';

export interface SignInEnvironment {
  /** The user's browser runs on this machine, so that it can come back to a listener here. */
  readonly browserIsHere: boolean;
  /** The editor hands on addresses of its own scheme. */
  readonly canHandleUris: boolean;
  /** The loopback address that is registered for the client. */
  readonly redirectUri: string;
}

export interface WayName {
  /** A button. */
  readonly label: string;
  readonly detail: string;
}

export const wayNames: Readonly<Record<SignInMethod, WayName>> = {
  loopback: { label: 'In the Browser', detail: 'The browser comes back to a port of this machine.' },
  uriHandler: { label: 'Through the Editor', detail: 'The browser comes back by an address of the editor.' },
  pasteCode: { label: 'Paste the Address', detail: 'You bring over the address at which the browser ended.' },
  pasteToken: { label: 'Paste a Token', detail: 'You bring over what "rclone authorize" printed.' },
};

/**
 * The ways that may work, best first. A listener on this machine is of no use to a browser on another one; an address of the editor works
 * from everywhere, but not every service lets it be registered; pasting always works. Pure.
 */
export function availableMethods({
  browserIsHere,
  canHandleUris,
  redirectUri,
}: SignInEnvironment): readonly SignInMethod[] {
  const ways: SignInMethod[] = [];
  if (browserIsHere && isLoopback(redirectUri)) ways.push('loopback');
  if (canHandleUris) ways.push('uriHandler');
  ways.push('pasteCode', 'pasteToken');
  return ways;
}

function isLoopback(address: string): boolean {
  try {
    const { protocol, hostname } = new URL(address);
    return protocol === 'http:' && (hostname === '127.0.0.1' || hostname === 'localhost');
  } catch {
    return false;
  }
}
