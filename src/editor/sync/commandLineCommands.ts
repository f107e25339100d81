import * as vscode from 'vscode';
import type { SyncRequest } from '../../app';
import {
  isUndecided,
  type KnownRemote,
  type ReadCommand,
  type ReadingContext,
  type UndecidedPlace,
  type WrittenLine,
} from '../../commandLine/commandLine';
import { contextOnDisk, thisShell } from '../../commandLine/contextOnDisk';
import { isProblem } from '../../commandLine/lineProblem';
import { looksLikeCommandLine, readCommandLine } from '../../commandLine/readCommandLine';
import { knownRemote } from '../../commandLine/resolvePlace';
import { withoutPrompt } from '../../commandLine/shell/shellKinds';
import { onOneLine } from '../../commandLine/shell/shellWords';
import { summaryOf, summaryRows } from '../../commandLine/summary';
import { writeCommandLines } from '../../commandLine/writeCommandLine';
import { formatPlace } from '../platform/places';
import { readSyncRequest } from '../preview/syncRequests';
import * as window from '../window/window';
import { askCommandLine } from './commandLineInput';
import { commandRow, openPreview, type SyncContext } from './openPreview';
import { askWorkspaceFolder } from './pickSyncPlaces';

type Context = Pick<SyncContext, 'app' | 'output' | 'preview' | 'lastPlanned'>;

/** The commands that turn lines of `aws` and rclone into previews, and previews into lines. */
export function commandLineCommands(context: Context): readonly window.CommandRow[] {
  return [
    commandRow(context, 'syncFromCommandLine', 'Nothing was copied', ([text]) =>
      syncFromCommandLine(context, text),
    ),
    commandRow(context, 'copyAsCommand', 'No command was copied', async ([given]) => {
      const request = readSyncRequest(given) ?? context.lastPlanned();
      if (request) return copyAsCommand(context, request);
      const text = 'Preview a copy or sync first. This command copies the latest preview as a command line.';
      return window.showInformationMessage(text);
    }),
  ];
}

/** Asks for a line, shows how it is read, and opens its preview. Starts with `given`, or with a line in the clipboard. */
async function syncFromCommandLine(context: Context, given: unknown): Promise<void> {
  const remotes = knownRemotes(context);
  const folders = localFolders();
  const copied = typeof given === 'string' ? given : await vscode.env.clipboard.readText();
  // The shell must be detected before the lines are joined.
  const { shell } = withoutPrompt(copied, thisShell);
  const first = contextOnDisk(remotes, folders[0], looksLikeCommandLine(copied) ? shell : thisShell);
  const start = typeof given === 'string' || looksLikeCommandLine(copied) ? onOneLine(copied) : '';
  const text = await askCommandLine(start, (typed) => {
    const command = readCommandLine(onOneLine(typed), first);
    return isProblem(command) ? command : { summary: summaryOf(command, formatPlace) };
  });
  if (text === undefined) return;
  const line = onOneLine(text);
  const reading = folders.length > 1 && isRelative(line, first) ? await askFolder(first) : first;
  if (!reading) return;
  const command = readCommandLine(line, reading);
  if (isProblem(command)) {
    void window.showErrorMessage(command.problem);
    return;
  }
  const places = await resolvePlaces(command);
  if (!places || !(await showVerdicts(command, places))) return;
  await openPreview(context, { ...places, options: command.options });
}

/** Asks for the tool, names the options that its line cannot express, and copies the line. */
export async function copyAsCommand(
  context: Pick<SyncContext, 'app'>,
  request: SyncRequest,
): Promise<unknown> {
  const rows = writeCommandLines(request, knownRemotes(context)).map((written) => ({
    ...rowOfLine(written),
    written,
  }));
  const row = await window.showQuickPick(rows, {
    title: `Copy as Command: ${formatPlace(request.source)} → ${formatPlace(request.target)}`,
    placeHolder: 'Copy as a command for which tool?',
  });
  if (!row) return;
  const { line, tool, missing, notes } = row.written;
  if (line === undefined)
    return window.showWarningMessage([`${tool} has no command for this.`, ...missing].join(' '));
  await vscode.env.clipboard.writeText(line);
  const text = [`Copied the command for ${tool}.`, ...missing, ...notes].join(' ');
  return missing.length > 0 ? window.showWarningMessage(text) : window.showInformationMessage(text);
}

