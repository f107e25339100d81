import type { Backend } from '../../backends/backend';
import type { SignedInAccount, SignInRequirement } from '../../signIn/signInService';
import type { ConfiguredRemote } from '../../usecases/configuredRemotes';
import { isCancellation } from '../platform/cancellation';
import type { CommandContext } from '../tree/commandContext';
import { remoteNameOf } from '../tree/selection';
import * as window from '../window/window';
import { changeRemote } from './savedRemotes';

/** The commands about the accounts of remotes. */
export function signInCommands(context: CommandContext): readonly window.CommandRow[] {
  return [
    { id: 'cloudRemotes.signInAgain', run: (arg) => signInAgain(context, arg) },
    { id: 'cloudRemotes.signOut', run: () => signOut(context) },
  ];
}

interface AccountRemote extends ConfiguredRemote {
  readonly backend: Backend & { readonly signIn: SignInRequirement };
}

/** Signs in for the remote of a row or a name, or for one that the user picks. */
async function signInAgain(context: CommandContext, arg: unknown): Promise<void> {
  const remotes = context.app
    .remotes()
    .filter((remote): remote is AccountRemote => !!remote.backend?.signIn && remote.problems.length === 0);
  const name = remoteNameOf(arg);
  const remote = remotes.find(({ settings }) => settings.name === name) ?? (await pickRemote(remotes));
  if (!remote) return;
  const { backend, settings } = remote;
  const requirement = backend.signIn;
  try {
    const secret = await context.secrets.get(settings.name, requirement.clientSecretField);
    // The account in the settings is checked below, because the editor checks its preferred account only.
    const who = settings[requirement.accountField] === undefined ? 'anyone' : 'another';
    await useAccount(context, remote, await context.signIns.signIn(requirement, settings, secret, who));
  } catch (error) {
    if (!isCancellation(error))
      void window.showErrorMessage(error instanceof Error ? error.message : String(error));
    return;
  }
  context.forgetRemote(settings.name);
}

async function pickRemote(remotes: readonly AccountRemote[]): Promise<AccountRemote | undefined> {
  const items = remotes.map((remote) => ({
    label: remote.settings.name,
    description: remote.backend.describe(remote.settings),
    remote,
  }));
  return (await window.showQuickPick(items, { placeHolder: 'Sign in for which remote?' }))?.remote;
}

/** Stores the account that signed in. A remote with another account changes it only when the user confirms. */
async function useAccount(
  context: CommandContext,
  { backend, settings }: AccountRemote,
  { id, label }: SignedInAccount,
): Promise<void> {
  const field = backend.signIn.accountField;
  const before = settings[field];
  if (before === id || before === label) return;
  if (before !== undefined) {
    const use = `Use ${label}`;
    const chosen = await window.showWarningMessage(
      `You signed in as ${label}, but ${settings.name} is the drive of ${before}.`,
      { modal: true, detail: `Change ${settings.name} to the drive of ${label}?` },
      use,
    );
    if (chosen !== use) return;
  }
  await changeRemote(context, backend, { ...settings, [field]: label }, settings.name);
}

async function signOut(context: CommandContext): Promise<void> {
  const items: (window.Row & { end(): Promise<void> })[] = [];
  for (const { signIn: requirement } of context.app.backends) {
    if (!requirement) continue;
    for (const { id, account, service } of await context.signIns.all(requirement))
      items.push({
        icon: 'account',
        label: account.label,
        description: `${requirement.title} · ${new URL(service.tokenUrl).host}`,
        end: () => context.signIns.signOut(requirement, id),
      });
  }
  if (items.length === 0) {
    void window.showInformationMessage('No account is signed in.');
    return;
  }
  const chosen = await window.showQuickPick(items, { placeHolder: 'Sign out of which account?' });
  await chosen?.end();
}
