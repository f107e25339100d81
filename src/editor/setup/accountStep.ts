import type { WizardStep } from '../../backends/backend';
import { isRemoteError } from '../../remote/remoteError';
import type { SignInRequirement } from '../../signIn/signInService';
import type { Accounts } from '../accounts/accounts';
import { isCancellation } from '../platform/cancellation';
import * as window from '../window/window';
import type { RemoteDraft } from './remoteDraft';
import { backButtons, type StepAnswer, type StepOptions } from './wizardInput';

interface AccountItem extends window.Row {
  readonly answer: { readonly text: string } | 'signIn';
}

/**
 * Asks for the account of a remote: a signed-in one, or a new sign-in. The answer is the account's label, which users recognise in the
 * settings.
 */
export async function askAccount(
  signIns: Accounts,
  requirement: SignInRequirement,
  draft: RemoteDraft,
  step: WizardStep,
  options: StepOptions,
): Promise<StepAnswer> {
  const { answers, settings } = draft;
  const clientSecret = answers[requirement.clientSecretField] || undefined;
  for (;;) {
    const accounts = await signIns.accounts(requirement, settings);
    const items: AccountItem[] = accounts.map(({ account: { label } }) => ({
      icon: 'account',
      label,
      description: 'signed in',
      answer: { text: label },
    }));
    items.push({
      ...(accounts.length === 0
        ? { icon: 'sign-in', label: 'Sign In…' }
        : { icon: 'add', label: 'Sign In With Another Account…' }),
      description: 'in your browser',
      answer: 'signIn',
    });
    const answer = await chooseAccount(items, step, options);
    if (answer !== 'signIn') return answer;
    try {
      return { text: (await signIns.signIn(requirement, settings, clientSecret, 'another')).label };
    } catch (error) {
      // A cancelled sign-in returns to the question; an error that was not shown yet is shown here.
      if (!isCancellation(error) && !isDenied(error))
        void window.showErrorMessage(error instanceof Error ? error.message : String(error));
    }
  }
}

/** Whether the user denied the editor's question about signing in. */
function isDenied(error: unknown): boolean {
  return !isRemoteError(error) && error instanceof Error && /did not consent|cancelled/i.test(error.message);
}

function chooseAccount(
  items: readonly AccountItem[],
  { prompt }: WizardStep,
  options: StepOptions,
): Promise<StepAnswer | 'signIn'> {
  const pick = new window.QuickPick<AccountItem>();
  pick.title = options.title;
  pick.placeholder = prompt;
  pick.items = items;
  const current = items.find(({ answer }) => answer !== 'signIn' && answer.text === options.initial);
  if (current) pick.activeItems = [current];
  pick.buttons = backButtons(options);
  return pick.ask<AccountItem['answer'] | 'back'>(
    () => pick.selectedItems[0]?.answer,
    () => 'back',
  );
}
