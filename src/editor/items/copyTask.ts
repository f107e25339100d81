import { englishStrings } from '../../preview/strings';
import { serviceWaits } from '../../preview/summaries';
import type { Remote } from '../../remote/remote';
import type { RemoteAddress } from '../../remote/remoteAddress';
import { isRemoteError } from '../../remote/remoteError';
import { baseName, joinPath, parentPath, type RemotePath, uniqueName } from '../../remote/remotePath';
import { listenToAll } from '../../remote/serviceWaits';
import { type CopyItem, copyItems, type ItemsProgress, type ItemsResult } from '../../usecases/copyItems';
import { type SeenTargets, TargetTaken } from '../../usecases/seenTargets';
import { isCancellation } from '../platform/cancellation';
import type { RemoteChange } from '../platform/remoteChangeEvents';
import type { CommandContext } from '../tree/commandContext';
import { showFailure } from '../window/errorMessages';
import { countOf, format } from '../window/numberFormat';
import { withTreeProgress } from '../window/progress';
import { describeReplaceRecovery } from '../window/recovery';
import * as window from '../window/window';

export type TransferContext = Pick<CommandContext, 'app' | 'settings' | 'changes' | 'output'>;

/** A copy that the user asked for, with what is to be said of it. */
export interface TransferTask {
  /** "Upload", "Download", "Copy", "Move". */
  readonly verb: string;
  readonly items: readonly CopyItem[];
  readonly move?: boolean;
  /** The user agreed already that what is there is replaced: all that is there when the work begins, or what was seen at the question. */
  readonly overwrite?: boolean | SeenTargets;
  /** Where the targets lie, for messages and change events: undefined on this machine. */
  readonly into?: RemoteAddress;
  /** Where the sources lie: undefined on this machine. */
  readonly from?: RemoteAddress;
  /** Told of what was moved although the rest failed or was cancelled. */
  readonly onPartlyMoved?: (items: readonly CopyItem[]) => Promise<void>;
}

/**
 * Copies or moves, asking before anything is replaced, with progress that can be cancelled. Tells of the changes also when it
 * failed half-way. Shows one message when it fails. Resolves to what was done, or undefined.
 */
export async function runTransferTask(
  context: TransferContext,
  work: TransferTask,
): Promise<ItemsResult | undefined> {
  const { verb, move = false } = work;
  let { items, overwrite = false } = work;
  const what = `${verb} ${nameItems(items)}`;
  for (;;) {
    let progress: ItemsProgress | undefined;
    const gone = new Set<CopyItem>();
    try {
      const transfers = context.settings().transfers;
      const result = await withTreeProgress(what, (signal, tell) => {
        let waiting = '';
        const show = () => {
          const done = progress ? progressText(progress) : '';
          tell([done, waiting].filter((part) => part !== '').join(' · '), progress ? shareOf(progress) : 0);
        };
        const onProgress = (now: ItemsProgress) => {
          progress = now;
          show();
        };
        const services = items.flatMap(({ from, to }) => [from.waits, to.waits]);
        const stopListening = listenToAll(services, (until) => {
          waiting = until === undefined ? '' : serviceWaits(until - Date.now(), englishStrings, format());
          show();
        });
        const onMovedWhole = (item: CopyItem) => void gone.add(item);
        return copyItems(
          items,
          { move, overwrite, transfers, onProgress, onMovedWhole, locks: context.app.locks },
          signal,
        ).finally(stopListening);
      });
      tellChanges(context, work, items);
      tellLeftOut(result);
      return result;
    } catch (error) {
      if (gone.size > 0) {
        // These are where they were to go; what is tried again is the rest.
        tellChanges(context, work, [...gone]);
        await work.onPartlyMoved?.([...gone]);
        items = items.filter((item) => !gone.has(item));
      }
      if (error instanceof TargetTaken) {
        const [first] = items;
        const targets = items.map(({ target }) => target);
        const lost =
          first &&
          (await describeReplaceRecovery(first.to, targets, AbortSignal.timeout(10_000)).catch(() => ''));
        const answer = await askReplace(error.message, items.length, lost);
        if (answer === undefined) return undefined;
        if (answer === 'replace') overwrite = error.seen;
        else items = await withFreeNames(items);
        continue;
      }
      // Of the sources none is gone for sure.
      if (progress !== undefined) tellChanges(context, work, items, 'changed');
      if (isCancellation(error)) tellCancelled(verb, progress);
      else {
        const remote = (work.into ?? work.from)?.remote;
        const retry = () => runTransferTask(context, { ...work, items, overwrite });
        showFailure(
          error,
          {
            what: `${what}: ${isRemoteError(error) && error.copied ? 'half done' : 'not done'}`,
            retry,
            ...(remote !== undefined && { remote }),
          },
          context.output,
        );
      }
      return undefined;
    }
  }
}

