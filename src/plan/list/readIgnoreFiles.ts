import { WeightedSemaphore } from '../../base/semaphore';
import { matchKey } from '../../remote/capabilities';
import type { Endpoint } from '../../remote/endpoint';
import type { Entry } from '../../remote/entry';
import { isRemoteError, RemoteError } from '../../remote/remoteError';
import {
  baseName,
  isWithin,
  joinPath,
  type RemotePath,
  relativePath,
  rootPath,
} from '../../remote/remotePath';
import { decodeText } from '../../remote/textFile';
import { createFilter, type FilterOptions } from '../filter/filter';
import type { FilterNames } from '../filter/filterRules';
import { IgnoreFileRules } from '../filter/ignoreFileRules';
import type { PlanOptions } from '../model/planOptions';
import { sortSelected } from '../model/selectedPaths';

const maxFolderConcurrency = 16;
/** A larger file is not read as an ignore file. */
const maxIgnoreFileBytes = 1024 * 1024;

/**
 * The rules of the ignore files in `options.ignoreFiles`, or undefined when it is empty. Reads them from the side that is a disk (the
 * source when both are) in every folder that the filters and the rules read so far include. Does not follow links. A missing root has no
 * rules.
 *
 * Throws RemoteError: `badSettings` when neither side is a disk; the kind of the failure when an ignore file can't be read, is larger than
 * 1 MiB or is no text, because planning with half of the rules could delete files.
 */
export async function readIgnoreFiles(
  source: Endpoint,
  target: Endpoint,
  options: FilterOptions & Pick<PlanOptions, 'ignoreFiles' | 'only'>,
  names: FilterNames,
  signal: AbortSignal,
): Promise<IgnoreFileRules | undefined> {
  const { ignoreFiles = [] } = options;
  if (ignoreFiles.length === 0) return undefined;
  const side = [source, target].find(({ remote }) => remote.capabilities.isLocalDisk);
  if (!side)
    throw new RemoteError(
      'badSettings',
      `The option "ignoreFiles" reads ${ignoreFiles.join(', ')} from a folder of this machine, but neither side is one. Remove the option, and exclude the files with "filters".`,
    );
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const walk = new IgnoreWalk(side, options, names, either);
  try {
    return await walk.read();
  } finally {
    stop.abort(new Error('The ignore files are read.'));
  }
}

class IgnoreWalk {
  private readonly fileNames: readonly string[];
  private readonly rules: IgnoreFileRules;
  private readonly filter;
  private readonly only: { files: readonly string[]; folders: readonly string[] } | undefined;
  private readonly slots = new WeightedSemaphore(maxFolderConcurrency);

  constructor(
    private readonly side: Endpoint,
    options: FilterOptions & Pick<PlanOptions, 'ignoreFiles' | 'only'>,
    private readonly names: FilterNames,
    private readonly signal: AbortSignal,
  ) {
    this.fileNames = (options.ignoreFiles ?? []).map((name) => this.ownKey(name));
    this.rules = new IgnoreFileRules(names);
    this.filter = createFilter(options, names, this.rules);
    const only = options.only && sortSelected(options.only);
    const keys = (paths: readonly RemotePath[]) => paths.map((path) => matchKey(path, names));
    this.only = only && { files: keys(only.files), folders: keys(only.folders) };
  }

  async read(): Promise<IgnoreFileRules> {
    await this.visit(rootPath);
    return this.rules;
  }

  /** Reads the folder's rules, then its subfolders concurrently: only ignore files in or above a folder decide about it. */
  private async visit(folder: RemotePath): Promise<void> {
    const release = await this.slots.acquire(1, this.signal);
    let folders: readonly RemotePath[];
    try {
      folders = await this.readFolder(folder);
    } finally {
      release();
    }
    await Promise.all(
      folders
        .filter((below) => this.mayHoldSelected(below) && !this.filter.maySkipFolder(below))
        .map((below) => this.visit(below)),
    );
  }

