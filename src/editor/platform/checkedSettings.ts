import {
  type ComparisonMode,
  comparisonModes,
  type FilterRule,
  type MaxDelete,
  parsePlanOptions,
  type RenameTracking,
} from '../../plan/model/planOptions';
import { isRemoteError } from '../../remote/remoteError';

/** The plain settings of the extension, in the units that the code uses. Remotes and syncs are checked by their own parts. */
export interface CheckedSettings {
  /** Rows of a folder that are asked for at once: one request. */
  readonly pageSize: number;
  /** Bytes above which opening a file asks first. */
  readonly largeFileBytes: number;
  /** Milliseconds between two looks at the open remote files; 0 = never look. */
  readonly openFilesIntervalMs: number;
  /** Milliseconds between two questions to a remote for what was changed there; 0 = never ask. */
  readonly changesIntervalMs: number;
  /** Files moved at once. */
  readonly transfers: number;
  /** Whether all files copied to this machine are forced to the disk, not only moved ones. */
  readonly forceToDisk: boolean;
  readonly compare: ComparisonMode;
  /** Whether a sync deletes what only the target has, unless the saved sync or the preview says otherwise. */
  readonly deleteExtraneous: boolean;
  /** Rules that stand before everything else, in rclone's spelling. */
  readonly exclude: readonly FilterRule[];
  readonly useDefaultExcludes: boolean;
  readonly followSymlinks: boolean;
  /** Names of ignore files. */
  readonly ignoreFiles: readonly string[];
  readonly trackRenames: RenameTracking;
  readonly maxDelete: MaxDelete | undefined;
}

const megabyte = 1024 * 1024;

/**
 * Reads the settings through `read` (name without the section → value or undefined). Never throws: a value of another
 * type or out of range counts as the default, as the editor marks it in settings.json already. Pure.
 */
export function checkSettings(read: (name: string) => unknown): CheckedSettings {
  const whole = (name: string, least: number, most: number, otherwise: number) => {
    const value = read(name);
    return typeof value === 'number' && Number.isFinite(value)
      ? Math.min(most, Math.max(least, Math.round(value)))
      : otherwise;
  };
  const flag = (name: string, otherwise: boolean) => {
    const value = read(name);
    return typeof value === 'boolean' ? value : otherwise;
  };
  const compare = read('compare');
  const exclude = read('exclude');
  const largeFile = read('largeFileSize');
  const watchInterval = whole('watchInterval', 0, 24 * 3600, 5);
  return {
    pageSize: whole('pageSize', 10, 1000, 200),
    largeFileBytes:
      (typeof largeFile === 'number' && largeFile > 0 ? Math.min(largeFile, 10_000) : 20) * megabyte,
    openFilesIntervalMs: watchInterval * 1000,
    changesIntervalMs: whole('changesInterval', 0, 24 * 3600, 60) * 1000,
    transfers: whole('transfers', 1, 64, 16),
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
    ignoreFiles: option(read, 'ignoreFiles') ?? [],
    trackRenames: option(read, 'trackRenames') ?? 'none',
    maxDelete: option(read, 'maxDelete'),
  };
}

/** A setting that is an option of a sync as well, by the rules of those. */
function option<Name extends 'ignoreFiles' | 'trackRenames' | 'maxDelete'>(
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
