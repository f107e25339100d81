import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import * as vscode from 'vscode';
import type { RemoteSettings } from '../../backends/backend';
import { rcloneConfigPaths, readConfigFile } from '../../rcloneConfig/configFile';
import { leftOutLines, leftOutSentence } from '../../rcloneConfig/exportRemotes';
import {
  type FoundRemote,
  findRemotes,
  preservedSettings,
  type UsableRemote,
} from '../../rcloneConfig/importRemotes';
import { parseRcloneFile } from '../../rcloneConfig/rcloneFile';
import { RemoteError } from '../../remote/remoteError';
import { parseTokenBlob } from '../../signIn/tokenBlob';
import { foldName } from '../platform/remoteUri';
import { readRemoteSettings } from '../platform/settings';
import type { CommandContext } from '../tree/commandContext';
import { showFailure } from '../window/errorMessages';
import { askNameConflict, type MultiSelectRow, multiSelect } from '../window/quickPicks';
import * as window from '../window/window';
import { freeRemoteName, newNameProblem, type SavedRemote, saveRemotes } from './savedRemotes';
import { askStep } from './wizardInput';

/** Milliseconds that a service may take to name the account of a token. */
const patienceMs = 60_000;

/** Imports remotes from a configuration of rclone: `file`, or one that the user chooses. Resolves to their names. */
export async function importRcloneConfig(shell: CommandContext, file?: string): Promise<readonly string[]> {
  let what = 'No remotes were imported';
  try {
    const from = file ?? (await chooseFile());
    if (from === undefined) return [];
    const text = await readConfigFile(from);
    if (text === undefined) throw new RemoteError('notFound', `There is no file ${from}.`);
    const found = findRemotes(parseRcloneFile(text), shell.app.backends);
    if (found.length === 0) {
      void window.showInformationMessage(`${from} has no remotes.`);
      return [];
    }
    const chosen = await chooseRemotes(found, from);
    const decided = chosen && (await decide(chosen));
    if (!decided || decided.length === 0) return [];
    what = 'Not all remotes were imported';
    return await importAll(shell, decided);
  } catch (error) {
    showFailure(error, { what }, shell.output);
    return [];
  }
}

async function chooseFile(): Promise<string | undefined> {
  const places = rcloneConfigPaths(process.env, homedir(), process.platform).filter((place) =>
    existsSync(place),
  );
  const other = 'Choose File…';
  const chosen = await window.showQuickPick(
    [
      ...places.map((label) => ({ label, description: 'rclone’s configuration' })),
      { label: other, description: '' },
    ],
    { title: 'Import remotes from rclone.conf', placeHolder: 'Which file?', ignoreFocusOut: true },
  );
  if (chosen?.label !== other) return chosen?.label;
  const picked = await window.showOpenDialog({
    title: 'Import remotes from rclone.conf',
    openLabel: 'Import',
    defaultUri: vscode.Uri.file(homedir()),
  });
  return picked?.[0]?.fsPath;
}

async function chooseRemotes(
  found: readonly FoundRemote[],
  from: string,
): Promise<readonly UsableRemote[] | undefined> {
  const rows = found.map(
    (remote): MultiSelectRow<readonly UsableRemote[]> =>
      remote.usable
        ? { label: remote.name, description: describe(remote), value: [remote] }
        : { label: remote.name, description: remote.type, disabledReason: remote.because, value: [] },
  );
  const chosen = await multiSelect(
    `Import remotes from ${from}`,
    'Which ones? Their secrets go to secret storage.',
    rows,
    'Can’t be imported',
  );
  return chosen?.flat();
}

function describe({ backend, settings, leftOut, token }: UsableRemote): string {
  const missed = leftOut.length;
  return [
    backend.describe(settings),
    typeof settings['root'] === 'string' ? settings['root'] : '',
    token === undefined ? '' : 'with its sign-in',
    missed === 0 ? '' : `without ${leftOut.map(({ name }) => name).join(', ')}`,
  ]
    .filter(Boolean)
    .join(' · ');
}

interface Decided {
  readonly found: UsableRemote;
  /** The remotes to save. */
  readonly settings: RemoteSettings;
  readonly replaces?: RemoteSettings;
}

