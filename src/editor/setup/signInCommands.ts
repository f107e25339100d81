import type { Backend } from '../../backends/backend';
import type { SignedInAccount, SignInRequirement } from '../../signIn/signInService';
import type { ConfiguredRemote } from '../../usecases/configuredRemotes';
import { isCancellation } from '../platform/cancellation';
import type { CommandContext } from '../tree/commandContext';
import { isNode } from '../tree/selection';
import { remoteOf } from '../tree/treeNode';
import type { CommandRow } from '../window/window';
import * as window from '../window/window';
import { saveRemote } from './savedRemotes';

/** The commands about the accounts of remotes. */
export function signInCommands(shell: CommandContext): readonly CommandRow[] {
  return [
    { id: 'cloudRemotes.signInAgain', run: (arg) => signInAgain(shell, arg) },
    { id: 'cloudRemotes.signOut', run: () => signOut(shell) },
  ];
}

interface SignedRemote extends ConfiguredRemote {
  readonly backend: Backend & { readonly signIn: SignInRequirement };
}

function signedRemotes(shell: CommandContext): readonly SignedRemote[] {
  return shell.app
    .remotes()
    .filter(
      (remote): remote is SignedRemote =>
        remote.backend?.signIn !== undefined && remote.problems.length === 0,
    );
}

/** Signs in for the remote of a row or a name, or for one that the user picks. */
async function signInAgain(shell: CommandContext, arg: unknown): Promise<void> {
  const remotes = signedRemotes(shell);
  const name = typeof arg === 'string' ? arg : isNode(arg) ? remoteOf(arg) : undefined;
  const remote =
    remotes.find(({ settings }) => settings.name === name) ??
    (await window
      .showQuickPick(
        remotes.map((one) => ({
          label: one.settings.name,
          description: one.backend.describe(one.settings),
          one,
        })),
        { placeHolder: 'Sign in for which remote?' },
      )
      .then((item) => item?.one));
  if (!remote) return;
  const { backend, settings } = remote;
  const requirement = backend.signIn;
  try {
    const secret = await shell.secrets.get(settings.name, requirement.clientSecretField);
    // The account in the settings is checked below, because the editor checks its preferred account only.
    const who = settings[requirement.accountField] === undefined ? 'anyone' : 'another';
    await useAccount(shell, remote, await shell.signIns.signIn(requirement, settings, secret, who));
  } catch (error) {
    if (!isCancellation(error))
      void window.showErrorMessage(error instanceof Error ? error.message : String(error));
    return;
  }
  shell.forgetRemote(settings.name);
}

/** A remote without an account gets the one that signed in; a remote with an account changes it only when the user confirms. */
async function useAccount(
  shell: CommandContext,
  { backend, settings }: SignedRemote,
  { id, label }: SignedInAccount,
): Promise<void> {
  const field = backend.signIn.accountField;
  const before = settings[field];
  if (before === id || before === label) return;
  if (before !== undefined) {
    const use = `Use ${label}`;
    const chosen = await window.showWarningMessage(
      `You signed in as ${label}, but ${settings.name} is the drive of ${before}.`,
      { modal: true, detail: `Shall ${settings.name} be the drive of ${label} from now on?` },
      use,
    );
    if (chosen !== use) return;
  }
  const secrets = await shell.secrets.getAll(settings.name, backend.secretFields);
  await saveRemote(shell, backend, { ...settings, [field]: label }, secrets, settings.name);
}

async function signOut(shell: CommandContext): Promise<void> {
  const items: (window.Row & { end(): Promise<void> })[] = [];
  for (const { signIn: requirement } of shell.app.backends) {
    if (!requirement) continue;
    for (const { id, account, service } of await shell.signIns.all(requirement))
      items.push({
        icon: 'account',
        label: account.label,
        description: `${requirement.title} · ${new URL(service.tokenUrl).host}`,
        end: () => shell.signIns.signOut(requirement, id),
      });
  }
  if (items.length === 0) {
    void window.showInformationMessage('Nobody is signed in.');
    return;
  }
  const chosen = await window.showQuickPick(items, { placeHolder: 'Sign out which account?' });
  await chosen?.end();
}