  /** Whether the folder may hold selected files. */
  private mayHoldSelected(folder: RemotePath): boolean {
    if (!this.only) return true;
    const key = matchKey(folder, this.names) as RemotePath;
    const { files, folders } = this.only;
    return (
      files.some((file) => isWithin(file as RemotePath, key)) ||
      folders.some((one) => isWithin(one as RemotePath, key) || isWithin(key, one as RemotePath))
    );
  }

  /** Reads the folder's ignore files and returns its subfolders; both relative to the root. */
  private async readFolder(folder: RemotePath): Promise<readonly RemotePath[]> {
    const { root } = this.side;
    const folders = new Set<RemotePath>();
    const found: Entry[] = [];
    try {
      for await (const page of this.entries(joinPath(root, folder), folders))
        for (const entry of page)
          if (entry.kind === 'folder') folders.add(entry.path);
          else if (this.precedence(entry) >= 0) found.push(entry);
    } catch (error) {
      // The listing of the plan reports a folder that can't be listed.
      if (!isRemoteError(error, 'notFound', ...(folder === '' ? [] : (['forbidden'] as const)))) throw error;
      return [];
    }
    // A later name in the option takes precedence, so it is added later.
    found.sort((a, b) => this.precedence(a) - this.precedence(b));
    for (const entry of found) {
      const text = await this.readContent(entry);
      if (text !== undefined) this.rules.add(joinPath(folder, nameOf(entry)), text);
    }
    return [...folders].map((path) => relativePath(path, root));
  }

  /** The entries of one folder. A recursive listing that skips all subfolders reports links as links, and calls `skipFolder` for each subfolder. */
  private entries(folder: RemotePath, folders: Set<RemotePath>): AsyncIterable<readonly Entry[]> {
    const { remote } = this.side;
    const skipFolder = (path: RemotePath) => {
      folders.add(path);
      return true;
    };
    return (
      remote.listRecursive?.(folder, { followSymlinks: false, skipFolder }, this.signal) ??
      remote.list(folder, {}, this.signal)
    );
  }

  /** The position of the entry's name in the option; -1 for other entries. */
  private precedence(entry: Entry): number {
    return entry.kind === 'folder' ? -1 : this.fileNames.indexOf(this.ownKey(nameOf(entry)));
  }

  private ownKey(name: string): string {
    return matchKey(name, this.side.remote.capabilities.names);
  }

  /** The text of an ignore file; undefined when it no longer exists. */
  private async readContent(entry: Entry): Promise<string | undefined> {
    if (entry.kind === 'unusable')
      throw new RemoteError(
        entry.reason === 'unreadable' ? 'forbidden' : 'unsupported',
        unusableText(joinPath(entry.folder, entry.name), `is not a regular file (${entry.reason})`),
      );
    const { path } = entry;
    const tooLarge = () => new RemoteError('unsupported', unusableText(path, 'is larger than 1 MiB'));
    if (entry.kind === 'file' && entry.size > maxIgnoreFileBytes) throw tooLarge();
    try {
      const { stream } = await this.side.remote.read(path, {}, this.signal);
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > maxIgnoreFileBytes) throw tooLarge();
        chunks.push(chunk);
      }
      this.signal.throwIfAborted();
      const decoded = decodeText(Buffer.concat(chunks));
      if ('text' in decoded) return decoded.text;
      throw new RemoteError('corrupted', unusableText(path, `${decoded.problem}. Save it as UTF-8`));
    } catch (error) {
      if (isRemoteError(error, 'notFound')) return undefined;
      if (!isRemoteError(error) || error.message.startsWith('The ignore file')) throw error;
      const text = unusableText(path, `can't be read: ${error.message}`);
      throw new RemoteError(error.kind, text, { cause: error });
    }
  }
}

function nameOf(entry: Entry): string {
  return entry.kind === 'unusable' ? baseName(entry.name as RemotePath) : baseName(entry.path);
}

function unusableText(path: string, problem: string): string {
  const end = problem.endsWith('.') ? '' : '.';
  return `The ignore file "${path}" ${problem}${end} Without its rules too much would be copied or deleted, so nothing was planned.`;
}
