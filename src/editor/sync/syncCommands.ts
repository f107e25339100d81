import * as vscode from 'vscode';
import type { Place } from '../../plan/model/plan';
import type { PlanOptions } from '../../plan/model/planOptions';
import { formatPlace, placeOfUri, toPlace } from '../platform/places';
import { pickPlace } from '../tree/pickPlace';
import { isNode } from '../tree/selection';
import { isContainer, isItem } from '../tree/treeNode';
import { nameOrCount } from '../window/numberFormat';
import type { CommandRow } from '../window/window';
import * as window from '../window/window';
import { continueRun } from './continueRun';
import {
  commandRow,
  openPreview,
  planOptionsFor,
  type SyncContext,
  withoutUnsupportedOptions,
} from './openPreview';
import { askLocalFolder, askRemoteFolder, askWorkspaceFolder } from './pickSyncPlaces';
import { runSavedSync, saveSync } from './savedSyncCommands';
import {
  nameOfPlace,
  placeBelow,
  type SelectedItem,
  type SelectedSource,
  sourceOfSelection,
} from './selectedItems';

/** The commands that copy and sync; each ends in a preview. */
export function syncCommands(context: SyncContext): readonly CommandRow[] {
  const commands = new SyncCommands(context);
  const row = (id: string, run: (args: readonly unknown[]) => Promise<unknown>) =>
    commandRow(context, id, 'Nothing was copied', run);
  return [
    row('copyToRemote', (args) => commands.copyToRemote(args)),
    row('copyFromRemote', (args) => commands.copyFromRemote(args)),
    row('syncWorkspaceToRemote', (args) => commands.workspaceToRemote('sync', args)),
    row('syncRemoteToWorkspace', (args) => commands.remoteToWorkspace('sync', args)),
    row('syncRemoteToRemote', (args) => commands.syncRemoteToRemote(args)),
    row('moveToRemote', (args) => commands.workspaceToRemote('move', args)),
    row('moveFromRemote', (args) => commands.remoteToWorkspace('move', args)),
    row('compareWorkspace', (args) => commands.workspaceToRemote('check', args)),
    row('syncFolderToFolder', (args) => commands.syncFolderToFolder(args)),
    row('runSavedSync', ([name]) => runSavedSync(context, name)),
    row('saveSync', () => saveSync(context)),
    row('continueRun', () => continueRun(context)),
  ];
}

type ListedVerb = 'sync' | 'move' | 'check';

/** The title of each verb's questions. */
const questions = {
  sync: { ask: 'Sync', to: 'to', choose: 'Sync to This Folder' },
  move: { ask: 'Move', to: 'to', choose: 'Move Here' },
  check: { ask: 'Compare', to: 'with', choose: 'Compare with This Folder' },
} as const;

class SyncCommands {
  constructor(private readonly context: SyncContext) {}

  async copyToRemote(args: readonly unknown[]): Promise<void> {
    const items = await this.itemsOf(args);
    const folder = items.length > 0 ? undefined : await this.workspacePlace('Copy to Remote: which folder?');
    const selected = items.length > 0 ? sourceOfSelection(items) : folder && { source: folder };
    if (!selected) return;
    const question = `to:${formatPlace(selected.source)}`;
    const target = await this.askRemote('Copy to which folder?', 'Copy Here', question);
    if (target) await this.copy(items, selected, target);
  }

  async copyFromRemote(args: readonly unknown[]): Promise<void> {
    const onRemote = (await this.itemsOf(args)).filter(({ place }) => place.kind === 'remote');
    const items = onRemote.length > 0 ? onRemote : await this.pickItems();
    if (items.length === 0) return;
    const selected = sourceOfSelection(items);
    const question = `from:${formatPlace(selected.source)}`;
    // An item on a remote is the source; a local folder is the target.
    const here = onRemote.length > 0 ? undefined : await this.explorerFolder(args);
    const target = here ?? (await this.askLocal('Copy into which folder?', question));
    if (target) await this.copy(items, selected, target);
  }

  async workspaceToRemote(verb: ListedVerb, args: readonly unknown[]): Promise<void> {
    const { ask, to, choose } = questions[verb];
    const source = (await this.explorerFolder(args)) ?? (await this.workspacePlace(`${ask} which folder?`));
    if (!source) return;
    const target =
      remoteFolderOf(args) ??
      (await this.askRemote(
        `${ask} ${formatPlace(source, 'short')} ${to} which folder?`,
        choose,
        `${verb === 'check' ? 'with' : 'to'}:${formatPlace(source)}`,
      ));
    if (target) await this.open(verb, source, target);
  }

  async remoteToWorkspace(verb: 'sync' | 'move', args: readonly unknown[]): Promise<void> {
    const { ask } = questions[verb];
    const target =
      (await this.explorerFolder(args)) ??
      (await this.workspacePlace(`${ask} from a remote into which folder?`));
    if (!target) return;
    const source =
      remoteFolderOf(args) ??
      (await this.askRemote(
        `${ask} ${formatPlace(target, 'short')} from which folder?`,
        `${ask} from This Folder`,
        `into:${formatPlace(target)}`,
      ));
    if (source) await this.open(verb, source, target);
  }

