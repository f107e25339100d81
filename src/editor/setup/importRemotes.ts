import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import * as vscode from 'vscode';
import type { RemoteSettings, WizardStep } from '../../backends/backend';
import { rcloneConfigPaths } from '../../rcloneConfig/configFile';
import { leftOutLines, leftOutSentence } from '../../rcloneConfig/exportRemotes';
import {
  type FoundRemote,
  findRemotes,
  preservedSettings,
  type UsableRemote,
} from '../../rcloneConfig/importRemotes';
import { parseRcloneFile } from '../../rcloneConfig/rcloneFile';
import { RemoteError } from '../../remote/remoteError';
import { readTextFile } from '../../remote/textFile';
import { parseTokenBlob } from '../../signIn/tokenBlob';
import { foldName } from '../platform/remoteUri';
import type { CommandContext } from '../tree/commandContext';
import { showFailure } from '../window/errorMessages';
import { askNameConflict, type MultiSelectRow, multiSelect } from '../window/quickPicks';
import * as window from '../window/window';
import { firstFree, newNameProblem, remoteNamed, type SavedRemote, saveRemotes } from './savedRemotes';
import { askStep } from './wizardInput';

/** Milliseconds that a service may take to name the account of a token. */
const accountTimeoutMs = 60_000;

/** Imports remotes from a configuration of rclone: `file`, or one that the user chooses. Resolves to their names. */
export async function importRcloneConfig(context: CommandContext, file?: string): Promise<readonly string[]> {
  let what = 'No remotes were imported';
  try {
    const from = file ?? (await chooseFile());
    if (from === undefined) return [];
    const text = await readTextFile(from);
    if (text === undefined) throw new RemoteError('notFound', `There is no file ${from}.`);
    const found = findRemotes(parseRcloneFile(text), context.app.backends);
    if (found.length === 0) {
      void window.showInformationMessage(`${from} has no remotes.`);
      return [];
    }
    const chosen = await chooseRemotes(found, from);
    const resolved = chosen && (await resolveAll(chosen));
    if (!resolved || resolved.length === 0) return [];
    what = 'Not all remotes were imported';
    return await importAll(context, resolved);
  } catch (error) {
    showFailure(error, { what }, context.output);
    return [];
  }
}

/** The configuration files of rclone on this machine. */
export function existingConfigFiles(): readonly string[] {
  return rcloneConfigPaths(process.env, homedir(), process.platform).filter((file) => existsSync(file));
}

async function chooseFile(): Promise<string | undefined> {
  const title = 'Import remotes from rclone.conf';
  const other = 'Choose File…';
  const rows = [
    ...existingConfigFiles().map((label) => ({ label, description: 'rclone’s configuration' })),
    { label: other, description: '' },
  ];
  const chosen = await window.showQuickPick(rows, {
    title,
    placeHolder: 'Which file?',
    ignoreFocusOut: true,
  });
  if (chosen?.label !== other) return chosen?.label;
  const defaultUri = vscode.Uri.file(homedir());
  return (await window.showOpenDialog({ title, openLabel: 'Import', defaultUri }))?.[0]?.fsPath;
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
  const placeholder = 'Select the remotes to import. Their secrets go to secret storage.';
  return (await multiSelect(`Import remotes from ${from}`, placeholder, rows, 'Can’t be imported'))?.flat();
}

function describe({ backend, settings, leftOut, token }: UsableRemote): string {
  return [
    backend.describe(settings),
    typeof settings['root'] === 'string' ? settings['root'] : '',
    token === undefined ? '' : 'with its sign-in',
    leftOut.length === 0 ? '' : `without ${leftOut.map(({ name }) => name).join(', ')}`,
  ]
    .filter(Boolean)
    .join(' · ');
}

/** A remote to save under its final name. */
interface Resolved {
  readonly found: UsableRemote;
  readonly settings: RemoteSettings;
  readonly replaces?: RemoteSettings;
}

/** Asks about used names and missing settings. Undefined when the user cancels; nothing is stored then. */
async function resolveAll(chosen: readonly UsableRemote[]): Promise<readonly Resolved[] | undefined> {
  const resolved: Resolved[] = [];
  for (const found of chosen) {
    const named = await resolveName(found, new Set(resolved.map(({ settings }) => foldName(settings.name))));
    if (named === 'skip') continue;
    const settings = named && (await askMissing(found.asks, named.settings));
    if (!settings) return undefined;
    resolved.push({ ...named, settings });
  }
  return resolved;
}

