import * as vscode from 'vscode';
import type { App, SyncRequest } from '../app';
import type { Place } from '../plan/plan';
import type { PlanOptions } from '../plan/planOptions';
import { RemoteError } from '../remote/remoteError';
import type { CheckedSettings } from './checkedSettings';
import {
  nameOfPlace,
  placeBelow,
  type SelectedItem,
  type SelectedSource,
  sourceOfSelection,
} from './itemSelection';
import { pickPlace } from './pickPlace';
import {
  checkSyncs,
  isRelative,
  optionsOf,
  placeOf,
  type SavedSync,
  writePlace,
  writtenOptions,
} from './savedSyncs';
import { settingsSection } from './settings';
import type { CommandRow } from './shell';
import {
  askLocalFolder,
  askRemoteFolder,
  askWorkspaceFolder,
  describePlace,
  placeOfUri,
  type RememberedPlaces,
  remotePlace,
  shortPlace,
} from './syncPlaces';
import { isNode } from './targets';
import { isContainer, isItem } from './treeNode';
import { offerToSave } from './unsavedDocuments';
import { showFailure } from './userMessages';
import { countOf } from './words';

/** What the commands that copy and sync work with. */
export interface SyncParts {
  readonly app: App;
  readonly settings: () => CheckedSettings;
  readonly output: vscode.LogOutputChannel;
  readonly remembered: RememberedPlaces;
  /** What the preview used last is about, with the options as they were set there. */
  readonly lastPlanned: () => SyncRequest | undefined;
  /** Opens the preview of a plan for the request; nothing is written before the user applies it. */
  readonly preview: (request: SyncRequest, title: string) => unknown;
}

type Verb = PlanOptions['verb'];

/** Copy and sync, each ending in the preview of a plan. */
export function syncCommands(parts: SyncParts): readonly CommandRow[] {
  const commands = new SyncCommands(parts);
  const row = (id: string, run: (args: readonly unknown[]) => Promise<unknown>): CommandRow => ({
    id: `cloudRemotes.${id}`,
    run: async (...args) => {
      try {
        await run(args);
      } catch (error) {
        showFailure(error, { what: 'Nothing was copied' }, parts.output);
      }
    },
  });
  return [
    row('copyToRemote', (args) => commands.copyToRemote(args)),
    row('copyFromRemote', (args) => commands.copyFromRemote(args)),
    row('syncWorkspaceToRemote', (args) => commands.syncWorkspaceToRemote(args)),
    row('syncRemoteToWorkspace', (args) => commands.syncRemoteToWorkspace(args)),
    row('syncRemoteToRemote', (args) => commands.syncRemoteToRemote(args)),
    row('runSavedSync', ([name]) => commands.runSavedSync(name)),
    row('saveSync', () => commands.saveSync()),
  ];
}

class SyncCommands {
  constructor(private readonly parts: SyncParts) {}

  async copyToRemote(args: readonly unknown[]): Promise<void> {
    const title = 'Copy to Remote';
    const items = await this.itemsOf(args);
    const selected = items.length > 0 ? sourceOfSelection(items) : await this.workspaceSource(title);
    if (!selected) return;
    const target = await this.askRemote(
      'Copy to which folder?',
      'Copy Here',
      `to:${describePlace(selected.source)}`,
    );
    if (target) await this.copy(items, selected, target);
  }

  async copyFromRemote(args: readonly unknown[]): Promise<void> {
    const onRemote = (await this.itemsOf(args)).filter(({ place }) => place.kind === 'remote');
    const items = onRemote.length > 0 ? onRemote : await this.pickItems();
    if (items.length === 0) return;
    const selected = sourceOfSelection(items);
    const question = `from:${describePlace(selected.source)}`;
    // Opened on something on a remote, that is what is copied; opened on a folder here, that is where it goes.
    const here = onRemote.length > 0 ? undefined : await this.explorerFolder(args);
    const target = here ?? (await this.askLocal('Copy into which folder?', question));
    if (target) await this.copy(items, selected, target);
  }

  async syncWorkspaceToRemote(args: readonly unknown[]): Promise<void> {
    const source =
      (await this.explorerFolder(args)) ?? (await this.workspacePlace('Sync which folder to a remote?'));
    if (!source) return;
    const target =
      remoteFolderOf(args) ??
      (await this.askRemote(
        `Sync ${shortPlace(source)} to which folder?`,
        'Sync to This Folder',
        `with:${describePlace(source)}`,
      ));
    if (target) await this.open('sync', source, target);
  }

  async syncRemoteToWorkspace(args: readonly unknown[]): Promise<void> {
    const target =
      (await this.explorerFolder(args)) ?? (await this.workspacePlace('Sync which folder from a remote?'));
    if (!target) return;
    const source =
      remoteFolderOf(args) ??
      (await this.askRemote(
        `Sync ${shortPlace(target)} from which folder?`,
        'Sync from This Folder',
        `with:${describePlace(target)}`,
      ));
    if (source) await this.open('sync', source, target);
  }

