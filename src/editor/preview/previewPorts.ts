import type { SyncRequest } from '../../app';
import type { Log } from '../../base/log';
import type { Place, Plan } from '../../plan/model/plan';
import type { PlanItem } from '../../preview/planIndex';
import type { HostNotice, PlaceName, RunState } from '../../preview/previewProtocol';
import type { Strings } from '../../preview/strings';

/** What the rest of the extension does for a preview. */
export interface PreviewServices {
  readonly log: Log;
  showLog(): void;
  /** Opens a diff editor, left what the target has, right what the source has; or the one file there is. */
  openDiff(plan: Plan, item: PlanItem): Promise<void>;
  /** A whole sentence: what went wrong and what to do. */
  describeError(error: unknown): string;
  /** Asks whether what this plan (the ticked part of the previewed one) takes away, on either side, shall go. */
  confirmDeletes(plan: Plan): Promise<boolean>;
  /** Lets the user ask for any path, beginning with this one, whether it takes part, and which rule decides. */
  explainPath(request: SyncRequest, path?: string): Promise<void>;
  /** Offers the request as a line for a terminal. */
  copyAsCommand(request: SyncRequest): Promise<void>;
  /** Files at once. */
  transfers(): number;
}

/** What a session asks of the panel around it. */
export interface PanelHost {
  readonly words: Strings;
  readonly language: string;
  nameOf(place: Place): PlaceName;
  tell(notice: HostNotice): void;
  /** The sides have been swapped, or the verb is another one, and so is the title. */
  renamed(): void;
  close(): void;
  savePlan(plan: Plan): Promise<void>;
  /** Saves the plan as lines of text: of a comparison one a file, as `rclone check --combined` tells them. */
  saveList(plan: Plan): Promise<void>;
  /** An error that has no place in the page. */
  showError(sentence: string): void;
  runBegan(): void;
  /** A few times a second; `share` 0…1. */
  runProgressed(run: RunState): void;
  runEnded(run: RunState, summary: string): void;
  now(): number;
}
