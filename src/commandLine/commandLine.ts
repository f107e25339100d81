import type { Place } from '../plan/model/plan';
import type { PlanOptions } from '../plan/model/planOptions';
import type { ShellKind } from './shellKinds';

export type Tool = 'aws' | 'rclone';

/** A configured remote, as far as command lines can mean it. */
export interface KnownRemote {
  readonly name: string;
  /** The backend's id; `s3` remotes are what `s3://…` can stand for. */
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

/** What a line can only be understood with. Nothing here does requests. */
export interface ReadingContext {
  readonly remotes: readonly KnownRemote[];
  /** The folder that relative paths start from: absolute, on this machine. Undefined = there is none. */
  readonly folder?: string;
  /** The home folder, for `~`. */
  readonly home?: string;
  readonly shell?: ShellKind;
  /**
   * The text of a file that a flag names, by its absolute path (`readTextFileSync`); undefined when it isn't there. Throws RemoteError when
   * it can't be read or is no text: the flag is refused then, in these words.
   */
  readFile?(path: string): string | undefined;
  /** What lies at an absolute path of this machine; undefined when nothing does. */
  kindOf?(path: string): 'file' | 'folder' | undefined;
  /** Milliseconds since 1970, for flags that name a day. */
  readonly now?: number;
}

/**
 * What became of one flag. `understood`: it acts in the options or the places (`means` says as what). `ignored`: leaving it out
 * changes nothing that matters (`because` says why). `refused`: the result would be another one without it.
 */
export interface FlagVerdict {
  /** As typed: `--delete`, `-c`. */
  readonly flag: string;
  readonly value?: string;
  readonly verdict: 'understood' | 'ignored' | 'refused';
  readonly because?: string;
  readonly means?: string;
  /** With it the tool might touch fewer files, so that without it nothing is deleted or moved away. */
  readonly withholds?: true;
}

/** A side that is sure, or one of several remotes that could be meant: the user is asked then. */
export type ReadPlace = { readonly place: Place } | UndecidedPlace;

export interface UndecidedPlace {
  /** Names of remotes, the likeliest first. */
  readonly candidates: readonly string[];
  /** Why it isn't sure, as a sentence. */
  readonly because: string;
  /** As typed: `s3://bucket/prefix`. */
  readonly text: string;
  /** The place when that remote is meant. */
  placeOn(remote: string): Place;
}

/** A command line, understood. */
export interface ReadCommand {
  readonly tool: Tool;
  /** The tool's own verb, as typed: `sync`, `cp`, `copyto`. */
  readonly verb: string;
  readonly source: ReadPlace;
  readonly target: ReadPlace;
  /** All that the line means, the tool's defaults included: nothing of it is left to the settings. Refused flags have no part in it. */
  readonly options: PlanOptions;
  readonly flags: readonly FlagVerdict[];
  /** Why nothing is taken away although the line asks for it, as a sentence; the options say so. */
  readonly withheld?: string;
}

export function isUndecided(place: ReadPlace): place is UndecidedPlace {
  return 'candidates' in place;
}

/** What a line is written for: a preview's request, or a plan. */
export interface LineRequest {
  readonly source: Place;
  readonly target: Place;
  readonly options: PlanOptions;
}

export interface WrittenLine {
  readonly tool: Tool;
  /** For a POSIX shell. Absent where the tool can't reach a side, or a line without the filters would do harm. */
  readonly line?: string;
  /** What the line does not say, each as a sentence; empty when it says all. */
  readonly missing: readonly string[];
  /** What is good to know before running it, each as a sentence. */
  readonly notes: readonly string[];
}
