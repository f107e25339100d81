import { englishStrings } from '../../preview/strings';
import { serviceWaits } from '../../preview/summaries';
import type { Remote } from '../../remote/remote';
import type { RemoteAddress } from '../../remote/remoteAddress';
import { isRemoteError } from '../../remote/remoteError';
import { baseName, type RemotePath, siblingPath, uniqueName } from '../../remote/remotePath';
import { listenToAll } from '../../remote/serviceWaits';
import { type CopyItem, copyItems, type ItemsProgress, type ItemsResult } from '../../usecases/copyItems';
import { type SeenTargets, TargetTaken } from '../../usecases/seenTargets';
import { isCancellation, neverAborted } from '../platform/cancellation';
import type { RemoteChange } from '../platform/remoteChangeEvents';
import type { EditorContext } from '../window/editorContext';
import { showFailure } from '../window/errorMessages';
import { countOf, format, nameOrCount } from '../window/numberFormat';
import { withTreeProgress } from '../window/progress';
import { describeReplaceRecovery } from '../window/recovery';
import * as window from '../window/window';

/** A copy or move that the user requested. */
export interface TransferTask {
  /** "Upload", "Download", "Copy", "Move". */
  readonly verb: string;
  readonly items: readonly CopyItem[];
  readonly move?: boolean;
  /** Targets that the user agreed to replace: all, or those that the question named. */
  readonly overwrite?: boolean | SeenTargets;
  /** The remote of the targets, for messages and change events; undefined on this machine. */
  readonly into?: RemoteAddress;
  /** The remote of the sources; undefined on this machine. */
  readonly from?: RemoteAddress;
  /** Receives the items that were moved before an error or a cancellation. */
  readonly onPartlyMoved?: (items: readonly CopyItem[]) => Promise<void>;
}

/**
 * Copies or moves with progress, and asks before it replaces anything. Fires the changes, also of a partial transfer, and shows an
 * error. Resolves to the result, or to undefined after an error or a cancellation.
 */
export async function runTransferTask(
  context: EditorContext,
  task: TransferTask,
): Promise<ItemsResult | undefined> {
  let current = task;
  const title = `${task.verb} ${nameOrCount(task.items.map(({ source }) => baseName(source)))}`;
  for (;;) {
    let progress: ItemsProgress | undefined;
    const moved = new Set<CopyItem>();
    try {
      const result = await copyWithProgress(context, current, title, {
        onProgress: (now) => {
          progress = now;
        },
        onMovedWhole: (item) => void moved.add(item),
      });
      fireChanges(context, task, current.items);
      warnOmitted(result);
      return result;
    } catch (error) {
      if (moved.size > 0) {
        fireChanges(context, task, [...moved]);
        await task.onPartlyMoved?.([...moved]);
        current = { ...current, items: current.items.filter((item) => !moved.has(item)) };
      }
      if (error instanceof TargetTaken) {
        const resolved = await resolveTaken(current, error);
        if (!resolved) return undefined;
        current = resolved;
      } else {
        // Some of the sources may still exist.
        if (progress !== undefined) fireChanges(context, task, current.items, 'changed');
        if (isCancellation(error)) reportCancelled(task.verb, progress);
        else showTransferFailure(context, current, title, error);
        return undefined;
      }
    }
  }
}

async function copyWithProgress(
  context: EditorContext,
  { items, move = false, overwrite = false }: TransferTask,
  title: string,
  listeners: {
    readonly onProgress: (progress: ItemsProgress) => void;
    readonly onMovedWhole: (item: CopyItem) => void;
  },
): Promise<ItemsResult> {
  return withTreeProgress(title, (signal, report) => {
    let progress: ItemsProgress | undefined;
    let waiting = '';
    const show = () => {
      const done = progress ? progressText(progress) : '';
      report([done, waiting].filter(Boolean).join(' · '), progress ? fractionOf(progress) : 0);
    };
    const onProgress = (now: ItemsProgress) => {
      progress = now;
      listeners.onProgress(now);
      show();
    };
    const services = items.flatMap(({ from, to }) => [from.waits, to.waits]);
    const stopListening = listenToAll(services, (until) => {
      waiting = until === undefined ? '' : serviceWaits(until - Date.now(), englishStrings, format());
      show();
    });
    const { transfers } = context.settings();
    const options = { ...listeners, move, overwrite, transfers, onProgress, locks: context.app.locks };
    return copyItems(items, options, signal).finally(stopListening);
  });
}

