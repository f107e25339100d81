import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Backend, RcloneSecrets, RemoteSettings } from '../../backends/backend';
import { changeConfigFile } from '../../rcloneConfig/configFile';
import {
  leftOutLines,
  leftOutSentence,
  type WrittenRemote,
  writeRemote,
} from '../../rcloneConfig/exportRemotes';
import { mergeSections, parseRcloneFile, sectionNameProblem } from '../../rcloneConfig/rcloneFile';
import { remoteNameProblem } from '../../remote/remoteAddress';
import { readTextFile } from '../../remote/textFile';
import { printTokenBlob } from '../../signIn/tokenBlob';
import type { CommandContext } from '../tree/commandContext';
import { showFailure } from '../window/errorMessages';
import { askNameConflict, type MultiSelectRow, multiSelect } from '../window/quickPicks';
import * as window from '../window/window';
import { existingConfigFiles, showResult } from './importRemotes';
import { firstFree } from './savedRemotes';

interface Exportable {
  readonly settings: RemoteSettings;
  readonly backend: Backend;
}

interface NamedSection extends Exportable {
  /** The section's name. */
  readonly name: string;
}

const title = 'Export remotes to rclone.conf';

/** Writes remotes to a new or existing configuration of rclone. */
export async function exportRcloneConfig(context: CommandContext): Promise<void> {
  try {
    const remotes = await chooseRemotes(context);
    if (!remotes || remotes.length === 0) return;
    const withSecrets = await askSecrets();
    if (withSecrets === undefined) return;
    const file = await chooseFile();
    if (file === undefined) return;
    const named = await nameSections(remotes, file);
    if (!named || named.length === 0) return;
    const written: WrittenRemote[] = [];
    for (const { settings, backend, name } of named) {
      const secrets = withSecrets ? await secretsOf(context, settings, backend) : undefined;
      written.push(writeRemote(backend, settings, secrets, name));
    }
    const sections = written.map(({ section }) => section);
    await changeConfigFile(file, (text) => mergeSections(text, sections));
    reportExported(context, file, written);
  } catch (error) {
    showFailure(error, { what: 'No remotes were exported' }, context.output);
  }
}

async function chooseRemotes(context: CommandContext): Promise<readonly Exportable[] | undefined> {
  const remotes = context.app.remotes();
  if (remotes.length === 0) {
    void window.showInformationMessage('There is no remote yet.');
    return undefined;
  }
  const rows = remotes.map(({ settings, backend, problems }): MultiSelectRow<readonly Exportable[]> => {
    const row = { label: settings.name, description: backend?.describe(settings) ?? settings.backend };
    if (!backend || problems.length > 0) return { ...row, disabledReason: problems.join(' '), value: [] };
    return backend.rclone
      ? { ...row, value: [{ settings, backend }] }
      : { ...row, disabledReason: 'rclone does not support this storage.', value: [] };
  });
  return (await multiSelect(title, 'Select the remotes to export', rows, 'Can’t be exported'))?.flat();
}

async function askSecrets(): Promise<boolean | undefined> {
  const rows = [
    {
      label: 'Without Secrets',
      detail: 'Keys come from the environment (env_auth = true) or the AWS profile; sign in again in rclone.',
      secrets: false,
    },
    {
      label: 'With Secrets',
      detail:
        'Stored as readable text. Only you can read a new file, but anyone with a copy can use the storage.',
      secrets: true,
    },
  ];
  const placeHolder = 'Include keys, client secrets and sign-ins?';
  return (await window.showQuickPick(rows, { title, placeHolder, ignoreFocusOut: true }))?.secrets;
}

async function chooseFile(): Promise<string | undefined> {
  const home = homedir();
  const stem = path.join(home, 'cloud-remotes-rclone');
  const fresh = `${firstFree(stem, (name) => !existsSync(`${name}.conf`))}.conf`;
  const other = 'Another File…';
  const rows = [
    { label: fresh, description: 'a new file' },
    ...existingConfigFiles().map((label) => ({
      label,
      description: 'rclone’s own; keeps its other content',
    })),
    { label: other, description: '' },
  ];
  const placeHolder = 'Export to which file?';
  const chosen = await window.showQuickPick(rows, { title, placeHolder, ignoreFocusOut: true });
  if (chosen?.label !== other) return chosen?.label;
  const fullPath = (typed: string) => typed.trim().replace(/^~(?=$|[/\\])/, () => home);
  const typed = await window.showInputBox({
    title,
    prompt: 'The path of the file. An existing file keeps its other content.',
    value: fresh,
    validateInput: (text) =>
      path.isAbsolute(fullPath(text)) ? undefined : 'Enter an absolute path, or one that begins with ~/.',
  });
  return typed === undefined ? undefined : fullPath(typed);
}

/** Asks about names that the file already has. Undefined when the user cancels. */
async function nameSections(
  remotes: readonly Exportable[],
  file: string,
): Promise<readonly NamedSection[] | undefined> {
  const existing = [...parseRcloneFile((await readTextFile(file)) ?? '').keys()];
  const named: NamedSection[] = [];
  for (const remote of remotes) {
    const own = remote.settings.name;
    const others = [...existing, ...named.map(({ name }) => name)];
    const problem = (name: string) =>
      remoteNameProblem(name) ??
      sectionNameProblem(name, others) ??
      (others.includes(name) ? `The file has a section "${name}" already.` : undefined);
    const reason = problem(own);
    if (reason === undefined) {
      named.push({ ...remote, name: own });
      continue;
    }
    const suggestion = firstFree(own.replaceAll('.', '-'), (name) => problem(name) === undefined);
    const canReplace = sectionNameProblem(own, others) === undefined;
    const choice = await askNameConflict(`Export ${own}`, reason, suggestion, problem, canReplace);
    if (choice === undefined) return undefined;
    if (choice !== 'skip') named.push({ ...remote, name: choice === 'replace' ? own : choice.name });
  }
  return named;
}

async function secretsOf(
  context: CommandContext,
  settings: RemoteSettings,
  backend: Backend,
): Promise<RcloneSecrets> {
  const values = await context.secrets.getAll(settings.name, backend.secretFields);
  const token = backend.signIn && (await context.signIns.storedToken(backend.signIn, settings));
  return { values, ...(token && { token: printTokenBlob(token) }) };
}

function reportExported(context: CommandContext, file: string, written: readonly WrittenRemote[]): void {
  const omitted = written.map(({ section, leftOut }) => ({ name: section.name, leftOut }));
  const names = omitted.map(({ name }) => name);
  for (const line of [`${names.join(', ')} to ${file}`, ...leftOutLines(omitted)])
    context.output.info(`[export] ${line}`);
  const done =
    names.length === 1
      ? `The remote ${names[0]} was exported to ${file}.`
      : `${names.length} remotes were exported to ${file}.`;
  showResult(context, [done, leftOutSentence(omitted)]);
}
