import * as vscode from 'vscode';
import type { Place } from '../../plan/model/plan';
import type { Entry } from '../../remote/entry';
import { formatAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { baseName, parentPath } from '../../remote/remotePath';
import { entryName, folderPager, type Pager } from '../../usecases/browseRemote';
import { acceptsFiles, treeRoot } from '../../usecases/configuredRemotes';
import { formatPlace, shortAddress } from '../platform/places';
import { presentError } from '../window/errorMessages';
import { format } from '../window/numberFormat';
import * as window from '../window/window';
import type { CommandContext } from './commandContext';
import { readTypedPlace } from './typedPlaces';

export interface PickPlaceOptions {
  readonly title: string;
  /** What can be chosen. */
  readonly want: 'folder' | 'file' | 'bucket' | 'anything';
  /** The label of the row that chooses the current folder: "Upload Here". */
  readonly chooseLabel?: string;
  /** The first folder; otherwise the list of remotes. */
  readonly start?: RemoteAddress;
  /** Whether the user can type a folder of this machine. */
  readonly acceptsLocalFolders?: boolean;
}

export interface PickedPlace {
  readonly address: RemoteAddress;
  readonly kind: 'folder' | 'file';
}

type Context = Pick<CommandContext, 'app' | 'settings'>;

interface PlaceItem extends window.Row {
  readonly action?:
    | { readonly go: RemoteAddress }
    | { readonly choose: PickedPlace | LocalFolder }
    | 'more'
    | 'retry';
}

/** A folder of this machine. */
interface LocalFolder {
  readonly kind: 'local';
  readonly path: string;
}

/**
 * Lets the user browse the remotes and choose a folder or file, or type an address. Lists page by page, as the tree does. Resolves to
 * undefined when the user cancels.
 */
export async function pickPlace(
  context: Context,
  options: PickPlaceOptions,
): Promise<PickedPlace | undefined> {
  const picked = await new PlacePicker(context, options).ask();
  return picked?.kind === 'local' ? undefined : picked;
}

/** As `pickPlace`, and the user can also type a folder of this machine. */
export async function pickAnyPlace(context: Context, options: PickPlaceOptions): Promise<Place | undefined> {
  const picked = await new PlacePicker(context, { ...options, acceptsLocalFolders: true }).ask();
  if (!picked) return undefined;
  return picked.kind === 'local'
    ? { kind: 'folder', path: picked.path }
    : { kind: 'remote', ...picked.address };
}

class PlacePicker {
  private readonly pick = new window.QuickPick<PlaceItem>({ matchOnDescription: true });
  private at: RemoteAddress | undefined;
  private pages: Pager<Entry> | undefined;
  private rows: PlaceItem[] = [];

  constructor(
    private readonly context: Context,
    private readonly options: PickPlaceOptions,
  ) {}

  async ask(): Promise<PickedPlace | LocalFolder | undefined> {
    this.pick.onDidChangeValue(() => this.draw());
    // Before the pick is shown: a value that is set later would overwrite what the user has typed.
    void this.enter(this.options.start ?? this.onlyRemote());
    const picked = await this.pick.ask(
      () => this.accept(this.pick.selectedItems[0]?.action),
      () => void this.enter(this.above()),
    );
    this.pages?.cancel(new vscode.CancellationError());
    return picked;
  }

  /** The chosen place; undefined for a row that shows other rows. */
  private accept(action: PlaceItem['action']): PickedPlace | LocalFolder | undefined {
    if (typeof action === 'object' && 'choose' in action) return action.choose;
    if (action === 'more') void this.load();
    else if (action) void this.enter(action === 'retry' ? this.at : action.go);
    return undefined;
  }

  private onlyRemote(): RemoteAddress | undefined {
    const usable = this.context.app.remotes().filter((remote) => remote.problems.length === 0);
    const [only] = usable;
    return only && usable.length === 1 ? treeRoot(only) : undefined;
  }

  /** The destination of Back: the folder above, or the list of remotes. */
  private above(): RemoteAddress | undefined {
    const { at } = this;
    if (!at) return undefined;
    const remote = this.context.app.remotes().find(({ settings }) => settings.name === at.remote);
    if (at.path === '' || (remote && treeRoot(remote).path === at.path)) return undefined;
    return { remote: at.remote, path: parentPath(at.path) };
  }

  private async enter(address: RemoteAddress | undefined): Promise<void> {
    this.pages?.cancel(new vscode.CancellationError());
    this.at = address;
    this.pages =
      address &&
      folderPager(() => this.context.app.openRemote(address.remote), address.path, {
        pageSize: this.context.settings().pageSize,
      });
    const { pick } = this;
    pick.value = '';
    pick.title = address ? `${this.options.title} · ${shortAddress(address)}` : this.options.title;
    pick.placeholder = this.options.acceptsLocalFolders
      ? 'Choose, or type an address: remote:bucket/path, s3://bucket/path or a folder'
      : 'Choose, or type an address: remote:bucket/path';
    pick.buttons = address ? [vscode.QuickInputButtons.Back] : [];
    this.rows = address ? [] : this.remoteRows();
    this.draw();
    if (address) await this.load();
  }

  private async load(): Promise<void> {
    const { pages, pick } = this;
    if (!pages) return;
    pick.busy = true;
    try {
      await pages.more();
      if (this.pages !== pages) return;
      this.rows = [...pages.items.flatMap((entry) => this.entryRow(entry)), ...this.moreRow(pages)];
    } catch (error) {
      if (this.pages !== pages) return;
      const { text } = presentError(error, `Can't list ${this.at ? shortAddress(this.at) : ''}`);
      const detail = 'Select to try again.';
      this.rows = [{ icon: 'error', label: text, detail, alwaysShow: true, action: 'retry' }];
    }
    pick.busy = false;
    this.draw();
  }

  private draw(): void {
    const typed = this.typedRows(this.pick.value.trim());
    // An invalid address comes last, since the text may be a filter for the rows.
    const [valid, problems] = [typed.filter(({ action }) => action), typed.filter(({ action }) => !action)];
    this.pick.items = [...valid, ...this.hereRow(), ...this.rows, ...problems];
  }

  /** The row that chooses the current folder. */
  private hereRow(): PlaceItem[] {
    const { at } = this;
    const { want, chooseLabel = 'Choose This Folder' } = this.options;
    if (!at || !acceptsFiles(this.context.app.remotes(), at)) return [];
    if (want !== 'folder' && want !== 'anything') return [];
    return [
      {
        icon: 'check',
        label: chooseLabel,
        description: formatAddress(at),
        alwaysShow: true,
        action: { choose: { address: at, kind: 'folder' } },
      },
    ];
  }

  private remoteRows(): PlaceItem[] {
    return this.context.app.remotes().flatMap((remote): PlaceItem[] => {
      const { settings, backend, problems } = remote;
      if (!backend || problems.length > 0) return [];
      const description = backend.describe(settings);
      return [{ icon: 'cloud', label: settings.name, description, action: { go: treeRoot(remote) } }];
    });
  }

  private entryRow(entry: Entry): PlaceItem[] {
    if (entry.kind === 'unusable' || !this.at) return [];
    const address = { remote: this.at.remote, path: entry.path };
    const name = entryName(entry);
    if (entry.kind === 'folder' && this.options.want === 'bucket')
      return [{ icon: 'archive', label: name, action: { choose: { address, kind: 'folder' } } }];
    if (entry.kind === 'folder')
      return [{ icon: entry.role === 'bucket' ? 'archive' : 'folder', label: name, action: { go: address } }];
    if (this.options.want === 'folder' || this.options.want === 'bucket') return [];
    const description = format().bytes(entry.size);
    return [{ icon: 'file', label: name, description, action: { choose: { address, kind: 'file' } } }];
  }

  private moreRow(pages: Pager<Entry>): PlaceItem[] {
    if (!pages.mayHaveMore) return [];
    const description = `${format().count(pages.items.length)} shown`;
    return [{ label: 'Load more…', description, alwaysShow: true, action: 'more' }];
  }

  /** Rows for a typed address. */
  private typedRows(text: string): PlaceItem[] {
    const typed = readTypedPlace(text, this.context.app.remotes());
    if (!typed) return [];
    if (typed.problem !== undefined)
      return [{ icon: 'error', label: text, detail: typed.problem, alwaysShow: true }];
    return typed.places.flatMap((place): PlaceItem[] => {
      const choose = place.kind === 'folder' ? this.localFolder(place.path) : this.remotePlace(place, text);
      if (!choose) return [];
      const description = choose.kind === 'file' ? `use ${baseName(choose.address.path)}` : 'use this folder';
      return [
        { icon: 'arrow-right', label: formatPlace(place), description, alwaysShow: true, action: { choose } },
      ];
    });
  }

  private localFolder(path: string): LocalFolder | undefined {
    return this.options.acceptsLocalFolders ? { kind: 'local', path } : undefined;
  }

  /** A typed address is a folder if it ends in "/" or can't be a file; undefined if the kind can't be chosen. */
  private remotePlace({ remote, path }: RemoteAddress, text: string): PickedPlace | undefined {
    const { want } = this.options;
    const kind = want === 'folder' || text.endsWith('/') || !path.includes('/') ? 'folder' : 'file';
    if (kind === 'folder' && want === 'file') return undefined;
    if (want === 'bucket' && (path === '' || path.includes('/'))) return undefined;
    return { address: { remote, path }, kind };
  }
}