  async syncFolderToFolder(args: readonly unknown[]): Promise<void> {
    const source = (await this.explorerFolder(args)) ?? (await this.askLocal('Sync which folder?', 'folder'));
    if (!source) return;
    const target = await this.askLocal(
      `Sync ${formatPlace(source, 'short')} to which folder?`,
      `folder:${formatPlace(source)}`,
    );
    if (target) await this.open('sync', source, target);
  }

  async syncRemoteToRemote(args: readonly unknown[]): Promise<void> {
    const source =
      remoteFolderOf(args) ??
      (await this.askRemote('Sync from which folder?', 'Sync from This Folder', 'source'));
    if (!source) return;
    const target = await this.askRemote(
      `Sync ${formatPlace(source)} to which folder?`,
      'Sync to This Folder',
      `target:${formatPlace(source)}`,
    );
    if (target) await this.open('sync', source, target);
  }

  private async copy(items: readonly SelectedItem[], selected: SelectedSource, folder: Place): Promise<void> {
    const { source, only, folderName } = selected;
    const target = items.length > 0 && folderName ? await askWhetherInside(folder, folderName) : folder;
    if (!target) return;
    const options = withoutUnsupportedOptions(
      planOptionsFor(this.context.settings(), 'copy'),
      source,
      target,
    );
    if (!only) return this.open('copy', source, target);
    // A selected item takes part even when the default excludes match it; the files below a selected folder do not.
    const byHand = items.every(({ kind }) => kind === 'file');
    const unfiltered = byHand ? { filters: [], useDefaultExcludes: false } : {};
    const what = nameOrCount(items.map(({ place }) => nameOfPlace(place)));
    await openPreview(this.context, { source, target, options: { ...options, ...unfiltered, only } }, what);
  }

  private async open(verb: PlanOptions['verb'], source: Place, target: Place): Promise<void> {
    const options = withoutUnsupportedOptions(planOptionsFor(this.context.settings(), verb), source, target);
    await openPreview(this.context, { source, target, options });
  }

  private async workspacePlace(title: string): Promise<Place | undefined> {
    const folder = await askWorkspaceFolder(title);
    return folder && placeOfUri(folder.uri, this.context.app);
  }

  private askRemote(title: string, chooseLabel: string, question: string): Promise<Place | undefined> {
    return this.rememberingAnswer(question, (recent) =>
      askRemoteFolder(this.context, title, chooseLabel, recent),
    );
  }

  private askLocal(title: string, question: string): Promise<Place | undefined> {
    return this.rememberingAnswer(question, (recent) => askLocalFolder(this.context, title, recent));
  }

  private async rememberingAnswer(
    question: string,
    ask: (recent: readonly string[]) => Promise<Place | undefined>,
  ): Promise<Place | undefined> {
    const place = await ask(this.context.recent.get(question));
    if (place) this.context.recent.add(question, place);
    return place;
  }

  private async pickItems(): Promise<SelectedItem[]> {
    const picked = await pickPlace(this.context, {
      title: 'Copy what?',
      want: 'anything',
      chooseLabel: 'Copy This Folder',
    });
    return picked ? [{ kind: picked.kind, place: toPlace(picked.address) }] : [];
  }

  /** The selection of the Explorer's or the tree's menu. */
  private async itemsOf([clicked, selected]: readonly unknown[]): Promise<SelectedItem[]> {
    const all = Array.isArray(selected) && selected.length > 0 ? selected : [clicked];
    const items: SelectedItem[] = [];
    for (const arg of all)
      if (arg instanceof vscode.Uri)
        items.push({ kind: await kindOf(arg), place: placeOfUri(arg, this.context.app) });
      else if (isNode(arg) && (isItem(arg) || isContainer(arg)))
        items.push({ kind: arg.kind === 'file' ? 'file' : 'folder', place: toPlace(arg.address) });
    return items;
  }

  /** The folder of the Explorer's menu, or the parent of its file. */
  private async explorerFolder([uri]: readonly unknown[]): Promise<Place | undefined> {
    if (!(uri instanceof vscode.Uri)) return undefined;
    const folder = (await kindOf(uri)) === 'folder' ? uri : vscode.Uri.joinPath(uri, '..');
    return placeOfUri(folder, this.context.app);
  }
}

async function kindOf(uri: vscode.Uri): Promise<'file' | 'folder'> {
  const { type } = await vscode.workspace.fs.stat(uri);
  return type & vscode.FileType.Directory ? 'folder' : 'file';
}

/** The folder of the tree's menu. */
function remoteFolderOf([node]: readonly unknown[]): Place | undefined {
  return isNode(node) && isContainer(node) ? toPlace(node.address) : undefined;
}

/** Asks whether the folder keeps its name at the target, or only its content is copied. */
async function askWhetherInside(folder: Place, name: string): Promise<Place | undefined> {
  const inside = placeBelow(folder, name);
  const rows = [
    { icon: 'folder', label: `The folder ${name}`, detail: `to ${formatPlace(inside)}`, place: inside },
    {
      icon: 'files',
      label: `Only the content of ${name}`,
      detail: `to ${formatPlace(folder)}`,
      place: folder,
    },
  ];
  return (await window.showQuickPick(rows, { title: `Copy ${name}`, ignoreFocusOut: true }))?.place;
}
