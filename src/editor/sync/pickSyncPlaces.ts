import * as vscode from 'vscode';
import type { Place } from '../../plan/model/plan';
import type { ConfiguredRemote } from '../../usecases/configuredRemotes';
import { formatPlace, placeOfUri } from '../platform/places';
import { remoteScheme } from '../platform/remoteUri';
import type { CommandContext } from '../tree/commandContext';
import { pickAnyPlace } from '../tree/pickPlace';
import { readTypedPlace, type TypedPlace } from '../tree/typedPlaces';
import { pickOrType } from '../window/quickPicks';
import * as window from '../window/window';

type Context = Pick<CommandContext, 'app' | 'settings'>;

/** The number of recent places per question. */
const maxRecent = 5;
const memoryKey = 'syncPlaces';

/** The recent places for each question, stored for each workspace. */
export class RecentPlaces {
  constructor(private readonly memory: vscode.Memento) {}

  /** The latest first. */
  get(question: string): readonly string[] {
    return this.memory.get<Record<string, string[]>>(memoryKey, {})[question] ?? [];
  }

  add(question: string, place: Place): void {
    const all = this.memory.get<Record<string, string[]>>(memoryKey, {});
    const text = formatPlace(place);
    const places = [text, ...(all[question] ?? []).filter((other) => other !== text)].slice(0, maxRecent);
    void this.memory.update(memoryKey, { ...all, [question]: places });
  }
}

/** The workspace folder; asks when there are several. Undefined when the user cancels or there is no folder. */
export async function askWorkspaceFolder(title: string): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length === 1) return folders[0];
  if (folders.length > 1) return window.showWorkspaceFolderPick(title);
  const open = 'Open Folder…';
  const chosen = await window.showInformationMessage('No folder is open in this window.', open);
  if (chosen === open) await vscode.commands.executeCommand('workbench.action.files.openFolder');
  return undefined;
}

interface Row extends window.Row {
  readonly place?: Place;
  readonly action?: 'browse';
}

/** Asks for a folder on a remote: a recent one, one found by browsing, or a place of any kind that the user types. */
export async function askRemoteFolder(
  context: Context,
  title: string,
  chooseLabel: string,
  recent: readonly string[],
): Promise<Place | undefined> {
  if (context.app.remotes().length === 0) {
    const add = 'Add Remote…';
    const chosen = await window.showInformationMessage('There is no remote yet.', add);
    if (chosen === add) await vscode.commands.executeCommand('cloudRemotes.addRemote');
    return undefined;
  }
  const known = knownPlaces(context, recent);
  if (known.length > 0) {
    const rows: Row[] = [
      ...known.map((place) => ({ icon: 'history', label: formatPlace(place), place })),
      { label: '', kind: vscode.QuickPickItemKind.Separator },
      { icon: 'cloud', label: 'Another Place…', description: 'browse, or type an address', action: 'browse' },
    ];
    const row = await chooseOrType(context, title, rows);
    if (!row?.action) return row?.place;
  }
  return pickAnyPlace(context, { title, want: 'folder', chooseLabel });
}

/** Resolves to one of the rows, or to the typed place. */
function chooseOrType({ app }: Context, title: string, rows: readonly Row[]): Promise<Row | undefined> {
  return pickOrType<Row>(
    title,
    'Choose, or type an address: remote:bucket/path, s3://bucket/path or a folder',
    rows,
    (text) => typedRows(text, app.remotes()),
    ({ place, action }) => place !== undefined || action !== undefined,
  );
}

function typedRows(text: string, remotes: readonly ConfiguredRemote[]): Row[] {
  const typed = readTypedPlace(text, remotes);
  if (!typed) return [];
  if (typed.problem !== undefined)
    return [{ icon: 'error', label: text, detail: typed.problem, alwaysShow: true }];
  return typed.places.map((place) => ({
    icon: 'arrow-right',
    label: formatPlace(place),
    description: 'use this folder',
    // The row's text does not contain a typed s3:// address.
    alwaysShow: true,
    place,
  }));
}

/** The recent places whose remote still exists. */
function knownPlaces({ app }: Context, recent: readonly string[]): readonly TypedPlace[] {
  return recent.flatMap((text) => readTypedPlace(text, app.remotes())?.places ?? []);
}

/** Asks for a folder on this machine, or a workspace folder on a remote. */
export async function askLocalFolder(
  context: Context,
  title: string,
  recent: readonly string[],
): Promise<Place | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const offered = new Set(folders.map(({ uri }) => uri.fsPath));
  const rows: Row[] = [
    ...knownPlaces(context, recent)
      .filter((place) => place.kind === 'remote' || !offered.has(place.path))
      .map((place): Row => ({ icon: 'history', label: formatPlace(place), place })),
    ...folders.map(
      (folder): Row => ({
        icon: 'root-folder',
        label: folder.name,
        description:
          folder.uri.scheme === 'file'
            ? folder.uri.fsPath
            : folder.uri.scheme === remoteScheme
              ? 'on a remote'
              : folder.uri.toString(true),
        place: placeOfUri(folder.uri, context.app),
      }),
    ),
    { icon: 'folder-opened', label: 'Another Folder…', description: 'on this machine', action: 'browse' },
  ];
  const row = await chooseOrType(context, title, rows);
  if (!row?.action) return row?.place;
  const [first] = folders;
  const chosen = await window.showOpenDialog({
    title,
    openLabel: 'Use This Folder',
    canSelectFiles: false,
    canSelectFolders: true,
    ...(first?.uri.scheme === 'file' && { defaultUri: first.uri }),
  });
  return chosen?.[0] && placeOfUri(chosen[0], context.app);
}
