import * as vscode from 'vscode';
import type { Backend, RemoteSettings, WizardStep } from '../../backends/backend';
import { isRemoteError } from '../../remote/remoteError';
import type { Accounts } from '../accounts/accounts';
import { isCancellation } from '../platform/cancellation';
import * as window from '../window/window';
import type { StepAnswer, StepSurroundings } from './wizardInput';

interface AccountItem extends window.Row {
  readonly does: { readonly take: string } | 'signIn';
}

export interface AccountQuestion {
  readonly backend: Backend;
  readonly step: WizardStep;
  /** The answers so far; they name the service. */
  readonly settings: RemoteSettings;
  readonly clientSecret: string | undefined;
  readonly around: StepSurroundings;
}

/**
 * Asks for the account of a remote: a signed-in one, or a new sign-in. Resolves to the account's label, which users recognise in
 * the settings.
 */
export async function askAccount(signIns: Accounts, question: AccountQuestion): Promise<StepAnswer> {
  const { backend, step, settings, clientSecret, around } = question;
  const requirement = backend.signIn;
  if (!requirement) return { text: '' };
  for (;;) {
    const accounts = await signIns.accounts(requirement, settings);
    const items: AccountItem[] = accounts.map(({ account }) => ({
      icon: 'account',
      label: account.label,
      description: 'signed in',
      does: { take: account.label },
    }));
    items.push({
      ...(accounts.length === 0
        ? { icon: 'sign-in', label: 'Sign In…' }
        : { icon: 'add', label: 'Sign In With Another Account…' }),
      description: 'in your browser',
      does: 'signIn',
    });
    const does = await chooseAccount(items, step, around);
    if (does === undefined || does === 'back') return does;
    if (does !== 'signIn') return { text: does.take };
    try {
      return { text: (await signIns.signIn(requirement, settings, clientSecret, 'another')).label };
    } catch (error) {
      // A cancelled sign-in returns to the question; an error that was not shown yet is shown here.
      if (!isCancellation(error) && !isRefusal(error))
        void window.showErrorMessage(error instanceof Error ? error.message : String(error));
    }
  }
}

/** Whether the user denied the editor's question about signing in. */
function isRefusal(error: unknown): boolean {
  return !isRemoteError(error) && error instanceof Error && /did not consent|cancelled/i.test(error.message);
}

function chooseAccount(
  items: readonly AccountItem[],
  step: WizardStep,
  around: StepSurroundings,
): Promise<AccountItem['does'] | 'back' | undefined> {
  const pick = new window.QuickPick<AccountItem>();
  pick.title = around.title;
  pick.placeholder = step.prompt;
  pick.ignoreFocusOut = true;
  pick.items = items;
  const own = items.find(({ does }) => does !== 'signIn' && does.take === around.initial);
  if (own) pick.activeItems = [own];
  if (around.canGoBack) pick.buttons = [vscode.QuickInputButtons.Back];
  return new Promise((resolve) => {
    pick.onDidAccept(() => {
      resolve(pick.selectedItems[0]?.does);
      pick.hide();
    });
    pick.onDidTriggerButton(() => {
      resolve('back');
      pick.hide();
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}