function nameItems(items: readonly CopyItem[]): string {
  const [only] = items;
  return only && items.length === 1 ? baseName(only.source) : countOf(items.length, 'item');
}

function shareOf(now: ItemsProgress): number {
  return now.bytes > 0 ? now.bytesDone / now.bytes : now.filesDone / (now.files || 1);
}

function progressText(now: ItemsProgress): string {
  const { count, bytes } = format();
  return `${count(now.filesDone)} of ${countOf(now.files, 'file')} · ${bytes(now.bytesDone)} of ${bytes(now.bytes)}`;
}

/**
 * Asks whether what is there is replaced; undefined when the user would rather not go on. `items`: how many are to be copied; `lost`: what
 * becomes of what is replaced, as a sentence.
 */
export async function askReplace(
  message: string,
  items: number,
  lost = '',
): Promise<'replace' | 'keepBoth' | undefined> {
  const chosen = await window.showWarningMessage(
    message,
    {
      modal: true,
      detail: [
        'Replace: files that are there are replaced, folders are merged. Keep Both: the new one gets another name.',
        lost,
      ]
        .filter(Boolean)
        .join(' '),
    },
    items === 1 ? 'Replace' : 'Replace All',
    'Keep Both',
  );
  return chosen === undefined ? undefined : chosen === 'Keep Both' ? 'keepBoth' : 'replace';
}

/** Gives another name to each target that is taken. */
async function withFreeNames(items: readonly CopyItem[]): Promise<CopyItem[]> {
  const renamed: CopyItem[] = [];
  for (const item of items) {
    const taken = new Set<string>();
    const folder = parentPath(item.target);
    let target = item.target;
    while (await isThere(item.to, target)) {
      taken.add(baseName(target));
      target = joinPath(folder, uniqueName(baseName(item.target), taken));
    }
    renamed.push({ ...item, target });
  }
  return renamed;
}

async function isThere(remote: Remote, path: RemotePath): Promise<boolean> {
  try {
    await remote.stat(path, new AbortController().signal);
    return true;
  } catch (error) {
    // Where only writing is allowed, the precondition of the write itself finds out.
    if (isRemoteError(error, 'notFound', 'forbidden')) return false;
    throw error;
  }
}

function tellChanges(
  context: TransferContext,
  { into, from, move }: TransferTask,
  items: readonly CopyItem[],
  sources: 'deleted' | 'changed' = 'deleted',
): void {
  const changes: RemoteChange[] = [];
  for (const { source, target } of items) {
    if (into) changes.push({ remote: into.remote, path: target, kind: 'created' });
    if (from && move) changes.push({ remote: from.remote, path: source, kind: sources });
  }
  context.changes.fire(...changes);
}

function tellLeftOut({ leftOut }: ItemsResult): void {
  if (leftOut.length === 0) return;
  const names = leftOut.slice(0, 5).map((name) => `"${name}"`);
  const more = leftOut.length - names.length;
  void window.showWarningMessage(
    `${countOf(leftOut.length, 'thing')} could not be copied and ${leftOut.length === 1 ? 'was' : 'were'} left out: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`,
  );
}

function tellCancelled(verb: string, progress: ItemsProgress | undefined): void {
  if (!progress || progress.filesDone === 0) return;
  void window.showInformationMessage(
    `${verb} cancelled. ${format().count(progress.filesDone)} of ${countOf(progress.files, 'file')} had been done.`,
  );
}
