import * as vscode from 'vscode';
import type { Place } from '../../plan/model/plan';
import type { Entry } from '../../remote/entry';
import { formatAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { baseName, parentPath } from '../../remote/remotePath';
import { entryName, folderPager, type Pager } from '../../usecases/browseRemote';
import { acceptsFiles, treeRoot } from '../../usecases/configuredRemotes';
import { shortAddress } from '../platform/places';
import { presentError } from '../window/errorMessages';
import { format } from '../window/numberFormat';
import * as window from '../window/window';
import type { CommandContext } from './commandContext';
import { readTypedPlace, typedPlaceText } from './typedPlaces';

export interface PickPlaceOptions {
  readonly title: string;
  /** What may be chosen. */
  readonly want: 'folder' | 'file' | 'bucket' | 'anything';
  /** "Upload here": the row that chooses the folder one is in. */
  readonly chooseLabel?: string;
  /** Where to begin; the list of remotes otherwise. */
  readonly start?: RemoteAddress;
  /** Whether a folder of this machine may be typed. */
  readonly takesFolders?: boolean;
}

export interface PickedPlace {
  readonly address: RemoteAddress;
  readonly kind: 'folder' | 'file';
}

type Asking = Pick<CommandContext, 'app' | 'settings'>;

interface PlaceItem extends window.Row {
  readonly does?:
    | { readonly go: RemoteAddress }
    | { readonly take: PickedPlace | FolderHere }
    | 'more'
    | 'again';
}

/** A folder of this machine. */
interface FolderHere {
  readonly kind: 'here';
  readonly path: string;
}

/**
 * Lets the user walk through the remotes and choose a folder or file; an address may be typed or pasted as well. Lists
 * page by page, like the tree. Resolves to undefined when the user leaves.
 */
export async function pickPlace(
  context: Asking,
  question: PickPlaceOptions,
): Promise<PickedPlace | undefined> {
  const taken = await new PlaceWalk(context, question).ask();
  return taken?.kind === 'here' ? undefined : taken;
}

/** As `pickPlace`, and a folder of this machine may be typed as well. */
export async function pickAnyPlace(context: Asking, question: PickPlaceOptions): Promise<Place | undefined> {
  const taken = await new PlaceWalk(context, { ...question, takesFolders: true }).ask();
  if (!taken) return undefined;
  return taken.kind === 'here' ? { kind: 'folder', path: taken.path } : { kind: 'remote', ...taken.address };
}

class PlaceWalk {
  private readonly pick = new window.QuickPick<PlaceItem>();
  private at: RemoteAddress | undefined;
  private pages: Pager<Entry> | undefined;
  private rows: PlaceItem[] = [];

  constructor(
    private readonly context: Asking,
    private readonly question: PickPlaceOptions,
  ) {}

  ask(): Promise<PickedPlace | FolderHere | undefined> {
    const { pick } = this;
    pick.matchOnDescription = true;
    pick.ignoreFocusOut = true;
    return new Promise((resolve) => {
      pick.onDidAccept(() => {
        const does = pick.selectedItems[0]?.does;
        if (does === undefined) return;
        if (does === 'more') void this.load();
        else if (does === 'again') void this.enter(this.at);
        else if ('go' in does) void this.enter(does.go);
        else {
          resolve(does.take);
          pick.hide();
        }
      });
      pick.onDidTriggerButton(() => void this.enter(this.above()));
      pick.onDidChangeValue(() => this.draw());
      pick.onDidHide(() => {
        this.pages?.cancel(new vscode.CancellationError());
        resolve(undefined);
        pick.dispose();
      });
      // What is set after `show` arrives later than the field, and would wipe what was typed into it by then.
      void this.enter(this.question.start ?? this.onlyRemote());
      pick.show();
    });
  }

  private onlyRemote(): RemoteAddress | undefined {
    const usable = this.context.app.remotes().filter((remote) => remote.problems.length === 0);
    const [only] = usable;
    return only && usable.length === 1 ? treeRoot(only) : undefined;
  }

  /** Where Back leads: the folder above, then the list of remotes. */
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
    pick.title = address ? `${this.question.title} · ${shortAddress(address)}` : this.question.title;
    pick.placeholder = this.question.takesFolders
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
      const phrase = presentError(error, `Can't list ${this.at ? shortAddress(this.at) : ''}`);
      this.rows = [
        {
          icon: 'error',
          label: phrase.text,
          detail: 'Choose this row to try again.',
          alwaysShow: true,
          does: 'again',
        },
      ];
    }
    pick.busy = false;
    this.draw();
  }

  private draw(): void {
    const { pick, question, at } = this;
    const typed = this.typedRows(pick.value.trim());
    const problems = typed.filter(({ does }) => does === undefined);
    const here: PlaceItem[] =
      at &&
      acceptsFiles(this.context.app.remotes(), at) &&
      (question.want === 'folder' || question.want === 'anything')
        ? [
            {
              icon: 'check',
              label: question.chooseLabel ?? 'Choose This Folder',
              description: formatAddress(at),
              alwaysShow: true,
              does: { take: { address: at, kind: 'folder' } },
            },
          ]
        : [];
    // What can't be read as an address may be meant to find a row.
    pick.items = [...typed.filter((row) => !problems.includes(row)), ...here, ...this.rows, ...problems];
  }

  private remoteRows(): PlaceItem[] {
    return this.context.app.remotes().flatMap((remote): PlaceItem[] => {
      const { settings, backend, problems } = remote;
      if (!backend || problems.length > 0) return [];
      return [
        {
          icon: 'cloud',
          label: settings.name,
          description: backend.describe(settings),
          does: { go: treeRoot(remote) },
        },
      ];
    });
  }

  private entryRow(entry: Entry): PlaceItem[] {
    if (entry.kind === 'unusable' || !this.at) return [];
    const address = { remote: this.at.remote, path: entry.path };
    const name = entryName(entry);
    if (entry.kind === 'folder' && this.question.want === 'bucket')
      return [{ icon: 'archive', label: name, does: { take: { address, kind: 'folder' } } }];
    if (entry.kind === 'folder')
      return [{ icon: entry.role === 'bucket' ? 'archive' : 'folder', label: name, does: { go: address } }];
    if (this.question.want === 'folder' || this.question.want === 'bucket') return [];
    return [
      {
        icon: 'file',
        label: name,
        description: format().bytes(entry.size),
        does: { take: { address, kind: 'file' } },
      },
    ];
  }

  private moreRow(pages: Pager<Entry>): PlaceItem[] {
    if (!pages.mayHaveMore) return [];
    return [
      {
        label: 'Load more…',
        description: `${format().count(pages.items.length)} shown`,
        alwaysShow: true,
        does: 'more',
      },
    ];
  }

  /** Rows for a whole address that was typed. It ends in "/" for a folder; without that it is one only where a file can't be meant. */
  private typedRows(text: string): PlaceItem[] {
    const typed = readTypedPlace(text, this.context.app.remotes());
    if (!typed) return [];
    if (typed.problem !== undefined)
      return [{ icon: 'error', label: text, detail: typed.problem, alwaysShow: true }];
    return typed.places.flatMap((place): PlaceItem[] => {
      const take = place.kind === 'folder' ? this.folderHere(place.path) : this.asWanted(place, text);
      if (!take) return [];
      return [
        {
          icon: 'arrow-right',
          label: typedPlaceText(place),
          description: take.kind === 'file' ? `use ${baseName(take.address.path)}` : 'use this folder',
          alwaysShow: true,
          does: { take },
        },
      ];
    });
  }

  private folderHere(path: string): FolderHere | undefined {
    return this.question.takesFolders ? { kind: 'here', path } : undefined;
  }

  private asWanted({ remote, path }: RemoteAddress, text: string): PickedPlace | undefined {
    const { want } = this.question;
    const kind = want === 'folder' || text.endsWith('/') || !path.includes('/') ? 'folder' : 'file';
    if (kind === 'folder' && want === 'file') return undefined;
    if (want === 'bucket' && (path === '' || path.includes('/'))) return undefined;
    return { address: { remote, path }, kind };
  }
}
