import * as vscode from 'vscode';
import type { Clock } from '../../base/clock';
import { RemoteError } from '../../remote/remoteError';
import { authorizeUrl, newPkce, newState } from '../../signIn/authorizationRequest';
import { readPasted, readRedirect } from '../../signIn/authorizationResponse';
import { listenForRedirect } from '../../signIn/redirectServer';
import { availableMethods, methodLabels, type SignInMethod } from '../../signIn/signInMethods';
import type { SignInService } from '../../signIn/signInService';
import type { TokenBlob } from '../../signIn/tokenBlob';
import { exchangeCode } from '../../signIn/tokenEndpoint';
import { isCancellation } from '../platform/cancellation';
import * as window from '../window/window';
import { browserIsHere, openInBrowser, type RedirectHandler } from './redirectHandler';

const signInTimeoutMs = 5 * 60_000;

export interface SignInPromptOptions {
  /** "Amazon Drive" */
  readonly title: string;
  readonly service: SignInService;
  readonly clientSecret: string | undefined;
  readonly clock: Clock;
  readonly redirects: RedirectHandler;
}

/**
 * Lets the user sign in. Starts with the preferred method and offers the others when it fails. Throws CancellationError when the user
 * gives up, and the last method's error when no other is left.
 */
export async function promptSignIn(options: SignInPromptOptions): Promise<TokenBlob> {
  let methods = availableMethods(browserIsHere(), options.service.redirectUri);
  for (;;) {
    const [method, ...others] = methods;
    try {
      return await signInWith(method, options);
    } catch (error) {
      if (others.length === 0) throw error;
      const next = await askForOtherMethod(options.title, others, error);
      if (next === undefined) throw isCancellation(error) ? error : new vscode.CancellationError();
      methods = [next, ...others.filter((other) => other !== next)];
    }
  }
}

async function askForOtherMethod(
  title: string,
  others: readonly SignInMethod[],
  error: unknown,
): Promise<SignInMethod | undefined> {
  const message = error instanceof Error ? error.message : String(error);
  const reason = isCancellation(error) ? '' : ` ${message}`;
  const labels = new Map(others.map((method) => [methodLabels[method], method]));
  const chosen = await window.showWarningMessage(
    `You are not signed in to ${title}.${reason} Try another way?`,
    ...labels.keys(),
  );
  return chosen === undefined ? undefined : labels.get(chosen);
}

function signInWith(method: SignInMethod, options: SignInPromptOptions): Promise<TokenBlob> {
  switch (method) {
    case 'loopback':
      return signInWithBrowser(options, async (state, signal) => {
        const listener = await listenForRedirect(options.service.redirectUri, state, signal);
        return { redirectUri: listener.redirectUri, code: listener.code, close: () => listener.close() };
      });
    case 'uriHandler':
      return signInWithBrowser(options, async (state, signal) => ({
        redirectUri: await options.redirects.callbackUrl(),
        code: options.redirects.waitForRedirect(state, signal).then((query) => readRedirect(query, state)),
        close: () => {},
      }));
    case 'pasteCode':
      return signInWithPastedCode(options);
    case 'pasteToken':
      return signInWithPastedToken(options);
  }
}

interface PendingRedirect {
  readonly redirectUri: string;
  readonly code: Promise<string>;
  close(): void;
}

/** Opens the browser and waits for the redirect with a code. */
async function signInWithBrowser(
  { title, service, clientSecret, clock }: SignInPromptOptions,
  wait: (state: string, signal: AbortSignal) => Promise<PendingRedirect>,
): Promise<TokenBlob> {
  return withTimeout(`Signing in to ${title}: continue in your browser`, async (signal) => {
    const state = newState();
    const { verifier, challenge } = newPkce();
    const redirect = await wait(state, signal);
    // The code is awaited below; an earlier rejection must not count as unhandled.
    redirect.code.catch(() => {});
    try {
      await openInBrowser(authorizeUrl(service, redirect.redirectUri, state, challenge));
      const code = await redirect.code;
      const grant = { code, redirectUri: redirect.redirectUri, verifier };
      return await exchangeCode({ ...service, clientSecret }, grant, clock, signal);
    } finally {
      redirect.close();
    }
  });
}

/** The redirect ends at an address that can't be reached from here, so the user pastes it. */
async function signInWithPastedCode({
  title,
  service,
  clientSecret,
  clock,
}: SignInPromptOptions): Promise<TokenBlob> {
  const state = newState();
  const { verifier, challenge } = newPkce();
  await openInBrowser(authorizeUrl(service, service.redirectUri, state, challenge));
  const text = await window.showInputBox({
    title: `Sign in to ${title}`,
    prompt:
      "Allow access in your browser. It ends at a page that can't be shown: paste the address of that page or the code in it.",
    placeHolder: `${service.redirectUri}?code=…`,
    validateInput: (typed) => {
      const pasted = readPasted(typed, state);
      return typed.trim() !== '' && pasted.kind === 'problem' ? pasted.problem : undefined;
    },
  });
  if (text === undefined) throw new vscode.CancellationError();
  const pasted = readPasted(text, state);
  if (pasted.kind === 'problem') throw new RemoteError('other', pasted.problem);
  if (pasted.kind === 'token') return pasted.token;
  return withTimeout(`Signing in to ${title}`, (signal) => {
    const grant = { code: pasted.code, redirectUri: service.redirectUri, verifier };
    return exchangeCode({ ...service, clientSecret }, grant, clock, signal);
  });
}

async function signInWithPastedToken({ title }: SignInPromptOptions): Promise<TokenBlob> {
  const text = await window.showInputBox({
    title: `Sign in to ${title}`,
    prompt:
      'Run "rclone authorize" for this client on a machine with a browser and paste the token that it prints.',
    placeHolder: '{"access_token":"…","refresh_token":"…"}',
    password: true,
    validateInput: (typed) =>
      typed.trim() === '' || readPasted(typed, '').kind === 'token'
        ? undefined
        : 'Not a token as rclone prints it.',
  });
  if (text === undefined) throw new vscode.CancellationError();
  const pasted = readPasted(text, '');
  if (pasted.kind !== 'token') throw new RemoteError('other', 'No token was pasted.');
  return pasted.token;
}

/** Shows progress with a Cancel button, and gives up after five minutes. */
async function withTimeout<T>(title: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (_progress, token) => {
      const abort = new AbortController();
      const timer = setTimeout(() => {
        abort.abort(new RemoteError('unavailable', 'The browser sent no response within 5 minutes.'));
      }, signInTimeoutMs);
      token.onCancellationRequested(() => abort.abort(new vscode.CancellationError()));
      try {
        return await work(abort.signal);
      } finally {
        clearTimeout(timer);
      }
    },
  );
}
