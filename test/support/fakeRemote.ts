import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Capabilities } from '../../src/remote/capabilities';
import type { Entry, FileEntry, UnsupportedEntry } from '../../src/remote/entry';
import type { Instant } from '../../src/remote/modifiedTime';
import type { Remote } from '../../src/remote/remote';
import { RemoteError } from '../../src/remote/remoteError';
import {
  comparePaths,
  isWithin,
  joinPath,
  parsePath,
  type RemotePath,
  relativePath,
} from '../../src/remote/remotePath';

/** A file of a fake remote with all its facts; absent facts are unknown. */
export interface FakeFile {
  readonly path: string;
  readonly content: string;
  readonly modified?: Instant;
  readonly serverModified?: Instant;
  /** Absent: of the content, where the remote knows MD5s. null: unknown, as of a multipart object. */
  readonly md5?: string | null;
  readonly storageClass?: string;
  readonly readonly?: string;
}

export interface FakeOptions {
  /** folder: like a local disk; store: like S3 (listings without the owner's time, MD5 known, no directories). */
  readonly like: 'folder' | 'store';
  readonly files?: readonly FakeFile[];
  readonly unusable?: readonly UnsupportedEntry[];
  readonly capabilities?: Partial<Capabilities>;
  /** Lists folder by folder only. */
  readonly walksOnly?: boolean;
  /** Whether a file can be copied or moved within it. Default true. */
  readonly copiesWithin?: boolean;
  /** Whether `setModifiedTime` exists. Default true. */
  readonly setsTime?: boolean;
  /** Whether small files can be hashed together, as on a disk. Default false. */
  readonly hashesMany?: boolean;
  readonly pageSize?: number;
  /** Errors by operation and path: `list:a/b`, `stat:a`, `read:a`, `hash:a`. */
  readonly fails?: Readonly<Record<string, RemoteError>>;
  /** Every response waits for this. */
  readonly pause?: () => Promise<void>;
  /** The missing root of a disk, or a missing bucket. */
  readonly missing?: boolean;
}

export interface FakeRemote extends Remote {
  /** The requests in order: `stat:a`, `read:a`, `hash:a`, `list:`. */
  readonly asked: string[];
  /** Maximum of concurrent requests. */
  readonly busiest: number;
}

export function md5(content: string): string {
  return createHash('md5').update(content).digest('hex');
}

/** A read-only remote whose facts the test controls. */
export function fakeRemote(options: FakeOptions): FakeRemote {
  const store = options.like === 'store';
  const capabilities: Capabilities = {
    timePrecisionNs: 1,
    listsModified: !store,
    hash: store ? 'md5' : 'none',
    names: { caseSensitive: true, foldsUnicode: false, forbids: 'nothing' },
    preconditions: 'atomic',
    hasDirectories: !store,
    ...options.capabilities,
  };
  const files = new Map((options.files ?? []).map((file) => [file.path, file]));
  const asked: string[] = [];
  let open = 0;
  let busiest = 0;

  async function ask(operation: string, path: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    asked.push(`${operation}:${path}`);
    busiest = Math.max(busiest, ++open);
    try {
      await options.pause?.();
      signal.throwIfAborted();
    } finally {
      open--;
    }
    const error = options.fails?.[`${operation}:${path}`];
    if (error) throw error;
  }

  async function fileAt(operation: string, path: string, signal: AbortSignal): Promise<FakeFile> {
    await ask(operation, path, signal);
    const file = files.get(path);
    if (file) return file;
    throw new RemoteError('notFound', `There is no "${path}".`);
  }

  function entryOf(file: FakeFile, exact: boolean): FileEntry {
    const hash = file.md5 === undefined ? md5(file.content) : file.md5;
    return {
      kind: 'file',
      path: parsePath(file.path),
      size: file.content.length,
      ...(file.modified && (exact || !store) && { modified: file.modified }),
      ...(file.serverModified && { serverModified: file.serverModified }),
      ...(capabilities.hash === 'md5' && hash !== null && { md5: hash }),
      ...(file.storageClass !== undefined && { storageClass: file.storageClass }),
      ...(file.readonly !== undefined && (exact || !store) && { readonly: file.readonly }),
      ...((exact || !store) && { exact: true }),
    };
  }

  async function* pages(
    entries: readonly Entry[],
    operation: string,
    folder: RemotePath,
    signal: AbortSignal,
  ) {
    const size = options.pageSize ?? 1000;
    await ask(operation, folder, signal);
    if (options.missing) throw new RemoteError('notFound', `There is no "${folder}".`);
    for (let i = 0; i < entries.length; i += size) {
      if (i > 0) await ask(operation, `${folder}#${i}`, signal);
      yield entries.slice(i, i + size);
    }
  }

  function children(folder: RemotePath): Entry[] {
    const found = new Map<string, Entry>();
    for (const unusable of options.unusable ?? [])
      if (unusable.folder === folder) found.set(`unusable ${unusable.name}`, unusable);
    for (const file of files.values()) {
      const path = parsePath(file.path);
      if (!isWithin(path, folder)) continue;
      const rest = relativePath(path, folder);
      const slash = rest.indexOf('/');
      if (slash < 0) found.set(`file ${rest}`, entryOf(file, false));
      else {
        const name = rest.slice(0, slash);
        found.set(`folder ${name}`, { kind: 'folder', path: joinPath(folder, name) });
      }
    }
    // Any order is allowed; the reverse one differs most from the expected one.
    return [...found.values()].reverse();
  }

  const refuse = async () => {
    throw new Error('Planning must not write.');
  };

  return {
    capabilities,
    asked,
    get busiest() {
      return busiest;
    },
    list: (folder, _options, signal) => pages(children(folder), 'list', folder, signal),
    ...(!options.walksOnly && {
      listRecursive: (folder: RemotePath, _options: unknown, signal: AbortSignal) => {
        const below = [...files.values()]
          .filter((file) => isWithin(parsePath(file.path), folder))
          .sort((a, b) => comparePaths(a.path, b.path))
          .map((file) => entryOf(file, false));
        return pages([...(options.unusable ?? []), ...below], 'listRecursive', folder, signal);
      },
    }),
    async stat(path, signal) {
      return entryOf(await fileAt('stat', path, signal), true);
    },
    async read(path, _options, signal) {
      const file = await fileAt('read', path, signal);
      return { stream: Readable.from([Buffer.from(file.content)]), entry: entryOf(file, true) };
    },
    ...(options.hashesMany && {
      computeMd5s: (wanted: readonly FileEntry[], signal: AbortSignal) =>
        Promise.all(
          wanted.map(({ path }) =>
            fileAt('hash', path, signal).then(
              ({ content }) => md5(content),
              () => undefined,
            ),
          ),
        ),
    }),
    write: refuse,
    removeFile: refuse,
    makeFolder: refuse,
    removeFolder: refuse,
    ...(options.copiesWithin !== false && (store ? { serverSideCopy: refuse } : { serverSideMove: refuse })),
    ...(options.setsTime !== false && { setModifiedTime: refuse }),
  };
}
