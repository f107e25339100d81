import type { Place } from '../plan/model/plan';
import type { PlanOptions } from '../plan/model/planOptions';
import type { ShellKind } from './shell/shellKinds';

export type Tool = 'aws' | 'rclone';

/** A configured remote, as far as command lines can refer to it. */
export interface KnownRemote {
  readonly name: string;
  /** The backend's id; `s3://…` refers to remotes of the kind `s3`. */
  readonly kind: string;
  /** The profile of the shared AWS files that it signs in with. */
  readonly profile?: string;
  /** As written in the settings; absent = AWS. */
  readonly endpoint?: string;
  readonly region?: string;
  /** The bucket and folder that its tree starts at. */
  readonly root?: string;
  /** All of its settings, as written. */
  readonly written?: Readonly<Record<string, unknown>>;
}

/** The environment of a line. Nothing here sends requests. */
export interface ReadingContext {
  readonly remotes: readonly KnownRemote[];
  /** The absolute local folder that relative paths start from. Undefined without a folder. */
  readonly folder?: string;
  /** The home folder, for `~`. */
  readonly home?: string;
  readonly shell?: ShellKind;
  /**
   * The text of the file at an absolute path (`readTextFileSync`); undefined when there is no file. Throws RemoteError when it can't be
   * read or isn't text: the message becomes the reason why the flag is refused.
   */
  readFile?(path: string): string | undefined;
  /** What is at an absolute local path; undefined when nothing is there. */
  kindOf?(path: string): 'file' | 'folder' | undefined;
  /** Milliseconds since the epoch, for flags that name a date. */
  readonly now?: number;
}

/**
 * The decision on one flag. `understood`: it takes effect in the options or the places, as `means` says. `ignored`: it does not change
 * the result, as `because` says. `refused`: it is not supported, so the result may differ.
 */
export interface FlagVerdict {
  /** As typed: `--delete`, `-c`. */
  readonly flag: string;
  readonly value?: string;
  readonly verdict: 'understood' | 'ignored' | 'refused';
  readonly because?: string;
  readonly means?: string;
  /** With the flag the tool might touch fewer files, so without it nothing is deleted or moved. */
  readonly withholds?: true;
}

/** A known place, or several candidates: then the user chooses. */
export type ReadPlace = { readonly place: Place } | UndecidedPlace;

export interface UndecidedPlace {
  /** Names of remotes. */
  readonly candidates: readonly string[];
  /** Why the remote is undecided, as a sentence. */
  readonly because: string;
  /** As typed: `s3://bucket/prefix`. */
  readonly text: string;
  /** The place on the chosen remote. */
  placeOn(remote: string): Place;
}

/** The meaning of a command line. */
export interface ReadCommand {
  readonly tool: Tool;
  /** The tool's own verb, as typed: `sync`, `cp`, `copyto`. */
  readonly verb: string;
  readonly source: ReadPlace;
  readonly target: ReadPlace;
  /** Complete, with the tool's defaults instead of the user's settings. Refused flags have no effect. */
  readonly options: PlanOptions;
  readonly flags: readonly FlagVerdict[];
  /** Why nothing is deleted or moved although the line requests it, as a sentence. */
  readonly withheld?: string;
}

export function isUndecided(place: ReadPlace): place is UndecidedPlace {
  return 'candidates' in place;
}

/** A request or a plan to write as a line. */
export interface LineRequest {
  readonly source: Place;
  readonly target: Place;
  readonly options: PlanOptions;
}

export type WritablePlace = Exclude<Place, { kind: 'uri' }>;

/** A request that a tool may be able to run. */
export interface WritableRequest extends LineRequest {
  readonly source: WritablePlace;
  readonly target: WritablePlace;
}

export interface WrittenLine {
  readonly tool: Tool;
  /** For a POSIX shell. Absent when the tool can't do it, or a line without the filters would do harm. */
  readonly line?: string;
  /** What the line can't express, one sentence each; empty when it is complete. */
  readonly missing: readonly string[];
  /** Advice for running the line, one sentence each. */
  readonly notes: readonly string[];
}
