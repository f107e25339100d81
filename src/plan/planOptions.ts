/** What the user wants of a copy or sync. Plain data: stands as `options` in `cloudRemotes.syncs` and in a Plan. */
export interface PlanOptions {
  /** `copy` never deletes, whatever `deletes` says. */
  readonly verb: 'copy' | 'sync';
  readonly compare: ComparisonMode;
  /** Whether files that only the target has are deleted (after all copies, and only if none failed). */
  readonly deletes: 'none' | 'after';
  /** Ordered rules; what decides depends on the dialect. Excluded files are invisible on both sides, so they are never deleted. */
  readonly filters: readonly FilterRule[];
  /** `rclone`: first match wins, `*` stops at `/` (R16–R18). `aws`: last match wins, `*` crosses `/` (A14–A16). */
  readonly filterDialect: 'rclone' | 'aws';
  /** Whether `defaultExcludes` stand before the user's rules. */
  readonly useDefaultExcludes: boolean;
  /** Whether links in a local source are followed (A21) or reported as skipped. */
  readonly followSymlinks: boolean;
}

/**
 * - `rclone`: size, then modified time, then hash (sync-semantics §2.2);
 * - `aws`: size, then LastModified, exactly as `aws s3 sync` (§1);
 * - `exact-timestamps`: as `aws`, with `--exact-timestamps`;
 * - `size-only`; `checksum` (size, then hash; §2.2 step 7).
 */
export type ComparisonMode = 'rclone' | 'aws' | 'exact-timestamps' | 'size-only' | 'checksum';

export const comparisonModes: readonly ComparisonMode[] = [
  'rclone',
  'aws',
  'exact-timestamps',
  'size-only',
  'checksum',
];

export type FilterRule = { readonly include: string } | { readonly exclude: string };

/** Never wanted in a bucket, or holding secrets of the editor and its extensions. rclone spelling. */
export const defaultExcludes: readonly string[] = ['.git/**', '.vscode/**', '.DS_Store', 'Thumbs.db'];

export const defaultPlanOptions: PlanOptions = {
  verb: 'sync',
  compare: 'rclone',
  deletes: 'none',
  filters: [],
  filterDialect: 'rclone',
  useDefaultExcludes: true,
  followSymlinks: true,
};
