import path from 'node:path';
import * as vscode from 'vscode';
import type { App } from '../../app';
import { md5OfPieces } from '../../base/digest';
import type { Place, Plan, Skipped } from '../../plan/model/plan';
import type { PlanItem } from '../../preview/planIndex';
import { fileIfExists } from '../../remote/endpoint';
import type { FileEntry } from '../../remote/entry';
import type { Remote } from '../../remote/remote';
import { isRemoteError, RemoteError } from '../../remote/remoteError';
import { baseName, joinPath, pathProblem } from '../../remote/remotePath';
import { maxEditorBytes } from '../../usecases/openRemoteFile';
import type { Snapshots } from '../files/snapshots';
import { neverAborted } from '../platform/cancellation';
import { formatPlace } from '../platform/places';
import { toUri } from '../platform/remoteUri';
import { format } from '../window/numberFormat';
import { entryFacts, looksBinary } from './entryFacts';

export interface ContentDiffParts {
  readonly app: Pick<App, 'openPlace'>;
  readonly snapshots: Snapshots;
  readonly largeFileBytes: () => number;
}

/** One side of a row in a plan. */
interface SideFile {
  readonly place: Place;
  readonly entry: FileEntry;
}

/** Number of bytes at the start of a file that decide between text and other content. */
const sniffedBytes = 4096;

/**
 * Shows the content behind a row: a diff editor with the target's file on the left and the source's on the right, or the one file
 * when there is only one. Shows the facts of both when the content is not text, is large or is equal. Throws RemoteError.
 */
export async function openContentDiff(parts: ContentDiffParts, plan: Plan, item: PlanItem): Promise<void> {
  const { source, target } = await sidesOf(parts, plan, item);
  const only = source && target ? undefined : (source ?? target);
  if (only) return showOne(parts, only);
  if (!source || !target) return;
  const name = baseName(source.entry.path);
  const title = `${name}: ${formatPlace(target.place, 'short')} ↔ ${formatPlace(source.place, 'short')}`;
  const factsOnly =
    ('kind' in item && item.kind === 'setTime') ||
    [source, target].some(({ entry }) => entry.size > parts.largeFileBytes()) ||
    (await isBinary(parts, source)) ||
    (await isBinary(parts, target));
  const [left, right] = factsOnly
    ? [await factsOf(parts, target), await factsOf(parts, source)]
    : [uriOf(target), uriOf(source)];
  await vscode.commands.executeCommand('vscode.diff', left, right, title, { preview: true });
}

interface Sides {
  readonly source: SideFile | undefined;
  readonly target: SideFile | undefined;
}

/** Returns the file of each side under a row's name; undefined when absent. */
async function sidesOf(parts: ContentDiffParts, plan: Plan, item: PlanItem): Promise<Sides> {
  if ('side' in item) return skippedSides(parts, plan, item);
  const source = 'source' in item ? item.source : undefined;
  const target = 'kind' in item ? item.before : item.target;
  return {
    source: source && { place: plan.source, entry: source },
    target: target && { place: plan.target, entry: target },
  };
}

/** A plan has only the names of skipped files, so this looks up both sides. */
async function skippedSides({ app }: ContentDiffParts, plan: Plan, { path: name }: Skipped): Promise<Sides> {
  const problem = pathProblem(name);
  if (problem !== undefined)
    throw new RemoteError('badName', `${JSON.stringify(name)} ${problem}, so it can't be opened.`);
  const look = async (place: Place): Promise<SideFile | undefined> => {
    const { remote, root } = await app.openPlace(place);
    const entry = await fileIfExists(remote, joinPath(root, name), neverAborted());
    return entry && { place, entry };
  };
  const [source, target] = await Promise.all([look(plan.source), look(plan.target)]);
  if (!source && !target) throw new RemoteError('unsupported', `"${name}" is not a file that can be opened.`);
  return { source, target };
}

async function showOne(parts: ContentDiffParts, side: SideFile): Promise<void> {
  const uri = side.entry.size > parts.largeFileBytes() ? await factsOf(parts, side) : uriOf(side);
  // `vscode.open` chooses the right editor, also for pictures, which a text editor rejects.
  await vscode.commands.executeCommand('vscode.open', uri, { preview: true });
}

/** Creates a snapshot with the facts of a file. Looks the file up, because a listing has only some of them. */
async function factsOf(parts: ContentDiffParts, side: SideFile): Promise<vscode.Uri> {
  const { remote } = await parts.app.openPlace(side.place);
  const now = await remote.stat(side.entry.path, neverAborted()).catch((error: unknown) => {
    if (isRemoteError(error)) return side.entry; // the plan's own facts are still worth showing
    throw error;
  });
  const { version, ...rest } = now.kind === 'file' ? now : side.entry;
  // The version of a file on a disk means nothing to a user; its hash does.
  const entry =
    side.place.kind !== 'remote' ? await withHash(remote, rest) : { ...rest, ...(version && { version }) };
  const text = entryFacts(whereIs(side), entry, format());
  return parts.snapshots.add(`${baseName(side.entry.path)}.facts.txt`, Buffer.from(text));
}

/** Adds the MD5 of the content to the entry, when computing it is quick. */
async function withHash(remote: Remote, entry: FileEntry): Promise<FileEntry> {
  if (entry.md5 !== undefined || entry.size > maxEditorBytes) return entry;
  const { stream } = await remote.read(entry.path, {}, neverAborted());
  return { ...entry, md5: await md5OfPieces(stream) };
}

async function isBinary(parts: ContentDiffParts, side: SideFile): Promise<boolean> {
  if (side.entry.size === 0) return false;
  const { remote } = await parts.app.openPlace(side.place);
  const range = { start: 0, end: Math.min(side.entry.size, sniffedBytes) };
  const { stream } = await remote.read(side.entry.path, { range }, neverAborted());
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return looksBinary(Buffer.concat(pieces));
}

/** Entries of a plan have whole paths in their remote; a local folder's remote begins at the folder. */
function uriOf({ place, entry }: SideFile): vscode.Uri {
  switch (place.kind) {
    case 'remote':
      return toUri({ remote: place.remote, path: entry.path });
    case 'folder':
      return vscode.Uri.file(path.join(place.path, ...entry.path.split('/')));
    case 'uri':
      return vscode.Uri.joinPath(vscode.Uri.parse(place.uri, true), ...entry.path.split('/'));
  }
}

function whereIs(side: SideFile): string {
  const { place, entry } = side;
  if (place.kind === 'remote') return formatPlace({ ...place, path: entry.path });
  return place.kind === 'folder'
    ? path.join(place.path, ...entry.path.split('/'))
    : uriOf(side).toString(true);
}