  async syncRemoteToRemote(args: readonly unknown[]): Promise<void> {
    const source =
      remoteFolderOf(args) ??
      (await this.askRemote('Sync from which folder?', 'Sync from This Folder', 'source'));
    if (!source) return;
    const target = await this.askRemote(
      `Sync ${describePlace(source)} to which folder?`,
      'Sync to This Folder',
      `target:${describePlace(source)}`,
    );
    if (target) await this.open('sync', source, target);
  }

  /** Runs the sync named so; asks for one of them otherwise. */
  async runSavedSync(name: unknown): Promise<void> {
    const syncs = checkSyncs(vscode.workspace.getConfiguration(settingsSection).get('syncs'));
    if (syncs.length === 0) {
      const open = 'Open Settings';
      const text = 'No sync is saved yet. After a sync, the command "Save Sync…" saves it under a name.';
      if ((await vscode.window.showInformationMessage(text, open)) === open) await openSyncsSettings();
      return;
    }
    const sync = syncs.find((one) => one.name === name) ?? (await pickSync(syncs));
    if (!sync) return;
    if (sync.problem !== undefined)
      throw new RemoteError('badSettings', `The saved sync "${sync.name}" can't be run. ${sync.problem}`);
    const folder = [sync.from, sync.to].some(isRelative) ? await localWorkspaceFolder(sync.name) : undefined;
    if ([sync.from, sync.to].some(isRelative) && folder === undefined) return;
    const options = optionsOf(sync, this.optionsFor('sync'));
    await this.show({ source: placeOf(sync.from, folder), target: placeOf(sync.to, folder), options });
  }

  /** Saves the sync whose preview was used last under a name. */
  async saveSync(): Promise<void> {
    const last = this.parts.lastPlanned();
    if (!last) {
      void vscode.window.showInformationMessage(
        'Open the preview of a copy or sync first. This command then saves it.',
      );
      return;
    }
    const settings = vscode.workspace.getConfiguration(settingsSection);
    const written = settings.get<unknown[]>('syncs') ?? [];
    const names = checkSyncs(written).map((sync) => sync.name);
    const name = await vscode.window.showInputBox({
      title: 'Save Sync',
      prompt: `${shortPlace(last.source)} → ${shortPlace(last.target)}`,
      placeHolder: 'A name to run it by',
      validateInput: (text) =>
        text.trim() === ''
          ? 'Enter a name.'
          : names.includes(text.trim())
            ? `"${text.trim()}" is there already.`
            : undefined,
    });
    if (name === undefined) return;
    const folder = firstLocalFolder();
    const sync = {
      name: name.trim(),
      from: writePlace(last.source, folder),
      to: writePlace(last.target, folder),
      options: writtenOptions(last.options, this.optionsFor('sync')),
    };
    const where = vscode.workspace.workspaceFolders
      ? vscode.ConfigurationTarget.Workspace
      : vscode.ConfigurationTarget.Global;
    const inspected = settings.inspect<unknown[]>('syncs');
    const before =
      where === vscode.ConfigurationTarget.Workspace ? inspected?.workspaceValue : inspected?.globalValue;
    await settings.update('syncs', [...(before ?? []), sync], where);
    void vscode.window.setStatusBarMessage(`Saved the sync "${sync.name}"`, 4000);
  }

  private async copy(items: readonly SelectedItem[], selected: SelectedSource, folder: Place): Promise<void> {
    const { source, filters, folderName } = selected;
    const target = items.length > 0 && folderName ? await askWhetherInside(folder, folderName) : folder;
    if (!target) return;
    const options = this.optionsFor('copy');
    if (filters.length === 0) return this.open('copy', source, target);
    // What was named by hand is meant, even where the usual rules would leave it out; the content of folders is not.
    const byHand = items.every(({ kind }) => kind === 'file');
    const rules = byHand ? filters : [...options.filters, ...filters, { exclude: '/**' }];
    const useDefaultExcludes = options.useDefaultExcludes && !byHand;
    const [only] = items;
    const what = items.length === 1 && only ? nameOfPlace(only.place) : countOf(items.length, 'item');
    await this.show({ source, target, options: { ...options, filters: rules, useDefaultExcludes } }, what);
  }

  private async open(verb: Verb, source: Place, target: Place): Promise<void> {
    await this.show({ source, target, options: this.optionsFor(verb) });
  }

  /** `what` is copied, where that isn't the whole source. */
  private async show(request: SyncRequest, what = shortPlace(request.source)): Promise<void> {
    if (!(await offerToSave(this.parts.app, request.source))) return;
    const verb = request.options.verb === 'copy' ? 'Copy' : 'Sync';
    await this.parts.preview(request, `${verb}: ${what} → ${shortPlace(request.target)}`);
  }