/** Asks for missing settings of each remote. Undefined when the user cancels; nothing is stored then. */
async function decide(chosen: readonly UsableRemote[]): Promise<readonly Decided[] | undefined> {
  const decided: Decided[] = [];
  for (const found of chosen) {
    const taken = new Set(decided.map(({ settings }) => foldName(settings.name)));
    const problem = (name: string) =>
      newNameProblem(name) ??
      (taken.has(foldName(name)) ? `Another one that is imported is named "${name}".` : undefined);
    let settings = found.settings;
    let replaces: RemoteSettings | undefined;
    const why = problem(settings.name);
    if (why !== undefined) {
      const before = readRemoteSettings().find(
        (remote) => typeof remote?.name === 'string' && foldName(remote.name) === foldName(settings.name),
      );
      const canReplace = before !== undefined && !taken.has(foldName(settings.name));
      const clash = await askNameConflict(
        `Import ${settings.name}`,
        why,
        freeName(settings.name, problem),
        problem,
        canReplace,
      );
      if (clash === undefined) return undefined;
      if (clash === 'skip') continue;
      if (clash === 'replace' && before) {
        replaces = before;
        settings = { ...preservedSettings(before, found), name: before.name };
      } else if (clash !== 'replace') settings = { ...settings, name: clash.name };
    }
    for (const step of found.asks) {
      if (settings[step.field] !== undefined) continue;
      const answer = await askStep(step, {
        title: `Import ${settings.name}`,
        initial: step.initial,
        canGoBack: false,
      });
      if (answer === undefined || answer === 'back') return undefined;
      if (answer.text.trim() !== '') settings = { ...settings, [step.field]: answer.text.trim() };
    }
    decided.push({ found, settings, ...(replaces && { replaces }) });
  }
  return decided;
}

/** Returns a valid, unused name. Replaces only characters that rclone allows and names here do not. */
function freeName(name: string, problem: (name: string) => string | undefined): string {
  const formed = name.replace(/[^\p{L}\p{N}_.+@ -]+/gu, '-').replace(/^[- ]+| +$/g, '') || 'remote';
  for (let i = 2; ; i++) {
    const free = freeRemoteName(i === 2 ? formed : `${formed}-${i}`);
    if (problem(free) === undefined) return free;
  }
}

async function importAll(shell: CommandContext, decided: readonly Decided[]): Promise<readonly string[]> {
  const told: string[] = [];
  const saved: SavedRemote[] = [];
  for (const { found, settings, replaces } of decided) {
    const account = await adoptSignIn(shell, found, settings, told);
    const { backend, secrets } = found;
    saved.push({ backend, settings: { ...settings, ...account }, secrets, replaces: replaces?.name });
  }
  await saveRemotes(shell, saved);
  for (const { found, settings, replaces } of decided) {
    const former = shell.app.backends.find(({ id }) => id === replaces?.backend);
    if (former && former !== found.backend) await shell.secrets.remove(settings.name, former.secretFields);
  }
  const names = decided.map(({ settings }) => settings.name);
  const leftOut = decided.map(({ found, settings }) => ({ name: settings.name, leftOut: found.leftOut }));
  shell.output.info(`[import] ${names.length} remotes from rclone.conf: ${names.join(', ')}`);
  for (const line of [...leftOutLines(leftOut), ...told]) shell.output.info(`[import] ${line}`);
  const sentences = [
    names.length === 1 ? `The remote ${names[0]} was imported.` : `${names.length} remotes were imported.`,
    leftOutSentence(leftOut),
    ...told,
  ].filter(Boolean);
  tell(shell, sentences.join(' '), sentences.length > 1);
  return names;
}

/** Adopts the sign-in of a section. Resolves to the setting that names its account. Reports an error, and the remote is imported without it. */
async function adoptSignIn(
  shell: CommandContext,
  { backend, secrets, token }: UsableRemote,
  settings: RemoteSettings,
  told: string[],
): Promise<Readonly<Record<string, string>>> {
  const requirement = backend.signIn;
  if (token === undefined || !requirement) return {};
  const blob = parseTokenBlob(token);
  const without = `Nobody is signed in for ${settings.name} yet`;
  if (!blob) {
    told.push(`${without}: its token is not as rclone writes it.`);
    return {};
  }
  try {
    const account = await window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: `Taking over the sign-in of ${settings.name}`,
      },
      () =>
        shell.signIns.adopt(
          requirement,
          settings,
          blob,
          secrets[requirement.clientSecretField],
          AbortSignal.timeout(patienceMs),
        ),
    );
    return { [requirement.accountField]: account.isNameless ? account.id : account.label };
  } catch (error) {
    const why = error instanceof RemoteError ? error.message : 'the service did not answer.';
    told.push(`${without}: ${why}`);
    return {};
  }
}

/** Reports the result, with a button for the log when it has more. */
export function tell(shell: CommandContext, text: string, hasMore: boolean): void {
  if (!hasMore) {
    void window.showInformationMessage(text);
    return;
  }
  void window.showWarningMessage(text, 'Show Log').then((chosen) => {
    if (chosen !== undefined) shell.output.show();
  });
}
