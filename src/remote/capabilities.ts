/** What a remote can do and how it names things: plain data, so that plans and previews can carry it. */
export interface Capabilities {
  /** Nanoseconds between two times that the remote can tell apart, or 'none' when it keeps no modified times. */
  readonly timePrecisionNs: number | 'none';
  /** Whether a listing already holds the owner's modified time, or a `stat` per file is needed for it. */
  readonly listsModified: boolean;
  /** The hash a `stat` can tell, if any. */
  readonly hash: 'md5' | 'none';
  readonly names: NameRules;
  /** Largest file in bytes, where there is a limit. */
  readonly maxFileSize?: number;
  /** Whether a write's precondition is enforced by the service itself (atomically) or by a check just before the write. */
  readonly preconditions: 'atomic' | 'checkThenAct';
  /** Whether folders exist of their own; false where they are only common prefixes. */
  readonly hasDirectories: boolean;
  /**
   * Whether a name can't be a file and a folder at once although folders are only prefixes: stores that keep objects on a file system.
   * May turn true once the service has shown it.
   */
  readonly oneKindPerName?: boolean;
  /** Whether content is read from a disk here, so that reading it twice (to know its checksum first) costs nothing worth saving. */
  readonly isLocalDisk?: boolean;
  /** Whether files have a content type and the like (`FileAttributes`), which reads tell and writes accept. */
  readonly keepsAttributes?: boolean;
  /** Deleted content stays recoverable (versioning, trash); undefined when unknown. */
  readonly recoverableDeletes?: boolean;
  /**
   * Where the tree really is, spelled alike by every remote that leads there, whatever its name: the endpoint of a service, a folder
   * with its links resolved. With a slash and a path behind it, it says where that path is. Absent when it can't be told.
   */
  readonly storageId?: string;
  /**
   * Remotes with the same text here are of one service, name its files by the same paths and have the same rights there, so that the
   * service can copy between them (`Remote.serverSideCopyFrom`). Absent when it can't be told.
   */
  readonly serverSideCopyGroup?: string;
}

export interface NameRules {
  readonly caseSensitive: boolean;
  /** True when two names that differ only in Unicode normal form are one name to the remote. */
  readonly foldsUnicode: boolean;
  /** Which names can't be stored at all; see `nameProblem`. */
  readonly forbids: 'nothing' | 'posix' | 'windows';
  /** Longest whole path in UTF-8 bytes. */
  readonly maxPathBytes?: number;
  /** Longest single part in UTF-8 bytes. */
  readonly maxPartBytes?: number;
  /** Longest single part in UTF-16 units. */
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

/** The key under which two names are one and the same to a remote with these rules. The path itself is never altered. */
export function matchKey(path: string, rules: Pick<NameRules, 'caseSensitive' | 'foldsUnicode'>): string {
  const normal = rules.foldsUnicode ? path.normalize('NFC') : path;
  return rules.caseSensitive ? normal : normal.toLowerCase();
}

/** Where `path` of a remote really is, or undefined when it can't be told. Paths of one place have one text, save for `matchKey`. */
export function storagePath(
  { storageId }: Pick<Capabilities, 'storageId'>,
  path: string,
): string | undefined {
  return storageId === undefined || path === '' ? storageId : `${storageId}/${path}`;
}