  private optionsFor(verb: Verb): PlanOptions {
    const { compare, deleteExtraneous, exclude, useDefaultExcludes, followSymlinks } = this.parts.settings();
    return {
      verb,
      compare,
      deletes: verb === 'sync' && deleteExtraneous ? 'after' : 'none',
      filters: exclude,
      filterDialect: 'rclone',
      useDefaultExcludes,
      followSymlinks,
    };
  }

  private async workspacePlace(title: string): Promise<Place | undefined> {
    const folder = await askWorkspaceFolder(title);
    return folder && placeOfUri(folder.uri, this.parts.app);
  }

  private async workspaceSource(title: string): Promise<SelectedSource | undefined> {
    const source = await this.workspacePlace(`${title}: which folder?`);
    return source && { source, filters: [] };
  }

  private async askRemote(title: string, chooseLabel: string, question: string): Promise<Place | undefined> {
    const { remembered } = this.parts;
    const address = await askRemoteFolder(this.parts, title, chooseLabel, remembered.get(question));
    if (!address) return undefined;
    const place = remotePlace(address);
    remembered.add(question, place);
    return place;
  }

  private async askLocal(title: string, question: string): Promise<Place | undefined> {
    const { remembered } = this.parts;
    const place = await askLocalFolder(this.parts.app, title, remembered.get(question));
    if (place) remembered.add(question, place);
    return place;
  }

  private async pickItems(): Promise<SelectedItem[]> {
    const picked = await pickPlace(this.parts, {
      title: 'Copy what?',
      want: 'anything',
      chooseLabel: 'Copy This Folder',
    });
    return picked ? [{ kind: picked.kind, place: remotePlace(picked.address) }] : [];
  }

  /** What a menu of the Explorer or the tree was opened on: all that is selected. */
  private async itemsOf(args: readonly unknown[]): Promise<SelectedItem[]> {
    const [one, several] = args;
    const all = Array.isArray(several) && several.length > 0 ? several : one === undefined ? [] : [one];
    const nodes = all.filter(isNode).filter((node) => isItem(node) || isContainer(node));
    const items: SelectedItem[] = nodes.map((node) => ({
      kind: node.kind === 'file' ? 'file' : 'folder',
      place: remotePlace(node.address),
    }));
    for (const uri of all)
      if (uri instanceof vscode.Uri) {
        const { type } = await vscode.workspace.fs.stat(uri);
        items.push({
          kind: type & vscode.FileType.Directory ? 'folder' : 'file',
          place: placeOfUri(uri, this.parts.app),
        });
      }
    return items;
  }

  /** The folder that a menu of the Explorer was opened on, or the one that holds the file. */
  private async explorerFolder([uri]: readonly unknown[]): Promise<Place | undefined> {
    if (!(uri instanceof vscode.Uri)) return undefined;
    const { type } = await vscode.workspace.fs.stat(uri);
    return placeOfUri(
      type & vscode.FileType.Directory ? uri : vscode.Uri.joinPath(uri, '..'),
      this.parts.app,
    );
  }
}

/** The folder of the tree that a menu was opened on. */
function remoteFolderOf([node]: readonly unknown[]): Place | undefined {
  return isNode(node) && isContainer(node) ? remotePlace(node.address) : undefined;
}

/** Whether the folder keeps its name at the target, or only its content goes there. */
async function askWhetherInside(folder: Place, name: string): Promise<Place | undefined> {
  const inside = placeBelow(folder, name);
  const rows = [
    { label: `$(folder) The folder ${name}`, description: `becomes ${describePlace(inside)}`, place: inside },
    {
      label: `$(files) Only what is in ${name}`,
      description: `goes into ${describePlace(folder)}`,
      place: folder,
    },
  ];
  const row = await vscode.window.showQuickPick(rows, { title: `Copy ${name}`, ignoreFocusOut: true });
  return row?.place;
}

async function pickSync(syncs: readonly SavedSync[]): Promise<SavedSync | undefined> {
  const rows = syncs.map((sync) => ({
    label: `$(${sync.problem === undefined ? 'sync' : 'warning'}) ${sync.name}`,
    description: `${sync.from} → ${sync.to}`,
    ...(sync.problem !== undefined && { detail: sync.problem }),
    sync,
  }));
  return (await vscode.window.showQuickPick(rows, { title: 'Run which sync?', matchOnDescription: true }))
    ?.sync;
}

/** The disk path of the workspace folder that relative folders of a saved sync start from; undefined when the user leaves. */
async function localWorkspaceFolder(name: string): Promise<string | undefined> {
  const local = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  if (local.length === 1) return local[0]?.uri.fsPath;
  if (local.length === 0)
    throw new RemoteError(
      'badSettings',
      `The sync "${name}" is relative to a workspace folder, but none is open.`,
    );
  const rows = local.map((folder) => ({ label: folder.name, description: folder.uri.fsPath }));
  const title = `Run "${name}" for which folder?`;
  return (await vscode.window.showQuickPick(rows, { title }))?.description;
}

function firstLocalFolder(): string | undefined {
  return vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri.fsPath;
}

async function openSyncsSettings(): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.openSettings', `${settingsSection}.syncs`);
}
