import { withoutSecrets } from '../base/maskedText';
import type { FilterRule, PlanOptions } from '../plan/model/planOptions';
import type { FlagVerdict, ReadingContext } from './commandLine';
import { isSafeToShow } from './shownValues';

/** What the flags of one line say so far. */
export interface ParseState {
  readonly context: ReadingContext;
  /** The tool's verb, as typed. */
  readonly verb: string;
  readonly options: { -readonly [Name in keyof PlanOptions]: PlanOptions[Name] };
  readonly filters: FilterRule[];
  /** Which remote is meant, as far as flags tell. */
  readonly hints: { profile?: string; endpoint?: string; region?: string; sourceRegion?: string };
}

export type FlagDecision = Pick<FlagVerdict, 'verdict' | 'because' | 'means' | 'withholds'> & {
  /** A setting of the remote that does the same: where the target's remote has this value, the flag is understood. */
  readonly setting?: { readonly name: string; readonly title: string };
};

/** One flag: what stands behind it, and what it does to the state. `value` is empty for a flag that takes none. */
export interface FlagRule {
  readonly arity: FlagArity;
  read(value: string, state: ParseState): FlagDecision;
}

export type FlagRules = ReadonlyMap<string, FlagRule>;

export function understood(means: string): FlagDecision {
  return { verdict: 'understood', means };
}

/** Of what has no say in which files are touched, nor in what becomes of them. */
export function ignored(because: string): FlagDecision {
  return { verdict: 'ignored', because };
}

/** With the flag the tool might touch fewer files, as far as anybody knows: nothing is taken away without it. */
export function refused(because: string): FlagDecision {
  return { verdict: 'refused', because, withholds: true };
}

/** Refused, though the same files are touched or more: it is about what the copies are like, or makes the tool bolder. */
export function unavailable(because: string): FlagDecision {
  return { verdict: 'refused', because };
}

/** Rules with one decision for all of `names`, separated by blanks; `name=` takes a value, `name?` may, `name+` takes several. */
export function flagsWithVerdict(names: string, decision: FlagDecision): (readonly [string, FlagRule])[] {
  return names.split(/\s+/).map((name) => [flagName(name), { arity: arityOf(name), read: () => decision }]);
}

/** A rule for one flag; its name is written as in `alike`. */
export function flag(
  name: string,
  read: (value: string, state: ParseState) => FlagDecision,
): readonly [string, FlagRule] {
  return [flagName(name), { arity: arityOf(name), read }];
}

/** What a remote's setting does once for all that is written to it. */
export function flagOfSetting(name: string, setting: string, title: string): readonly [string, FlagRule] {
  return flag(name, () => ({
    ...ignored(`Set "${title}" on the remote of the target instead.`),
    setting: { name: setting, title },
  }));
}

function flagName(name: string): string {
  return name.replace(/[=?+]$/, '');
}

function arityOf(name: string): FlagArity {
  return name.endsWith('=') ? 'one' : name.endsWith('?') ? 'optional' : name.endsWith('+') ? 'many' : 'none';
}

export function grammarOf(
  rules: FlagRules,
  operands: number,
  letters: Readonly<Record<string, string>> = {},
): FlagGrammar {
  return { arityOf: (name) => rules.get(name)?.arity, long: (letter) => letters[letter], operands };
}

export type EvaluatedFlag = FlagVerdict & Pick<FlagDecision, 'setting'>;

/** The decision on each flag, in the order of the line; what is understood acts on the state. */
export function evaluateFlags(
  found: readonly FoundFlag[],
  rules: FlagRules,
  state: ParseState,
  unknown: (flag: FoundFlag) => FlagDecision,
): EvaluatedFlag[] {
  const last = new Map(found.map((one, i) => [one.name, i]));
  return found.map((one, i) => {
    const { name, typed, value } = one;
    const rule = rules.get(name);
    const overruled = rule?.arity === 'none' && last.get(name) !== i;
    const decision = overruled
      ? ignored('It comes up again later, and the last one counts.')
      : (decideFlag(one, rule, state) ?? unknown(one));
    const shown = value !== undefined && isSafeToShow(name);
    return { flag: typed, ...(shown && { value: shownValue(name, value) }), ...withoutSecretsIn(decision) };
  });
}

/** Patterns are shown to the last sign: what looks like a setting in them is not one. */
function shownValue(name: string, value: string): string {
  return /^(?:include|exclude|filter|f)$/.test(name) ? value : withoutSecrets(value);
}

/** What a decision quotes may come from a file that the line names, whatever that is. */
function withoutSecretsIn(decision: FlagDecision): FlagDecision {
  const { because, means } = decision;
  return {
    ...decision,
    ...(because !== undefined && { because: withoutSecrets(because) }),
    ...(means !== undefined && { means: withoutSecrets(means) }),
  };
}

