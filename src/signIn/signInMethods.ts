/** How the response of a sign-in page reaches the extension. */
export type SignInMethod = 'loopback' | 'uriHandler' | 'pasteCode' | 'pasteToken';

/** Labels of buttons. */
export const methodLabels: Readonly<Record<SignInMethod, string>> = {
  loopback: 'In the Browser',
  uriHandler: 'Through the Editor',
  pasteCode: 'Paste the Address',
  pasteToken: 'Paste a Token',
};

/** From everywhere. Not every service lets a client register a URI of the editor; pasting always works. */
const anywhere = ['uriHandler', 'pasteCode', 'pasteToken'] as const;

/** The methods that may work, best first. A browser on another machine can't reach a listener at the loopback address of this one. Pure. */
export function availableMethods(
  browserIsHere: boolean,
  redirectUri: string,
): readonly [SignInMethod, ...SignInMethod[]] {
  const isLoopback = /^http:\/\/(127\.0\.0\.1|localhost)([:/]|$)/i.test(redirectUri);
  return browserIsHere && isLoopback ? ['loopback', ...anywhere] : anywhere;
}
