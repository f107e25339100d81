import type { App, SyncRequest } from '../../app';
import type { Log } from '../../base/log';
import type { Place, Plan } from '../../plan/model/plan';
import type { PlanItem } from '../../preview/planIndex';
import type { HostNotice, PlaceName, ReplyTo, RunState } from '../../preview/previewProtocol';
import type { PageRequest } from '../../preview/readPageRequest';
import type { Strings } from '../../preview/strings';

/** The operations of the app that a preview calls. */
export type PreviewApp = Pick<App, 'planSync' | 'runPlan' | 'unfinishedRuns' | 'discardRun'>;

/** What a preview does for each request of its page. */
export type PageHandlers = {
  readonly [Type in PageRequest['type']]: (
    request: Extract<PageRequest, { readonly type: Type }>,
  ) => ReplyTo<Type> extends undefined ? Promise<void> | void : ReplyTo<Type>;
};

/** The services that a preview needs from the rest of the extension. */
export interface PreviewServices {
  readonly log: Log;
  showLog(): void;
  /** Opens a diff editor with the target's file on the left and the source's on the right, or the only file. */
  openDiff(plan: Plan, item: PlanItem): Promise<void>;
  /** Shows a whole sentence: what failed and what to do. */
  describeError(error: unknown): string;
  /** Asks the user to confirm the deletes of this plan, on either side. */
  confirmDeletes(plan: Plan): Promise<boolean>;
  /** Explains for any path, starting with this one, whether it takes part and which rule decides. */
  explainPath(request: SyncRequest, path?: string): Promise<void>;
  /** Offers the request as a command line. */
  copyAsCommand(request: SyncRequest): Promise<void>;
  /** Number of concurrent transfers. */
  transfers(): number;
}

/** The services that a session needs from its panel. */
export interface PanelHost {
  readonly words: Strings;
  readonly language: string;
  nameOf(place: Place): PlaceName;
  tell(notice: HostNotice): void;
  /** Called after the sides were swapped or the verb changed; the title changes with them. */
  renamed(): void;
  close(): void;
  savePlan(plan: Plan): Promise<void>;
  /** Saves the plan as lines of text; a comparison as one line a file, like `rclone check --combined`. */
  saveList(plan: Plan): Promise<void>;
  /** Shows an error that the page cannot show. */
  showError(sentence: string): void;
  runBegan(): void;
  /** Called a few times a second; `share` is 0…1. */
  runProgressed(run: RunState): void;
  runEnded(run: RunState, summary: string): void;
  now(): number;
}
