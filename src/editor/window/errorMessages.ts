import * as vscode from 'vscode';
import { isRemoteError, type RemoteError, type RemoteErrorKind } from '../../remote/remoteError';
import { isCancellation } from '../platform/cancellation';
import type { OutputLog } from './outputLog';
import * as window from './window';

/** A button of an error message. */
export type RecoveryAction = 'signIn' | 'retry' | 'editRemote' | 'openSettings' | 'showLog' | 'copyCommand';

export interface ErrorPresentation {
  /** A few words for a row: "access denied". */
  readonly short: string;
  /** Whole sentences, for a message. */
  readonly text: string;
  readonly actions: readonly RecoveryAction[];
  /** A terminal command that fixes the cause. */
  readonly command?: string;
}

const presentations: Readonly<Record<RemoteErrorKind, Pick<ErrorPresentation, 'short' | 'actions'>>> = {
  notFound: { short: 'not found', actions: ['retry'] },
  alreadyExists: { short: 'already exists', actions: [] },
  notAFolder: { short: 'not a folder', actions: [] },
  isAFolder: { short: 'is a folder', actions: [] },
  notEmpty: { short: 'not empty', actions: [] },
  forbidden: { short: 'access denied', actions: ['editRemote', 'retry', 'showLog'] },
  unauthenticated: {
    short: 'sign-in needed',
    actions: ['signIn', 'copyCommand', 'editRemote', 'retry', 'showLog'],
  },
  rateLimited: { short: 'too many requests', actions: ['retry'] },
  unavailable: { short: "can't be reached", actions: ['retry', 'editRemote', 'showLog'] },
  changed: { short: 'changed meanwhile', actions: ['retry'] },
  archived: { short: 'archived', actions: [] },
  unsupported: { short: 'not supported', actions: [] },
  badName: { short: 'invalid name', actions: [] },
  badSettings: { short: 'settings need attention', actions: ['editRemote', 'openSettings'] },
  quotaExceeded: { short: 'no space left', actions: ['retry'] },
  corrupted: { short: 'invalid response', actions: ['retry', 'showLog'] },
  other: { short: 'failed', actions: ['retry', 'showLog'] },
};

/**
 * The texts and buttons for an error. `what` names the failed operation: "Can't list photos:site". An error that is no RemoteError is a
 * bug of the extension and is presented as one.
 */
export function presentError(error: unknown, what: string): ErrorPresentation {
  if (!isRemoteError(error))
    return {
      short: 'failed unexpectedly',
      text: `${what}. Internal error: ${error instanceof Error ? error.message : String(error)}`,
      actions: ['showLog', 'retry'],
    };
  const { short, actions } = presentations[error.kind];
  const { command, signIn } = error;
  return {
    short: error.kind === 'unauthenticated' ? signInShort(error) : short,
    text: `${what}. ${error.message}`,
    actions: actions.filter(
      (action) => (action !== 'copyCommand' || command !== undefined) && (action !== 'signIn' || signIn),
    ),
    ...(command !== undefined && { command }),
  };
}

/** Tells accounts, which sign in, from keys, which are missing, refused or expired. */
function signInShort({ signIn, code, command }: RemoteError): string {
  if (signIn) return code === 'signedOut' ? 'not signed in' : 'sign-in expired';
  if (command !== undefined) return presentations.unauthenticated.short;
  if (code === undefined) return 'credentials missing';
  return /^(Expired|InvalidToken|TokenRefresh)/.test(code) ? 'keys expired' : 'keys refused';
}

export interface FailureOptions {
  /** The failed operation: see `presentError`. */
  readonly what: string;
  /** The remote that *Edit Remote* and *Sign In* apply to. */
  readonly remote?: string;
  /** The action of *Try Again*. */
  readonly retry?: () => unknown;
}

/** Logs an error and shows it with its recovery buttons. Ignores cancellations. Doesn't wait for the user. */
export function showFailure(error: unknown, options: FailureOptions, output: OutputLog): void {
  if (isCancellation(error)) return;
  const { text, actions, command } = presentError(error, options.what);
  output.error(`[edit] ${text}`);
  if (!isRemoteError(error) && error instanceof Error && error.stack) output.debug(error.stack);
  const { remote, retry } = options;
  const runCommand = (id: string, ...args: readonly unknown[]) =>
    vscode.commands.executeCommand(`cloudRemotes.${id}`, ...args);
  const buttons: Readonly<Record<RecoveryAction, [label: string, run: (() => unknown) | undefined]>> = {
    retry: ['Try Again', retry],
    signIn: ['Sign In', remote === undefined ? undefined : () => runCommand('signInAgain', remote)],
    editRemote: ['Edit Remote', remote === undefined ? undefined : () => runCommand('editRemote', remote)],
    openSettings: ['Open Settings', () => runCommand('openRemotesSettings')],
    showLog: ['Show Log', () => output.show()],
    copyCommand: ['Copy Command', () => vscode.env.clipboard.writeText(command ?? '')],
  };
  const offered = actions.map((action) => buttons[action]).filter(([, run]) => run !== undefined);
  void window.showErrorMessage(text, ...offered.map(([label]) => label)).then((chosen) => {
    void offered.find(([label]) => label === chosen)?.[1]?.();
  });
}
