import type { DeleteTime, PlanOptions, Verb } from '../plan/model/planOptions';
import type { RowClass } from './planIndex';
import type { Row, RowState, Tick } from './planRow';
import type { ClassSummary, RowFilter, ViewState } from './planView';
import type { Strings } from './strings';

/** What the page asks of the panel. Closed: `readPageRequest` knows each, and nothing else gets through. */
export type PageRequest =
  | { readonly type: 'ready' }
  | { readonly type: 'rows'; readonly from: number; readonly count: number }
  | { readonly type: 'locate'; readonly keys: readonly string[] }
  | { readonly type: 'find'; readonly start: string; readonly after: number }
  | ({ readonly type: 'filter' } & RowFilter & Anchored)
  | ({ readonly type: 'flat'; readonly flat: boolean } & Anchored)
  | ({ readonly type: 'expand'; readonly key: string; readonly expanded: boolean } & Anchored)
  | ({ readonly type: 'expandAll'; readonly expanded: boolean } & Anchored)
  | { readonly type: 'tick'; readonly key: string; readonly on: boolean }
  /** Rows of `table`; when it has become another one meanwhile, nothing is ticked. */
  | { readonly type: 'toggleRange'; readonly table: number; readonly from: number; readonly to: number }
  | { readonly type: 'tickShown'; readonly on: boolean }
  | { readonly type: 'tickClass'; readonly class: RowClass; readonly on: boolean }
  | { readonly type: 'includeDeletes'; readonly on: boolean }
  | { readonly type: 'compare'; readonly mode: CompareMode }
  | { readonly type: 'deletes'; readonly on: boolean }
  /** Options as the page has them, to be checked; those that can't be are answered with the reason, and nothing changes. */
  | { readonly type: 'setOptions'; readonly options: Readonly<Record<string, unknown>> }
  | { readonly type: 'open'; readonly key: string }
  /** Which rule decides about the file of a row; other paths can be asked about then. */
  | { readonly type: 'explain'; readonly key: string }
  | { readonly [C in PageCommand]: { readonly type: C } }[PageCommand];

/** Commands without anything to say besides. */
export const pageCommands = [
  'swap',
  'rescan',
  'apply',
  'retry',
  'cancel',
  'close',
  'savePlan',
  'saveList',
  'showLog',
  'copyInstead',
  'syncInstead',
  'explainPath',
  'copyAsCommand',
] as const;
export type PageCommand = (typeof pageCommands)[number];

/** As ComparisonMode in the plan's options. */
export const compareModes = ['rclone', 'aws', 'exact-timestamps', 'size-only', 'checksum'] as const;
export type CompareMode = (typeof compareModes)[number];

/** Rows whose new places the page wants to know when the table changes: the active one and the topmost. */
export interface Anchored {
  readonly anchors: readonly string[];
}

/** What the panel answers, by request. */
export interface PageReplies {
  ready: StartReply;
  rows: RowsReply;
  locate: PlacesReply;
  find: { readonly at: number };
  filter: TableReply;
  flat: TableReply;
  expand: TableReply;
  expandAll: TableReply;
  tick: StateReply;
  toggleRange: StateReply;
  tickShown: StateReply;
  tickClass: StateReply;
  includeDeletes: StateReply;
  compare: StateReply;
  deletes: StateReply;
  setOptions: OptionsReply;
  open: undefined;
  explain: undefined;
  swap: undefined;
  rescan: undefined;
  apply: undefined;
  retry: undefined;
  cancel: undefined;
  close: undefined;
  savePlan: undefined;
  saveList: undefined;
  showLog: undefined;
  copyInstead: undefined;
  syncInstead: undefined;
  explainPath: undefined;
  copyAsCommand: undefined;
}

export interface StartReply {
  /** A BCP 47 tag: how numbers and dates are written. */
  readonly language: string;
  readonly words: Strings;
  readonly state: PageState;
}

export interface StateReply {
  readonly state: PageState;
}

