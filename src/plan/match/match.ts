import type { FileEntry } from '../../remote/entry';
import type { RemotePath } from '../../remote/remotePath';

/** One name with what each side has under it; at least one side has something. */
export interface Match {
  /** Relative to both roots; as spelled on the source, or on the target for what only that has. */
  readonly path: RemotePath;
  readonly source: FileEntry | undefined;
  readonly target: FileEntry | undefined;
  /** Why this is left alone whatever the content is. */
  readonly nameConflict: NameConflict | undefined;
  /** The filters hide the target's file, and such files are to be deleted (R19). Then there is no source. */
  readonly excluded?: true;
  /**
   * Why the target's file must stay although there is no source here, as the end of a sentence: the source's file takes no part for
   * another reason than its name.
   */
  readonly protectedBy?: string;
}

export interface NameConflict {
  readonly because: 'sameName' | 'fileAgainstFolder';
  /** The other name, where it is known. */
  readonly with: string | undefined;
}
