import type { ComparisonMode, DeleteTime, PlanOptions, Verb } from '../plan/model/planOptions';
import type { Row, RowState, Tick } from './planRow';
import type { ClassSummary } from './planTicks';
import type { RowFilter, ViewState } from './planView';
import type { PageCommand, PageRequest } from './readPageRequest';
import type { Strings } from './strings';

/** The replies of the panel, by request; other requests get an empty reply. */
interface Replies {
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
}
export type ReplyTo<Type extends PageRequest['type']> = Type extends keyof Replies
  ? Replies[Type]
  : undefined;

export interface StartReply {
  /** A BCP 47 tag, for the format of numbers and dates. */
  readonly language: string;
  readonly words: Strings;
  readonly state: PageState;
}

export interface StateReply {
  readonly state: PageState;
}

export interface OptionsReply extends StateReply {
  /** Why the options were rejected, as a sentence. */
  readonly problem?: string;
}

export interface PlacesReply {
  /** The positions of the rows of the keys, or of their nearest visible parents; −1 without one. */
  readonly places: readonly number[];
}

export type TableReply = StateReply & PlacesReply;

export interface RowsReply {
  /** The table that the rows belong to; the page drops rows of an older one. */
  readonly table: number;
  readonly from: number;
  readonly rows: readonly Row[];
}

/** The notices that the panel sends unasked. */
export type HostNotice =
  | { readonly type: 'state'; readonly state: PageState }
  /** The page keeps this with `setState` for a reload of the window. */
  | { readonly type: 'remember'; readonly saved: SavedPanel };

export type Phase = 'scanning' | 'preview' | 'same' | 'running' | 'finished' | 'error';

/** Everything that the page shows except the rows. Small, so it is always sent whole. */
export interface PageState {
  readonly phase: Phase;
  readonly verb: Verb;
  readonly source: PlaceName;
  readonly target: PlaceName;
  readonly compare: ComparisonMode;
  readonly deletes: DeleteTime;
  readonly options: PlanOptions;
  readonly scan?: ScanState | undefined;
  /** Present while there is a plan, also during another scan. */
  readonly table?: TableState | undefined;
  readonly run?: RunState | undefined;
  readonly banners: readonly Banner[];
  /** In phase `error`: a sentence. Absent when the scan was cancelled. */
  readonly error?: string | undefined;
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
  /** Changes whenever rows change their positions. */
  readonly table: number;
  readonly rowCount: number;
  readonly shown: number;
  readonly all: number;
  readonly classes: readonly ClassSummary[];
  readonly unchanged: number;
  /** Number of files that only the target has and that stay, when there is nothing to do. */
  readonly extra: number;
  readonly listed: number;
  readonly scanMs: number;
  /** Milliseconds since the epoch. */
  readonly scannedAt: number;
  readonly filter: RowFilter;
  readonly flat: boolean;
  readonly tickOfShown?: Tick | undefined;
  /** Whether deletes can be ticked. */
  readonly deletesIncluded: boolean;
  readonly ticksFixed: boolean;
  /** Whether a run has started, even when it is over. */
  readonly running: boolean;
}

export interface RunState {
  readonly counts: Readonly<Record<RowState, number>>;
  readonly files: number;
  /** Counts done actions only; `counts` has those that failed, changed or were cancelled. */
  readonly filesDone: number;
  readonly bytes: number;
  readonly bytesDone: number;
  readonly bytesPerSecond?: number | undefined;
  readonly leftMs?: number | undefined;
  /** How long the service asks to wait; absent while requests succeed. */
  readonly waitMs?: number | undefined;
  readonly ms: number;
  readonly cancelling: boolean;
  /** Number of actions that a retry would repeat. */
  readonly again: number;
  readonly wasCancelled: boolean;
  /** Files without an action; absent when there are none. `undone` counts those that should have been copied or deleted. */
  readonly leftAlone?:
    | { readonly conflicts: number; readonly skipped: number; readonly undone: number }
    | undefined;
}

export interface Banner {
  readonly tone: 'info' | 'warning' | 'error';
  readonly text: string;
  /** The command of the page that resolves the problem, and its label. */
  readonly action?: BannerAction;
  /** A second choice. */
  readonly other?: BannerAction;
}

interface BannerAction {
  readonly command: PageCommand;
  readonly label: string;
}

/** The state that survives a reload of the window. The plan is computed again. */
export interface SavedPanel {
  readonly version: 1;
  readonly request: unknown;
  readonly title?: string;
  readonly view: ViewState;
  /** False when there were too many changed ticks to keep. */
  readonly ticksKept: boolean;
}
