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
import type { Place } from '../../plan/model/plan';
import { formatPlace } from '../platform/places';
import { readSyncRequest } from '../preview/syncRequests';
import { showFailure } from '../window/errorMessages';
import type { CommandRow } from '../window/window';
import * as window from '../window/window';
import { askCommandLine } from './commandLineInput';
import { openPreview, type SyncParts } from './openPreview';
import { askWorkspaceFolder } from './pickSyncPlaces';

type Parts = Pick<SyncParts, 'app' | 'output' | 'preview' | 'lastPlanned'>;

/** The commands that turn lines of `aws` and rclone into previews, and previews into lines. */
export function commandLineCommands(parts: Parts): readonly CommandRow[] {
  const row = (
    id: string,
    what: string,
    run: (args: readonly unknown[]) => Promise<unknown>,
  ): CommandRow => ({
    id: `cloudRemotes.${id}`,
    run: async (...args) => {
      try {
        await run(args);
      } catch (error) {
        showFailure(error, { what }, parts.output);
      }
    },
  });
  return [
    row('syncFromCommandLine', 'Nothing was copied', ([text]) => syncFromCommandLine(parts, text)),
    row('copyAsCommand', 'No command was copied', ([given]) => {
      const request = readSyncRequest(given) ?? parts.lastPlanned();
      if (request) return copyAsCommand(parts, request);
      const text =
        'Open the preview of a copy or sync first. This command then copies it as a line for the terminal.';
      return Promise.resolve(window.showInformationMessage(text));
    }),
  ];
}

/**
 * Asks for a line, shows how it is understood, and opens its preview. Starts with `given`, or with the clipboard when that looks
 * like a line.
 */
async function syncFromCommandLine(parts: Parts, given: unknown): Promise<void> {
  const remotes = knownRemotes(parts);
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
  const context = folders.length > 1 && isRelative(line, first) ? await askFolder(first) : first;
  if (!context) return;
  const command = readCommandLine(line, context);
  if (isProblem(command)) {
    void window.showErrorMessage(command.problem);
    return;
  }
  const places = await decidePlaces(command);
  if (!places || !(await showUnderstood(command, places))) return;
  await openPreview(parts, { ...places, options: command.options });
}

/** Asks for the tool, names the options that its line cannot express, and copies the line. */
export async function copyAsCommand(parts: Pick<SyncParts, 'app'>, request: SyncRequest): Promise<void> {
  const lines = writeCommandLines(request, knownRemotes(parts));
  const rows = lines.map((written) => ({ ...rowOfLine(written), written }));
  const row = await window.showQuickPick(rows, {
    title: `Copy as Command: ${formatPlace(request.source)} → ${formatPlace(request.target)}`,
    placeHolder: 'Copy the line of which tool?',
  });
  if (!row) return;
  const { line, tool, missing, notes } = row.written;
  if (line === undefined) {
    void window.showWarningMessage(`No line of ${tool} can do this. ${missing.join(' ')}`);
    return;
  }
  await vscode.env.clipboard.writeText(line);
  const said = [...missing, ...notes].join(' ');
  const text = `The command for ${tool} is in the clipboard.${said === '' ? '' : ` ${said}`}`;
  if (missing.length > 0) void window.showWarningMessage(text);
  else void window.showInformationMessage(text);
}

function rowOfLine({ tool, line, missing }: WrittenLine): window.Row {
  if (line === undefined)
    return { icon: 'circle-slash', label: tool, description: 'no line possible', detail: missing.join(' ') };
  const icon = missing.length === 0 ? 'terminal' : 'warning';
  const things = missing.length === 1 ? 'one thing' : `${missing.length} things`;
  return {
    icon: icon,
    label: tool,
    description: missing.length === 0 ? 'says all of it' : `can't say ${things}: ${missing.join(' ')}`,
    detail: line,
  };
}

function knownRemotes({ app }: Pick<SyncParts, 'app'>): readonly KnownRemote[] {
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
  const folder = await askWorkspaceFolder('Run the line in which folder?');
  return folder && { ...context, folder: folder.uri.fsPath };
}

type Places = Pick<SyncRequest, 'source' | 'target'>;

/** Asks for the remotes that the line leaves open: once for both sides when they have the same candidates, as `aws` has one profile. */
async function decidePlaces({ source, target, tool }: ReadCommand): Promise<Places | undefined> {
  const from = isUndecided(source) ? await askRemoteFor(source) : undefined;
  if (isUndecided(source) && from === undefined) return undefined;
  const same =
    isUndecided(source) &&
    isUndecided(target) &&
    tool === 'aws' &&
    target.candidates.join() === source.candidates.join();
  const to = same ? from : isUndecided(target) ? await askRemoteFor(target) : undefined;
  if (isUndecided(target) && to === undefined) return undefined;
  return {
    source: isUndecided(source) ? source.placeOn(from ?? '') : source.place,
    target: isUndecided(target) ? target.placeOn(to ?? '') : target.place,
  };
}

async function askRemoteFor(place: UndecidedPlace): Promise<string | undefined> {
  const add = 'Add Remote…';
  const rows = [
    ...place.candidates.map((name) => ({
      icon: 'cloud',
      label: name,
      description: formatPlace(place.placeOn(name)),
      name,
    })),
    { icon: 'add', label: add, name: undefined },
  ];
  const row = await window.showQuickPick(rows, {
    title: `On which remote is ${place.text}?`,
    placeHolder: place.because,
    ignoreFocusOut: true,
  });
  if (row && row.name === undefined) await vscode.commands.executeCommand('cloudRemotes.addRemote');
  return row?.name;
}

interface SummaryItem extends window.Row {
  readonly goesOn?: true;
}

/** Lists every flag with its verdict. Resolves to true when the user continues without the refused flags. */
async function showUnderstood(
  command: ReadCommand,
  places: { source: Place; target: Place },
): Promise<boolean> {
  const refused = command.flags.filter(({ verdict }) => verdict === 'refused').map(({ flag }) => flag);
  const first: SummaryItem = {
    ...(refused.length === 0
      ? { icon: 'go-to-file', label: 'Open the Preview' }
      : { icon: 'warning', label: `Go On Without ${[...new Set(refused)].join(', ')}` }),
    description: `${formatPlace(places.source)} → ${formatPlace(places.target)}`,
    ...(refused.length > 0 && {
      detail: command.withheld ?? 'The result will be another one than that of the line.',
    }),
    goesOn: true,
  };
  const items: SummaryItem[] = [first];
  for (const group of summaryRows(command)) {
    items.push({ label: group.title, kind: vscode.QuickPickItemKind.Separator });
    for (const row of group.rows) items.push({ icon: row.icon, label: row.text, detail: row.says });
  }
  const picker = new window.QuickPick<SummaryItem>();
  picker.title = `What Was Understood: ${command.tool === 'aws' ? 'aws s3' : 'rclone'} ${command.verb}`;
  picker.placeholder =
    refused.length === 0
      ? 'Nothing is written before you apply the preview'
      : 'Some of the line has no counterpart here';
  picker.matchOnDetail = true;
  picker.ignoreFocusOut = true;
  picker.items = items;
  picker.show();
  try {
    return await new Promise<boolean>((resolve) => {
      // The other rows have no action.
      picker.onDidAccept(() => picker.selectedItems[0]?.goesOn && resolve(true));
      picker.onDidHide(() => resolve(false));
    });
  } finally {
    picker.dispose();
  }
}