export interface OptionsReply extends StateReply {
  /** Why the options were not taken, as a sentence. */
  readonly problem?: string;
}

export interface PlacesReply {
  /** Where the rows of the keys are, or their nearest folders; −1 = nowhere. */
  readonly places: readonly number[];
}

export type TableReply = StateReply & PlacesReply;

export interface RowsReply {
  /** The table that the rows are of; those of an older one are thrown away. */
  readonly table: number;
  readonly from: number;
  readonly rows: readonly Row[];
}

/** What the panel tells the page by itself. */
export type HostNotice =
  | { readonly type: 'state'; readonly state: PageState }
  /** Kept by the page with `setState`, for when the window is loaded again. */
  | { readonly type: 'remember'; readonly saved: SavedPanel };

export type Phase = 'scanning' | 'preview' | 'same' | 'running' | 'finished' | 'error';

/** Everything that the page shows but the rows. Small: it is sent whole. */
export interface PageState {
  readonly phase: Phase;
  readonly verb: Verb;
  readonly source: PlaceName;
  readonly target: PlaceName;
  readonly compare: CompareMode;
  readonly deletes: DeleteTime;
  readonly options: PlanOptions;
  readonly scan?: ScanState;
  /** There while there is a plan, also while another scan runs. */
  readonly table?: TableState;
  readonly run?: RunState;
  readonly banners: readonly Banner[];
  /** Phase `error`: a sentence; absent when the scan was cancelled. */
  readonly error?: string;
}

export interface PlaceName {
  /** `site/dist`, `photos:site-assets/`. */
  readonly short: string;
  readonly full: string;
}

export interface ScanState {
  readonly sourceFiles: number;
  readonly targetFiles: number;
  readonly requested: number;
  readonly completed: number;
  readonly actions: number;
}

export interface TableState {
  /** Another number whenever other rows stand in other places. */
  readonly table: number;
  readonly rowCount: number;
  readonly shown: number;
  readonly all: number;
  readonly classes: readonly ClassSummary[];
  readonly unchanged: number;
  /** Files that only the target has and that stay, when there is nothing to do. */
  readonly extra: number;
  readonly listed: number;
  readonly scanMs: number;
  /** Milliseconds since the epoch. */
  readonly scannedAt: number;
  readonly filter: RowFilter;
  readonly flat: boolean;
  readonly tickOfShown?: Tick;
  /** Whether deletes can be ticked. */
  readonly deletesIncluded: boolean;
  readonly ticksFixed: boolean;
  /** A run has begun, or is over. */
  readonly running: boolean;
}

export interface RunState {
  readonly counts: Readonly<Record<RowState, number>>;
  readonly files: number;
  /** Done, and nothing else: what failed, changed or was cancelled is in `counts`. */
  readonly filesDone: number;
  readonly bytes: number;
  readonly bytesDone: number;
  readonly bytesPerSecond?: number;
  readonly leftMs?: number;
  /** For so long the service asks to wait; absent while requests go through. */
  readonly waitMs?: number;
  readonly ms: number;
  readonly cancelling: boolean;
  /** How many a retry would try again. */
  readonly again: number;
  readonly wasCancelled: boolean;
  /** What the plan has no action for; absent when nothing. `undone`: how many of it should have been copied or deleted. */
  readonly leftAlone?: { readonly conflicts: number; readonly skipped: number; readonly undone: number };
}

export interface Banner {
  readonly tone: 'info' | 'warning' | 'error';
  readonly text: string;
  /** A command of the page that is the way out, and its label. */
  readonly action?: { readonly command: PageCommand; readonly label: string };
}

/** What is kept over a reload of the window. The plan is made anew. */
export interface SavedPanel {
  readonly version: 1;
  readonly request: unknown;
  readonly title?: string;
  readonly view: ViewState;
  /** False when there were too many ticks to keep. */
  readonly ticksKept: boolean;
}

export type { ClassSummary, DeleteTime, PlanOptions, RowClass, RowFilter, Verb };