function rowOfLine({ tool, line, missing }: WrittenLine): window.Row {
  if (line === undefined)
    return { icon: 'circle-slash', label: tool, description: 'no command', detail: missing.join(' ') };
  return missing.length === 0
    ? { icon: 'terminal', label: tool, description: 'complete', detail: line }
    : { icon: 'warning', label: tool, description: `incomplete: ${missing.join(' ')}`, detail: line };
}

function knownRemotes({ app }: Pick<SyncContext, 'app'>): readonly KnownRemote[] {
  return app
    .remotes()
    .filter(({ backend }) => backend !== undefined)
    .map(({ settings }) => knownRemote(settings));
}

function localFolders(): readonly string[] {
  return (vscode.workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === 'file')
    .map(({ uri }) => uri.fsPath);
}

/** Whether the line has a relative path. */
function isRelative(line: string, context: ReadingContext): boolean {
  const { folder: _, ...nowhere } = context;
  return isProblem(readCommandLine(line, nowhere)) && !isProblem(readCommandLine(line, context));
}

async function askFolder(context: ReadingContext): Promise<ReadingContext | undefined> {
  const folder = await askWorkspaceFolder('Run the command in which folder?');
  return folder && { ...context, folder: folder.uri.fsPath };
}

type Places = Pick<SyncRequest, 'source' | 'target'>;

/** Asks for the remotes that the line leaves open: once for both sides of a line of `aws`, which has one profile. */
async function resolvePlaces({ source, target, tool }: ReadCommand): Promise<Places | undefined> {
  const from = isUndecided(source) ? await askRemoteFor(source) : '';
  if (from === undefined) return undefined;
  const isSameRemote =
    isUndecided(source) &&
    isUndecided(target) &&
    tool === 'aws' &&
    target.candidates.join() === source.candidates.join();
  const to = isUndecided(target) && !isSameRemote ? await askRemoteFor(target) : from;
  if (to === undefined) return undefined;
  return {
    source: isUndecided(source) ? source.placeOn(from) : source.place,
    target: isUndecided(target) ? target.placeOn(to) : target.place,
  };
}

async function askRemoteFor(place: UndecidedPlace): Promise<string | undefined> {
  const rows = [
    ...place.candidates.map((name) => ({
      icon: 'cloud',
      label: name,
      description: formatPlace(place.placeOn(name)),
      name,
    })),
    { icon: 'add', label: 'Add Remote…', name: undefined },
  ];
  const row = await window.showQuickPick(rows, {
    title: `On which remote is ${place.text}?`,
    placeHolder: place.because,
    ignoreFocusOut: true,
  });
  if (row && row.name === undefined) await vscode.commands.executeCommand('cloudRemotes.addRemote');
  return row?.name;
}

interface VerdictItem extends window.Row {
  readonly continues?: true;
}

/** Lists every flag with its verdict. Resolves to true when the user continues without the refused flags. */
async function showVerdicts(command: ReadCommand, { source, target }: Places): Promise<boolean> {
  const refused = command.flags.filter(({ verdict }) => verdict === 'refused').map(({ flag }) => flag);
  const isComplete = refused.length === 0;
  const pick = new window.QuickPick<VerdictItem>({ matchOnDetail: true });
  pick.title = `Check Command: ${command.tool === 'aws' ? 'aws s3' : 'rclone'} ${command.verb}`;
  pick.placeholder = isComplete
    ? 'Nothing is written before you apply the preview'
    : 'Some of the flags are not supported';
  pick.items = [
    {
      ...(isComplete
        ? { icon: 'go-to-file', label: 'Open Preview' }
        : { icon: 'warning', label: `Continue Without ${[...new Set(refused)].join(', ')}` }),
      description: `${formatPlace(source)} → ${formatPlace(target)}`,
      ...(!isComplete && { detail: command.withheld ?? 'The result differs from that of the command.' }),
      continues: true,
    },
    ...summaryRows(command).flatMap(({ title, rows }): VerdictItem[] => [
      { label: title, kind: vscode.QuickPickItemKind.Separator },
      ...rows.map(({ icon, text, says }) => ({ icon, label: text, detail: says })),
    ]),
  ];
  // The other rows have no action.
  return (await pick.ask(() => pick.selectedItems[0]?.continues)) ?? false;
}
