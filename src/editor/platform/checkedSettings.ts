import {
  type ComparisonMode,
  comparisonModes,
  type FilterRule,
  type MaxDelete,
  parsePlanOptions,
  type RenameTracking,
} from '../../plan/model/planOptions';
import { isRemoteError } from '../../remote/remoteError';

/** The settings of the extension in the units of the code, without `remotes` and `syncs`. */
export interface CheckedSettings {
  /** Entries of a folder per request. */
  readonly pageSize: number;
  /** Bytes above which the user confirms before a file is opened. */
  readonly largeFileBytes: number;
  /** Milliseconds between two polls of the open remote files; 0 = never. */
  readonly openFilesIntervalMs: number;
  /** Milliseconds between two polls of a remote for changes; 0 = never. */
  readonly changesIntervalMs: number;
  /** Files transferred concurrently. */
  readonly transfers: number;
  /** Threads that share the small files of a run; 0 = as many as suit this machine. */
  readonly transferThreads: number;
  /** Whether all files copied to this machine are flushed to disk, not only moved files. */
  readonly forceToDisk: boolean;
  readonly compare: ComparisonMode;
  /** Whether a sync deletes extraneous files of the target; a saved sync and the preview can override it. */
  readonly deleteExtraneous: boolean;
  /** Rules that come before all others, in rclone's syntax. */
  readonly exclude: readonly FilterRule[];
  readonly useDefaultExcludes: boolean;
  readonly followSymlinks: boolean;
  /** Names of ignore files. */
  readonly ignoreFiles: readonly string[];
  readonly trackRenames: RenameTracking;
  readonly maxDelete: MaxDelete | undefined;
}

const megabyte = 1024 * 1024;
const day = 24 * 3600;

/**
 * Reads the settings through `read` (name without the section → value or undefined). Never throws: a value of the wrong type becomes
 * the default and a number out of range becomes the nearest limit. The editor already marks both in settings.json. Pure.
 */
export function checkSettings(read: (name: string) => unknown): CheckedSettings {
  const integer = (name: string, min: number, max: number, fallback: number) => {
    const value = read(name);
    return typeof value === 'number' && Number.isFinite(value)
      ? Math.min(max, Math.max(min, Math.round(value)))
      : fallback;
  };
  const flag = (name: string, fallback: boolean) => {
    const value = read(name);
    return typeof value === 'boolean' ? value : fallback;
  };
  const compare = read('compare');
  const exclude: unknown = read('exclude');
  const largeFile = read('largeFileSize');
  return {
    pageSize: integer('pageSize', 10, 1000, 200),
    largeFileBytes:
      (typeof largeFile === 'number' && largeFile > 0 ? Math.min(largeFile, 10_000) : 20) * megabyte,
    openFilesIntervalMs: integer('watchInterval', 0, day, 5) * 1000,
    changesIntervalMs: integer('changesInterval', 0, day, 60) * 1000,
    transfers: integer('transfers', 1, 64, 64),
    transferThreads: integer('transferThreads', 0, 8, 0),
    forceToDisk: flag('forceToDisk', false),
    compare: comparisonModes.find((mode) => mode === compare) ?? 'rclone',
    deleteExtraneous: flag('deleteExtraneous', false),
    exclude: Array.isArray(exclude)
      ? exclude
          .filter((rule): rule is string => typeof rule === 'string' && rule !== '')
          .map((rule) => ({ exclude: rule }))
      : [],
    useDefaultExcludes: flag('useDefaultExcludes', true),
    followSymlinks: flag('followSymlinks', true),
    ignoreFiles: planOption(read, 'ignoreFiles') ?? [],
    trackRenames: planOption(read, 'trackRenames') ?? 'none',
    maxDelete: planOption(read, 'maxDelete'),
  };
}

/** A setting that is also an option of a sync; undefined when `parsePlanOptions` rejects it. */
function planOption<Name extends 'ignoreFiles' | 'trackRenames' | 'maxDelete'>(
  read: (name: string) => unknown,
  name: Name,
): ReturnType<typeof parsePlanOptions>[Name] | undefined {
  const value = read(name) ?? undefined;
  try {
    return parsePlanOptions({ [name]: value })[name];
  } catch (error) {
    if (isRemoteError(error, 'badSettings')) return undefined;
    throw error;
  }
}
