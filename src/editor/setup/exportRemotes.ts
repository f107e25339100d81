import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Backend, RcloneSecrets, RemoteSettings } from '../../backends/backend';
import { changeConfigFile, rcloneConfigPaths, readConfigFile } from '../../rcloneConfig/configFile';
import {
  leftOutLines,
  leftOutSentence,
  type WrittenRemote,
  writeRemote,
} from '../../rcloneConfig/exportRemotes';
import { mergeSections, parseRcloneFile, sectionNameProblem } from '../../rcloneConfig/rcloneFile';
import { remoteNameProblem } from '../../remote/remoteAddress';
import { printTokenBlob } from '../../signIn/tokenBlob';
import type { CommandContext } from '../tree/commandContext';
import { showFailure } from '../window/errorMessages';
import { askNameConflict, type MultiSelectRow, multiSelect } from '../window/quickPicks';
import * as window from '../window/window';
import { tell } from './importRemotes';

interface Exportable {
  readonly settings: RemoteSettings;
  readonly backend: Backend;
}

interface Named extends Exportable {
  /** The section's name. */
  readonly name: string;
}

const title = 'Export remotes to rclone.conf';

/** Writes remotes to a new or existing configuration of rclone. */
export async function exportRcloneConfig(shell: CommandContext): Promise<void> {
  try {
    const remotes = await chooseRemotes(shell);
    if (!remotes || remotes.length === 0) return;
    const withSecrets = await askSecrets();
    if (withSecrets === undefined) return;
    const file = await chooseFile();
    if (file === undefined) return;
    const named = await nameSections(remotes, file);
    if (!named || named.length === 0) return;
    const written: WrittenRemote[] = [];
    for (const { settings, backend, name } of named) {
      const secrets = withSecrets ? await secretsOf(shell, { settings, backend }) : undefined;
      written.push(writeRemote(backend, settings, secrets, name));
    }
    const sections = written.map(({ section }) => section);
    await changeConfigFile(file, (text) => mergeSections(text, sections));
    tellDone(shell, file, written);
  } catch (error) {
    showFailure(error, { what: 'No remotes were exported' }, shell.output);
  }
}

async function chooseRemotes(shell: CommandContext): Promise<readonly Exportable[] | undefined> {
  const remotes = shell.app.remotes();
  if (remotes.length === 0) {
    void window.showInformationMessage('There is no remote yet.');
    return undefined;
  }
  const rows = remotes.map(({ settings, backend, problems }): MultiSelectRow<readonly Exportable[]> => {
    const label = settings.name;
    const description = backend?.describe(settings) ?? settings.backend;
    if (!backend || problems.length > 0)
      return { label, description, disabledReason: problems.join(' '), value: [] };
    if (!backend.rclone)
      return { label, description, disabledReason: 'rclone has no storage of this kind.', value: [] };
    return { label, description, value: [{ settings, backend }] };
  });
  const chosen = await multiSelect<readonly Exportable[]>(title, 'Which ones?', rows, 'Can’t be exported');
  return chosen?.flat();
}

async function askSecrets(): Promise<boolean | undefined> {
  const chosen = await window.showQuickPick(
    [
      {
        label: 'Without Secrets',
        detail:
          'Access keys come from the environment then (env_auth = true) or from the AWS profile; sign in again in rclone.',
        secrets: false,
      },
      {
        label: 'With Secrets',
        detail:
          'They stand readable in the file: whoever can read it, can use the storage. Only you may read it at first.',
        secrets: true,
      },
    ],
    { title, placeHolder: 'Shall keys, client secrets and sign-ins go along?', ignoreFocusOut: true },
  );
  return chosen?.secrets;
}

async function chooseFile(): Promise<string | undefined> {
  const home = homedir();
  const places = rcloneConfigPaths(process.env, home, process.platform).filter((place) => existsSync(place));
  const fresh = freeFile(path.join(home, 'cloud-remotes-rclone'), '.conf');
  const other = 'Another File…';
  const chosen = await window.showQuickPick(
    [
      { label: fresh, description: 'a new file' },
      ...places.map((label) => ({ label, description: 'rclone’s own; what else is in it stays' })),
      { label: other, description: '' },
    ],
    { title, placeHolder: 'Into which file?', ignoreFocusOut: true },
  );
  if (chosen?.label !== other) return chosen?.label;
  const typed = await window.showInputBox({
    title,
    prompt: 'The file. What else is in it stays as it is.',
    value: fresh,
    validateInput: (text) =>
      path.isAbsolute(fullPath(text, home)) ? undefined : 'Enter a full path, or one that begins with ~/.',
  });
  return typed === undefined ? undefined : fullPath(typed, home);
}

function fullPath(typed: string, home: string): string {
  return typed.trim().replace(/^~(?=$|[/\\])/, () => home);
}

function freeFile(stem: string, extension: string): string {
  if (!existsSync(`${stem}${extension}`)) return `${stem}${extension}`;
  for (let i = 2; ; i++) if (!existsSync(`${stem}-${i}${extension}`)) return `${stem}-${i}${extension}`;
}

/** Asks about names that the file already has. Undefined when the user cancels. */
async function nameSections(
  remotes: readonly Exportable[],
  file: string,
): Promise<readonly Named[] | undefined> {
  const there = [...parseRcloneFile((await readConfigFile(file)) ?? '').keys()];
  const named: Named[] = [];
  for (const remote of remotes) {
    const own = remote.settings.name;
    const others = [...there, ...named.map(({ name }) => name)];
    const mixed = (name: string) => sectionNameProblem(name, others);
    const problem = (name: string) =>
      remoteNameProblem(name) ??
      mixed(name) ??
      (others.includes(name) ? `The file has a section "${name}" already.` : undefined);
    const why = problem(own);
    if (why === undefined) {
      named.push({ ...remote, name: own });
      continue;
    }
    const clash = await askNameConflict(
      `Export ${own}`,
      why,
      freeSection(own, problem),
      problem,
      mixed(own) === undefined,
    );
    if (clash === undefined) return undefined;
    if (clash === 'skip') continue;
    named.push({ ...remote, name: clash === 'replace' ? own : clash.name });
  }
  return named;
}

function freeSection(own: string, problem: (name: string) => string | undefined): string {
  const stem = own.replaceAll('.', '-');
  for (let i = 2; ; i++) if (problem(`${stem}-${i}`) === undefined) return `${stem}-${i}`;
}

async function secretsOf(shell: CommandContext, { settings, backend }: Exportable): Promise<RcloneSecrets> {
  const values = await shell.secrets.getAll(settings.name, backend.secretFields);
  const token = backend.signIn && (await shell.signIns.storedToken(backend.signIn, settings));
  return { values, ...(token && { token: printTokenBlob(token) }) };
}

function tellDone(shell: CommandContext, file: string, written: readonly WrittenRemote[]): void {
  const leftOut = written.map(({ section, leftOut: missed }) => ({ name: section.name, leftOut: missed }));
  const names = leftOut.map(({ name }) => name);
  shell.output.info(`[export] ${names.join(', ')} to ${file}`);
  for (const line of leftOutLines(leftOut)) shell.output.info(`[export] ${line}`);
  const done =
    names.length === 1
      ? `The remote ${names[0]} was exported to ${file}.`
      : `${names.length} remotes were exported to ${file}.`;
  const missed = leftOutSentence(leftOut);
  tell(shell, [done, missed].filter(Boolean).join(' '), missed !== '');
}
