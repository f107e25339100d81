import * as vscode from 'vscode';
import type { Clock } from '../../base/clock';
import { isRemoteError, RemoteError } from '../../remote/remoteError';
import { authorizeUrl, newPkce, newState } from '../../signIn/authorizationRequest';
import { readPasted, readRedirect } from '../../signIn/authorizationResponse';
import { listenForRedirect } from '../../signIn/redirectServer';
import { availableMethods, type SignInMethod, wayNames } from '../../signIn/signInMethods';
import type { SignInService } from '../../signIn/signInService';
import type { TokenBlob } from '../../signIn/tokenBlob';
import { exchangeCode } from '../../signIn/tokenEndpoint';
import { isCancellation } from '../platform/cancellation';
import * as window from '../window/window';
import { browserIsHere, openInBrowser, type RedirectHandler } from './redirectHandler';

/** How long a sign-in may take before it is given up. */
const patienceMs = 5 * 60_000;

export interface SignInPromptOptions {
  /** "Amazon Drive" */
  readonly title: string;
  readonly service: SignInService;
  readonly clientSecret: string | undefined;
  readonly clock: Clock;
  readonly redirects: RedirectHandler;
}

/**
 * Lets the user sign in, by the first way that works here; when one doesn't, the others are offered in words. Throws CancellationError
 * when the user has had enough, RemoteError when no way is left.
 */
export async function promptSignIn(question: SignInPromptOptions): Promise<TokenBlob> {
  const { redirectUri } = question.service;
  let ways = availableMethods({ browserIsHere: browserIsHere(), canHandleUris: true, redirectUri });
  for (;;) {
    const [way, ...others] = ways;
    if (way === undefined) throw new RemoteError('unsupported', 'There is no way to sign in here.');
    try {
      return await byWay(way, question);
    } catch (error) {
      if (others.length === 0) throw error;
      const next = await askForAnother(question.title, others, error);
      if (next === undefined) throw isCancellation(error) ? error : new vscode.CancellationError();
      ways = [next, ...others.filter((other) => other !== next)];
    }
  }
}

async function askForAnother(
  title: string,
  others: readonly SignInMethod[],
  error: unknown,
): Promise<SignInMethod | undefined> {
  const why = isRemoteError(error)
    ? ` ${error.message}`
    : isCancellation(error)
      ? ''
      : ` ${error instanceof Error ? error.message : String(error)}`;
  const labels = new Map(others.map((way) => [wayNames[way].label, way]));
  const chosen = await window.showWarningMessage(
    `You are not signed in to ${title}.${why} Try another way?`,
    ...labels.keys(),
  );
  return chosen === undefined ? undefined : labels.get(chosen);
}

function byWay(way: SignInMethod, question: SignInPromptOptions): Promise<TokenBlob> {
  switch (way) {
    case 'loopback':
      return inBrowser(question, async (state, signal) => {
        const listener = await listenForRedirect(question.service.redirectUri, state, signal);
        return { redirectUri: listener.redirectUri, code: listener.code, close: () => listener.close() };
      });
    case 'uriHandler':
      return inBrowser(question, async (state, signal) => ({
        redirectUri: await question.redirects.callbackUrl(),
        code: question.redirects.waitForRedirect(state, signal).then((query) => readRedirect(query, state)),
        close: () => {},
      }));
    case 'pasteCode':
      return byPastedCode(question);
    case 'pasteToken':
      return byPastedToken(question);
  }
}

interface Return {
  readonly redirectUri: string;
  readonly code: Promise<string>;
  close(): void;
}

/** Opens the browser and waits for it to come back with a code. */
async function inBrowser(
  { title, service, clientSecret, clock }: SignInPromptOptions,
  wait: (state: string, signal: AbortSignal) => Promise<Return>,
): Promise<TokenBlob> {
  return withPatience(`Signing in to ${title}: continue in your browser`, async (signal) => {
    const state = newState();
    const { verifier, challenge } = newPkce();
    const back = await wait(state, signal);
    // It is awaited below; until then a refusal must not count as unhandled.
    back.code.catch(() => {});
    try {
      await openInBrowser(authorizeUrl(service, back.redirectUri, state, challenge));
      const code = await back.code;
      const answer = { code, redirectUri: back.redirectUri, verifier };
      return await exchangeCode(clientOf(service, clientSecret), answer, clock, signal);
    } finally {
      back.close();
    }
  });
}

/** The browser ends at an address that leads nowhere here; the user brings it over. */
async function byPastedCode({
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
      "Allow the access in your browser. It then ends at a page that can't be shown: paste the address of that page here, or the code in it.",
    placeHolder: `${service.redirectUri}?code=…`,
    validateInput: (typed) => pastedProblem(typed, state),
  });
  if (text === undefined) throw new vscode.CancellationError();
  const pasted = readPasted(text, state);
  if (pasted.kind === 'problem') throw new RemoteError('other', pasted.problem);
  if (pasted.kind === 'token') return pasted.token;
  return withPatience(`Signing in to ${title}`, (signal) => {
    const answer = { code: pasted.code, redirectUri: service.redirectUri, verifier };
    return exchangeCode(clientOf(service, clientSecret), answer, clock, signal);
  });
}

async function byPastedToken({ title }: SignInPromptOptions): Promise<TokenBlob> {
  const text = await window.showInputBox({
    title: `Sign in to ${title}`,
    prompt:
      'Run "rclone authorize" with this client on a machine with a browser, and paste the token that it prints.',
    placeHolder: '{"access_token":"…","refresh_token":"…"}',
    password: true,
    validateInput: (typed) => {
      if (typed.trim() === '') return undefined;
      const pasted = readPasted(typed, '');
      return pasted.kind === 'token' ? undefined : 'This is no token as rclone prints it.';
    },
  });
  if (text === undefined) throw new vscode.CancellationError();
  const pasted = readPasted(text, '');
  if (pasted.kind !== 'token') throw new RemoteError('other', 'No token was pasted.');
  return pasted.token;
}

function pastedProblem(typed: string, state: string): string | undefined {
  if (typed.trim() === '') return undefined;
  const pasted = readPasted(typed, state);
  return pasted.kind === 'problem' ? pasted.problem : undefined;
}

function clientOf({ tokenUrl, clientId }: SignInService, clientSecret: string | undefined) {
  return { tokenUrl, clientId, ...(clientSecret !== undefined && { clientSecret }) };
}

/** Shows progress that can be cancelled, and gives up after five minutes. */
async function withPatience<T>(title: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (_progress, token) => {
      const abort = new AbortController();
      const late = setTimeout(
        () =>
          abort.abort(new RemoteError('unavailable', 'Nobody came back from the browser in five minutes.')),
        patienceMs,
      );
      token.onCancellationRequested(() => abort.abort(new vscode.CancellationError()));
      try {
        return await work(abort.signal);
      } finally {
        clearTimeout(late);
      }
    },
  );
}