function decideFlag(
  { value, incomplete }: FoundFlag,
  rule: FlagRule | undefined,
  state: ParseState,
): FlagDecision | undefined {
  if (!rule) return undefined;
  if (incomplete) return refused('Its value is missing.');
  if (rule.arity === 'none' && value !== undefined) {
    if (/^(?:0|f|false)$/i.test(value)) return understood('switched off');
    if (!/^(?:1|t|true)$/i.test(value)) return refused('It takes no value but true or false.');
  }
  return rule.read(value ?? '', state);
}

/** What stands behind a flag: nothing, one word, a word that may be missing, or all words up to the next flag. */
export type FlagArity = 'none' | 'one' | 'optional' | 'many';

/** A flag as found in the line, by its long name without the dashes. */
export interface FoundFlag {
  readonly name: string;
  /** As typed, dashes included, value not. */
  readonly typed: string;
  readonly value?: string;
  /** Its value is missing, though it needs one. */
  readonly incomplete?: true;
}

export interface ScannedWords {
  readonly flags: readonly FoundFlag[];
  readonly operands: readonly string[];
  /** Unknown flags of which nobody can tell whether the word behind them is their value, as typed. */
  readonly ambiguous: readonly string[];
}

export interface FlagGrammar {
  /** By the long name; undefined = the flag isn't known. */
  arityOf(name: string): FlagArity | undefined;
  /** The long name of a letter. */
  long(letter: string): string | undefined;
  /** How many words that are no flags are expected. */
  readonly operands: number;
}

/**
 * Tells flags from operands: `--flag value`, `--flag=value`, `-f value`, `-fvalue`, `-vP`; what follows `--` is no flag.
 * An unknown flag is taken to have no value, unless there is one operand too many right behind it; where that could be several, those that
 * look like no path. Pure.
 */
export function scanFlags(words: readonly string[], grammar: FlagGrammar): ScannedWords {
  const flags: FoundFlag[] = [];
  const operands: { readonly text: string; readonly behind?: number }[] = [];
  let i = 0;
  let behind: number | undefined;
  const next = () => words[++i];

  const takeValue = (name: string, typed: string, attached: string | undefined): void => {
    const takes = grammar.arityOf(name);
    if (attached !== undefined) flags.push({ name, typed, value: attached });
    else if (takes === 'one') {
      const value = next();
      flags.push(value === undefined ? { name, typed, incomplete: true } : { name, typed, value });
    } else if (takes === 'optional' && isValue(words[i + 1]))
      flags.push({ name, typed, value: next() ?? '' });
    else if (takes === 'many') {
      const values: string[] = [];
      while (isValue(words[i + 1])) values.push(next() ?? '');
      flags.push({ name, typed, value: values.join(' ') });
    } else {
      flags.push({ name, typed });
      if (takes === undefined) behind = flags.length - 1;
    }
  };

  const takeLetters = (word: string): void => {
    for (let at = 1; at < word.length; at++) {
      const letter = word[at] ?? '';
      const name = grammar.long(letter) ?? letter;
      const rest = word.slice(at + 1);
      const typed = `-${letter}`;
      const hasValue = rest.startsWith('=') || (grammar.arityOf(name) === 'one' && rest !== '');
      takeValue(name, typed, hasValue ? rest.replace(/^=/, '') : undefined);
      if (hasValue) return;
    }
  };

  for (; i < words.length; i++) {
    const word = words[i] ?? '';
    const unknownBefore = behind;
    behind = undefined;
    if (word === '--') {
      operands.push(...words.slice(i + 1).map((text) => ({ text })));
      break;
    }
    if (word.startsWith('--')) {
      const equals = word.indexOf('=');
      const typed = equals < 0 ? word : word.slice(0, equals);
      takeValue(typed.slice(2), typed, equals < 0 ? undefined : word.slice(equals + 1));
    } else if (word.startsWith('-') && word.length > 1) takeLetters(word);
    else operands.push({ text: word, ...(unknownBefore !== undefined && { behind: unknownBefore }) });
  }

  const surplus = operands.length - grammar.operands;
  const behindUnknown = operands.filter((one) => one.behind !== undefined);
  const plain = behindUnknown.filter(({ text }) => plainValue.test(text));
  const values =
    surplus <= 0
      ? []
      : behindUnknown.length <= surplus
        ? behindUnknown
        : plain.length === surplus
          ? plain
          : [];
  const isUnsure = surplus > 0 && values.length === 0;
  for (const { text, behind: at } of values) {
    const flag = at === undefined ? undefined : flags[at];
    if (flag && at !== undefined) flags[at] = { ...flag, value: text };
  }
  return {
    flags,
    operands: operands.filter((one) => !values.includes(one)).map(({ text }) => text),
    ambiguous: isUnsure ? behindUnknown.map(({ behind: at }) => flags[at ?? 0]?.typed ?? '') : [],
  };
}

/** A number, a size, a duration or a switch: hardly ever a path. */
const plainValue = /^(?:[+-]?\d[\d.]*[A-Za-z]{0,3}|true|false|on|off|yes|no)$/;

function isValue(word: string | undefined): word is string {
  return word !== undefined && !/^--?\w/.test(word);
}
