import type { FileEntry } from '../../remote/entry';
import type { RemotePath } from '../../remote/remotePath';

/** One name with the file that each side has under it; at least one side has a file. */
export interface Match {
  /** Relative to both roots; as spelled on the source, or on the target where only the target has it. */
  readonly path: RemotePath;
  readonly source: FileEntry | undefined;
  readonly target: FileEntry | undefined;
  /** Why the files are left alone, whatever their content. */
  readonly nameConflict: NameConflict | undefined;
  /** The filters exclude the target file, and `deleteExcluded` deletes such files (R19). There is no source file then. */
  readonly excluded?: true;
  /** Why the target file stays although no source file takes part, as the end of a sentence. The source file exists, but is excluded by a limit. */
  readonly protectedBy?: string;
}

export interface NameConflict {
  readonly because: 'sameName' | 'fileAgainstFolder';
  /** The other name, if known. */
  readonly with: string | undefined;
}