/** Asks what to do when the remote's name is used or is in `taken`. Undefined when the user cancels. */
async function resolveName(
  found: UsableRemote,
  taken: ReadonlySet<string>,
): Promise<Resolved | 'skip' | undefined> {
  const { settings } = found;
  const { name } = settings;
  const problem = (text: string) =>
    newNameProblem(text) ??
    (taken.has(foldName(text)) ? `Another imported remote is named "${text}".` : undefined);
  const reason = problem(name);
  if (reason === undefined) return { found, settings };
  const before = taken.has(foldName(name)) ? undefined : remoteNamed(name);
  // rclone allows more characters in a name.
  const valid = name.replace(/[^\p{L}\p{N}_.+@ -]+/gu, '-').replace(/^[- ]+| +$/g, '') || 'remote';
  const suggestion = firstFree(valid, (text) => problem(text) === undefined);
  const choice = await askNameConflict(`Import ${name}`, reason, suggestion, problem, before !== undefined);
  if (choice === undefined || choice === 'skip') return choice;
  if (choice !== 'replace') return { found, settings: { ...settings, name: choice.name } };
  if (!before) return undefined;
  return {
    found,
    settings: { ...preservedSettings(before, found), name: before.name },
    replaces: before,
  };
}

/** Asks for the settings that the file lacks. Undefined when the user cancels. */
async function askMissing(
  steps: readonly WizardStep[],
  settings: RemoteSettings,
): Promise<RemoteSettings | undefined> {
  const answers: Record<string, string> = {};
  for (const step of steps) {
    if (settings[step.field] !== undefined) continue;
    const options = { title: `Import ${settings.name}`, initial: step.initial, canGoBack: false };
    const answer = await askStep(step, options);
    if (answer === undefined || answer === 'back') return undefined;
    const text = answer.text.trim();
    if (text !== '') answers[step.field] = text;
  }
  return { ...settings, ...answers };
}

async function importAll(context: CommandContext, resolved: readonly Resolved[]): Promise<readonly string[]> {
  const signInProblems: string[] = [];
  const saved: SavedRemote[] = [];
  for (const { found, settings, replaces } of resolved) {
    const account = await adoptSignIn(context, found, settings, signInProblems);
    const { backend, secrets } = found;
    saved.push({ backend, settings: { ...settings, ...account }, secrets, replaces: replaces?.name });
  }
  await saveRemotes(context, saved);
  for (const { found, settings, replaces } of resolved) {
    const former = context.app.backends.find(({ id }) => id === replaces?.backend);
    if (former && former !== found.backend) await context.secrets.remove(settings.name, former.secretFields);
  }
  const names = resolved.map(({ settings }) => settings.name);
  const omitted = resolved.map(({ found, settings }) => ({ name: settings.name, leftOut: found.leftOut }));
  context.output.info(`[import] ${names.length} remotes from rclone.conf: ${names.join(', ')}`);
  for (const line of [...leftOutLines(omitted), ...signInProblems]) context.output.info(`[import] ${line}`);
  const done =
    names.length === 1 ? `The remote ${names[0]} was imported.` : `${names.length} remotes were imported.`;
  showResult(context, [done, leftOutSentence(omitted), ...signInProblems]);
  return names;
}

/**
 * Adopts the sign-in of a section. Resolves to the setting that names its account. After an error the remote is imported without the
 * sign-in, and `problems` gets a sentence.
 */
async function adoptSignIn(
  context: CommandContext,
  { backend, secrets, token }: UsableRemote,
  settings: RemoteSettings,
  problems: string[],
): Promise<Readonly<Record<string, string>>> {
  const requirement = backend.signIn;
  if (token === undefined || !requirement) return {};
  const failed = (reason: string) => {
    problems.push(`The sign-in of ${settings.name} was not imported: ${reason}`);
    return {};
  };
  const blob = parseTokenBlob(token);
  if (!blob) return failed('its token does not have the format of rclone.');
  const clientSecret = secrets[requirement.clientSecretField];
  const progress = {
    location: vscode.ProgressLocation.Notification,
    title: `Importing the sign-in of ${settings.name}`,
  };
  try {
    const account = await window.withProgress(progress, () => {
      const signal = AbortSignal.timeout(accountTimeoutMs);
      return context.signIns.adopt(requirement, settings, blob, clientSecret, signal);
    });
    return { [requirement.accountField]: account.isNameless ? account.id : account.label };
  } catch (error) {
    return failed(error instanceof RemoteError ? error.message : 'the service did not respond.');
  }
}

/** Shows the sentences that are not empty; when there are several, as a warning with a button for the log. */
export function showResult(context: CommandContext, sentences: readonly string[]): void {
  const shown = sentences.filter(Boolean);
  const text = shown.join(' ');
  if (shown.length === 1) void window.showInformationMessage(text);
  else
    void window.showWarningMessage(text, 'Show Log').then((chosen) => {
      if (chosen !== undefined) context.output.show();
    });
}
