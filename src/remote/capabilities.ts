/** The abilities and name rules of a remote, as plain data for plans and previews. */
export interface Capabilities {
  /** Precision of stored modified times in nanoseconds, or 'none' when the remote stores none. */
  readonly timePrecisionNs: number | 'none';
  /** Whether listings hold the owner's modified time; if not, it takes a `stat` per file. */
  readonly listsModified: boolean;
  /** The hash that `stat` returns, if any. */
  readonly hash: 'md5' | 'none';
  readonly names: NameRules;
  /** Largest file in bytes, where there is a limit. */
  readonly maxFileSize?: number;
  /** Whether the service enforces preconditions atomically, or a check runs just before the write. */
  readonly preconditions: 'atomic' | 'checkThenAct';
  /** Whether folders exist by themselves; false where they are only common prefixes. */
  readonly hasDirectories: boolean;
  /**
   * Whether a name can't be a file and a folder at once although folders are only prefixes: stores on a file system.
   * May become true after a response of the service.
   */
  readonly oneKindPerName?: boolean;
  /** Whether content is on a disk of this machine, so that reading it twice (first for the checksum) is cheap. */
  readonly isLocalDisk?: boolean;
  /**
   * Whether clients in several threads may copy from and to this storage at once: none of them keeps anything that the others need to know,
   * and no pace binds them together. Absent = one client only.
   */
  readonly manyClients?: boolean;
  /**
   * How many ranges of one file may be read at once (`Remote.readInto`), and whether a read of the whole file checks more than
   * they do. Absent where one stream is as fast.
   */
  readonly readsRanges?: { readonly atOnce: number; readonly checkLess: boolean };
  /** Whether reads return and writes accept `FileAttributes`. */
  readonly keepsAttributes?: boolean;
  /** Whether deleted content can be recovered (versioning, trash); undefined when unknown. */
  readonly recoverableDeletes?: boolean;
  /**
   * Identifies the storage, equal for every remote that leads there: the endpoint of a service, a folder with its links resolved.
   * Followed by a slash and a path it identifies that path (`storagePath`). Absent when unknown.
   */
  readonly storageId?: string;
  /**
   * Remotes with equal values use one service with the same paths and the same rights, so the service can copy between them
   * (`Remote.serverSideCopyFrom`). Absent when unknown.
   */
  readonly serverSideCopyGroup?: string;
}

export interface NameRules {
  readonly caseSensitive: boolean;
  /** Whether names that differ only in Unicode normal form are equal to the remote. */
  readonly foldsUnicode: boolean;
  /** Which names can't be stored; see `nameProblem`. */
  readonly forbids: 'nothing' | 'posix' | 'windows';
  /** Maximum length of a whole path in UTF-8 bytes. */
  readonly maxPathBytes?: number;
  /** Maximum length of one part in UTF-8 bytes. */
  readonly maxPartBytes?: number;
  /** Maximum length of one part in UTF-16 units. */
  readonly maxPartUnits?: number;
}

const windowsReserved = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\.|$)/i;

/** Why a remote with these rules can't hold a file at `path`, as the end of a sentence ("has a part that…"), or undefined. */
export function nameProblem(path: string, rules: NameRules): string | undefined {
  if (rules.maxPathBytes !== undefined && Buffer.byteLength(path) > rules.maxPathBytes)
    return `is longer than ${rules.maxPathBytes} bytes`;
  for (const part of path.split('/')) {
    if (
      rules.maxPartBytes !== undefined &&
      part.length * 3 > rules.maxPartBytes &&
      Buffer.byteLength(part) > rules.maxPartBytes
    )
      return `has a part longer than ${rules.maxPartBytes} bytes`;
    if (rules.maxPartUnits !== undefined && part.length > rules.maxPartUnits)
      return `has a part longer than ${rules.maxPartUnits} characters`;
    if (rules.forbids === 'nothing') continue;
    if (part.includes('\0')) return 'contains a NUL character';
    if (rules.forbids === 'posix') continue;
    if (/[<>:"\\|?*\u0001-\u001f]/.test(part)) return 'has a character that Windows does not allow in names';
    if (/[ .]$/.test(part)) return 'has a part that ends with a space or a dot, which Windows drops';
    if (windowsReserved.test(part)) return `has the part "${part}", a device name on Windows`;
  }
  return undefined;
}

const beyondAscii = /[^\0-\x7f]/;

/** `text` in Unicode normal form C, which names in ASCII have already. */
export function composed(text: string): string {
  return beyondAscii.test(text) ? text.normalize('NFC') : text;
}

/** The comparison key of a name: equal for names that a remote with these rules treats as one. For lookups only, never to write. */
export function matchKey(path: string, rules: Pick<NameRules, 'caseSensitive' | 'foldsUnicode'>): string {
  const normal = rules.foldsUnicode ? composed(path) : path;
  return rules.caseSensitive ? normal : normal.toLowerCase();
}

/** Identifies `path` across remotes, or undefined when unknown. Equal for equal places, up to `matchKey`. */
export function storagePath(
  { storageId }: Pick<Capabilities, 'storageId'>,
  path: string,
): string | undefined {
  return storageId === undefined || path === '' ? storageId : `${storageId}/${path}`;
}
