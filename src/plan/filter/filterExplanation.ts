import type { Instant } from '../../remote/modifiedTime';
import { type FilterOptions, foldersAbove, ruleSets } from './filter';
import type { CompiledRule, FilterNames } from './filterRules';
import type { IgnoreFileRules } from './ignoreFileRules';
import type { Limits } from './limits';

/** Whether a file takes part, and the rule that decides. */
export interface FilterExplanation {
  readonly included: boolean;
  /** Absent where no rule matches the file, so that it is included. */
  readonly by?: DecidingRule;
}

export interface DecidingRule {
  /** limits: its size or time. only: the user selected other files. */
  readonly set: 'usualExcludes' | 'filters' | 'ignoreFile' | 'limits' | 'only';
  /** The rule in the syntax of its dialect; for limits and `only` the end of a sentence ("is smaller than 10K"). */
  readonly text: string;
  /** No user wrote the rule: where rclone's rules only include, everything else is excluded (R16). */
  readonly implied?: true;
  /** The ignore file that holds the rule, relative to the root. */
  readonly file?: string;
  /** The folder above the file that the rule excludes, and the file with it. */
  readonly folder?: string;
}

/** The facts of the file that limits apply to. An absent fact counts as within the limits. */
export interface LimitedFacts {
  readonly size?: number;
  readonly modified?: Instant;
  readonly limits: Limits | undefined;
}

/**
 * Explains the result of `createFilter` (with the same options, ignore files and names) for the file at `path`, relative to the root. For an
 * excluded file, the deciding rule is the first that excludes a folder above it, from the top, or the file; for an included file it is the
 * last include that matches. Limits apply too, where given. Throws RemoteError `badSettings` as `createFilter`.
 */
export function explainFilter(
  options: FilterOptions,
  ignoreFiles: IgnoreFileRules | undefined,
  path: string,
  names: FilterNames,
  { size, modified, limits }: LimitedFacts = { limits: undefined },
): FilterExplanation {
  const sets = ruleSets(options, names, ignoreFiles);
  const text = names.foldsUnicode ? path.normalize('NFC') : path;
  let included: DecidingRule | undefined;
  for (const part of [...foldersAbove(text), text])
    for (const set of sets) {
      const rule = set.ruleFor(part);
      const above = part === text ? undefined : part.slice(0, -1);
      if (rule && !rule.include) return { included: false, by: decidingRule(set.origin, rule, above) };
      if (rule && above === undefined) included = decidingRule(set.origin, rule, undefined);
    }
  const limit =
    (size !== undefined ? limits?.sizeProblem(size) : undefined) ??
    (modified && limits?.timeProblem(modified));
  if (limit !== undefined) return { included: false, by: { set: 'limits', text: limit } };
  return { included: true, ...(included && { by: included }) };
}

function decidingRule(
  set: DecidingRule['set'],
  { text, implied, file }: CompiledRule,
  folder: string | undefined,
): DecidingRule {
  return {
    set,
    text,
    ...(implied && { implied }),
    ...(file !== undefined && { file }),
    ...(folder !== undefined && { folder }),
  };
}

/** The explanation as a sentence about `path`. */
export function explanationText(path: string, { included, by }: FilterExplanation): string {
  const file = `"${path}"`;
  if (!by) return `${file} takes part: no rule matches it.`;
  if (by.set === 'limits' || by.set === 'only') return `${file} is left out: it ${by.text}.`;
  if (by.implied)
    return `${file} is left out: the filters only include, and none includes ${by.folder === undefined ? 'it' : `anything in the folder "${by.folder}"`}.`;
  const rule = `the rule "${by.text}" of ${setText(by)}`;
  if (included) return `${file} takes part: ${rule} includes it.`;
  return by.folder === undefined
    ? `${file} is left out by ${rule}.`
    : `${file} is left out: ${rule} leaves out the folder "${by.folder}".`;
}

function setText({ set, file }: DecidingRule): string {
  if (set === 'usualExcludes') return 'the usual excludes';
  return set === 'ignoreFile' ? `the ignore file "${file ?? ''}"` : 'the filters';
}