/** The task with the user's decision about existing targets; undefined when the user cancels. */
async function resolveTaken(task: TransferTask, taken: TargetTaken): Promise<TransferTask | undefined> {
  const { items } = task;
  const targets = items.map(({ target }) => target);
  const decision = await askReplace(taken.message, items[0]?.to, targets);
  if (decision === 'replace') return { ...task, overwrite: taken.seen };
  if (decision === undefined) return undefined;
  const renamed: CopyItem[] = [];
  for (const item of items) renamed.push({ ...item, target: await uniquePath(item.to, item.target) });
  return { ...task, items: renamed };
}

function showTransferFailure(
  context: EditorContext,
  task: TransferTask,
  title: string,
  error: unknown,
): void {
  const remote = (task.into ?? task.from)?.remote;
  const isCopied = isRemoteError(error) && error.copied;
  showFailure(
    error,
    {
      what: isCopied ? `${title}: copied, but the source was not removed` : `${title} failed`,
      retry: () => runTransferTask(context, task),
      ...(remote !== undefined && { remote }),
    },
    context.output,
  );
}

function fractionOf({ bytes, bytesDone, files, filesDone }: ItemsProgress): number {
  return bytes > 0 ? bytesDone / bytes : filesDone / (files || 1);
}

function progressText(progress: ItemsProgress): string {
  const { count, bytes } = format();
  const { files, filesDone } = progress;
  return `${count(filesDone)} of ${countOf(files, 'file')} · ${bytes(progress.bytesDone)} of ${bytes(progress.bytes)}`;
}

/** Asks whether to replace existing `targets`; undefined when the user cancels. */
export async function askReplace(
  message: string,
  to: Remote | undefined,
  targets: readonly RemotePath[],
): Promise<'replace' | 'keepBoth' | undefined> {
  const recovery =
    to && (await describeReplaceRecovery(to, targets, AbortSignal.timeout(10_000)).catch(() => ''));
  const explanation =
    'Replace overwrites existing files and merges folders. Keep Both renames the new items.';
  const chosen = await window.showWarningMessage(
    message,
    { modal: true, detail: [explanation, recovery].filter(Boolean).join(' ') },
    targets.length === 1 ? 'Replace' : 'Replace All',
    'Keep Both',
  );
  return chosen === undefined ? undefined : chosen === 'Keep Both' ? 'keepBoth' : 'replace';
}

/** `path`, or the first unused name beside it. `isTaken`: `path` is known to exist. */
export async function uniquePath(remote: Remote, path: RemotePath, isTaken = false): Promise<RemotePath> {
  const taken = new Set<string>();
  let target = path;
  while ((isTaken && taken.size === 0) || (await exists(remote, target))) {
    taken.add(baseName(target));
    target = siblingPath(path, uniqueName(baseName(path), taken));
  }
  return target;
}

async function exists(remote: Remote, path: RemotePath): Promise<boolean> {
  try {
    await remote.stat(path, neverAborted());
    return true;
  } catch (error) {
    // With write-only permissions the stat is forbidden; the precondition of the write decides.
    if (isRemoteError(error, 'notFound', 'forbidden')) return false;
    throw error;
  }
}

function fireChanges(
  context: EditorContext,
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

function warnOmitted({ leftOut }: ItemsResult): void {
  if (leftOut.length === 0) return;
  const names = leftOut.slice(0, 5).map((name) => `"${name}"`);
  const more = leftOut.length > names.length ? ` and ${leftOut.length - names.length} more` : '';
  void window.showWarningMessage(
    `${countOf(leftOut.length, 'item')} can't be copied: ${names.join(', ')}${more}.`,
  );
}

function reportCancelled(verb: string, progress: ItemsProgress | undefined): void {
  if (!progress || progress.filesDone === 0) return;
  const done = `${format().count(progress.filesDone)} of ${countOf(progress.files, 'file')}`;
  void window.showInformationMessage(`${verb} cancelled after ${done}.`);
}
