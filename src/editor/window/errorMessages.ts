import * as vscode from 'vscode';
import { isRemoteError, type RemoteError, type RemoteErrorKind } from '../../remote/remoteError';
import { isCancellation } from '../platform/cancellation';
import type { OutputLog } from './outputLog';
import * as window from './window';

/** What a message offers to do about it. */
export type RecoveryAction = 'signIn' | 'retry' | 'editRemote' | 'openSettings' | 'showLog' | 'copyCommand';

export interface ErrorPresentation {
  /** The end of a short sentence, for a row: "access denied". */
  readonly short: string;
  /** Whole sentences, for a message. */
  readonly text: string;
  readonly actions: readonly RecoveryAction[];
  /** A command for the terminal that mends it. */
  readonly command?: string;
}

const kinds: Readonly<
  Record<RemoteErrorKind, { readonly short: string; readonly waysOut: readonly RecoveryAction[] }>
> = {
  notFound: { short: 'not there any more', waysOut: ['retry'] },
  alreadyExists: { short: 'already there', waysOut: [] },
  notAFolder: { short: 'not a folder', waysOut: [] },
  isAFolder: { short: 'a folder', waysOut: [] },
  notEmpty: { short: 'not empty', waysOut: [] },
  forbidden: { short: 'access denied', waysOut: ['editRemote', 'retry', 'showLog'] },
  unauthenticated: {
    short: 'sign-in needed',
    waysOut: ['signIn', 'copyCommand', 'editRemote', 'retry', 'showLog'],
  },
  rateLimited: { short: 'too many requests', waysOut: ['retry'] },
  unavailable: { short: "can't be reached", waysOut: ['retry', 'editRemote', 'showLog'] },
  changed: { short: 'changed meanwhile', waysOut: ['retry'] },
  archived: { short: 'archived', waysOut: [] },
  unsupported: { short: 'not possible here', waysOut: [] },
  badName: { short: 'not a usable name', waysOut: [] },
  badSettings: { short: 'settings need attention', waysOut: ['editRemote', 'openSettings'] },
  quotaExceeded: { short: 'no space left', waysOut: ['retry'] },
  corrupted: { short: 'damaged answer', waysOut: ['retry', 'showLog'] },
  other: { short: 'failed', waysOut: ['retry', 'showLog'] },
};

/**
 * Puts an error in words. `what` is the start of the sentence that says what did not work: "Can't list photos:site".
 * Anything but a RemoteError is a defect of ours: it is said to be one, and its stack belongs in the log.
 */
export function presentError(error: unknown, what: string): ErrorPresentation {
  if (!isRemoteError(error))
    return {
      short: 'failed unexpectedly',
      text: `${what}. Cloud Remotes itself failed: ${error instanceof Error ? error.message : String(error)}`,
      actions: ['showLog', 'retry'],
    };
  const { short, waysOut } = kinds[error.kind];
  const { command, signIn } = error;
  return {
    short: error.kind === 'unauthenticated' ? signInShort(error) : short,
    text: `${what}. ${error.message}`,
    actions: waysOut.filter(
      (way) => (way !== 'copyCommand' || command !== undefined) && (way !== 'signIn' || signIn),
    ),
    ...(command !== undefined && { command }),
  };
}

/** Only who has an account signs in; keys are refused, or not there. */
function signInShort({ signIn, code, command }: RemoteError): string {
  if (signIn) return code === 'signedOut' ? 'not signed in' : 'sign-in expired';
  if (command !== undefined) return kinds.unauthenticated.short;
  if (code === undefined) return 'credentials missing';
  return /^(Expired|InvalidToken|TokenRefresh)/.test(code) ? 'keys expired' : 'keys refused';
}

export interface FailureOptions {
  /** "Can't list photos:site": see presentError. */
  readonly what: string;
  /** The remote to edit, where one is concerned. */
  readonly remote?: string;
  /** What "Try Again" does. */
  readonly retry?: () => unknown;
}

/** Shows what did not work, with the ways out. Says nothing when somebody cancelled. Resolves without waiting for the user. */
export function showFailure(error: unknown, context: FailureOptions, output: OutputLog): void {
  if (isCancellation(error)) return;
  const phrase = presentError(error, context.what);
  output.error(`[edit] ${phrase.text}`);
  if (!isRemoteError(error) && error instanceof Error && error.stack) output.debug(error.stack);
  const buttons = new Map<string, () => unknown>();
  for (const way of phrase.actions) {
    if (way === 'retry' && context.retry) buttons.set('Try Again', context.retry);
    if (way === 'signIn' && context.remote !== undefined)
      buttons.set('Sign In', () =>
        vscode.commands.executeCommand('cloudRemotes.signInAgain', context.remote),
      );
    if (way === 'editRemote' && context.remote !== undefined)
      buttons.set('Edit Remote', () =>
        vscode.commands.executeCommand('cloudRemotes.editRemote', context.remote),
      );
    if (way === 'openSettings')
      buttons.set('Open Settings', () => vscode.commands.executeCommand('cloudRemotes.openRemotesSettings'));
    if (way === 'showLog') buttons.set('Show Log', () => output.show());
    if (way === 'copyCommand')
      buttons.set('Copy Command', () => vscode.env.clipboard.writeText(phrase.command ?? ''));
  }
  void window.showErrorMessage(phrase.text, ...buttons.keys()).then((chosen) => {
    if (chosen !== undefined) void buttons.get(chosen)?.();
  });
}
