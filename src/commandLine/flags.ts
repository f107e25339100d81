import { withoutSecrets } from '../base/maskedText';
import type { Writable } from '../base/writable';
import type { FilterRule, PlanOptions } from '../plan/model/planOptions';
import type { FlagVerdict, ReadingContext } from './commandLine';
import type { FlagArity, FoundFlag } from './flagScanner';
import { isSafeToShow } from './shownValues';

/** What the flags of one line say so far. */
export interface ParseState {
  readonly context: ReadingContext;
  /** The tool's verb, as typed. */
  readonly verb: string;
  readonly options: Writable<PlanOptions>;
  readonly filters: FilterRule[];
  /** Which remote the line refers to, as far as its flags say. */
  readonly hints: { profile?: string; endpoint?: string; region?: string; sourceRegion?: string };
}

export type FlagDecision = Pick<FlagVerdict, 'verdict' | 'because' | 'means' | 'withholds'> & {
  /** A setting with the same effect: if the target's remote has this value, the flag is understood. */
  readonly setting?: { readonly name: string; readonly title: string };
};

/** The rule of one flag. `value` is empty for a flag without one. */
export interface FlagRule {
  readonly arity: FlagArity;
  /** Applies the flag to the state. */
  read(value: string, state: ParseState): FlagDecision;
}

export type FlagRules = ReadonlyMap<string, FlagRule>;
export type NamedRule = readonly [name: string, rule: FlagRule];

export function understood(means: string): FlagDecision {
  return { verdict: 'understood', means };
}

/** For a flag that changes neither the selection of files nor the result. */
export function ignored(because: string): FlagDecision {
  return { verdict: 'ignored', because };
}

/** For a flag with which the tool might touch fewer files: without the flag nothing is deleted or moved. */
export function refused(because: string): FlagDecision {
  return { verdict: 'refused', because, withholds: true };
}

/** For an unsupported flag with which the tool touches the same files or more. */
export function unavailable(because: string): FlagDecision {
  return { verdict: 'refused', because };
}

/** A rule for one flag. The end of `name` is its arity: `name=` takes a value, `name?` may take one, `name+` takes several. */
export function flag(name: string, read: FlagRule['read']): NamedRule {
  const arities: Readonly<Record<string, FlagArity>> = { '=': 'one', '?': 'optional', '+': 'many' };
  return [name.replace(/[=?+]$/, ''), { arity: arities[name.at(-1) ?? ''] ?? 'none', read }];
}

/** Rules with a constant verdict: names separated by spaces → the reason. */
export function flagsWithVerdict(
  verdict: (because: string) => FlagDecision,
  reasons: Readonly<Record<string, string>>,
): NamedRule[] {
  return Object.entries(reasons).flatMap(([names, because]) =>
    names.split(' ').map((name) => flag(name, () => verdict(because))),
  );
}

/** A flag that sets options of the plan. */
export function optionFlag(name: string, options: Partial<PlanOptions>, means: string): NamedRule {
  return flag(name, (_, state) => {
    Object.assign(state.options, options);
    return understood(means);
  });
}

/** A flag that says which remote the line refers to. */
export function hintFlag(name: string, hint: keyof ParseState['hints'], means: string): NamedRule {
  return flag(name, (value, state) => {
    state.hints[hint] = value;
    return understood(means);
  });
}

/** A flag with the same effect as a setting of the remote. */
export function flagOfSetting(name: string, setting: string, title: string): NamedRule {
  return flag(name, () => ({
    ...ignored(`Set "${title}" on the target's remote instead.`),
    setting: { name: setting, title },
  }));
}

export type EvaluatedFlag = FlagVerdict & Pick<FlagDecision, 'setting'>;

/** The verdict on each flag, in the order of the line. Understood flags are applied to the state. */
export function evaluateFlags(
  found: readonly FoundFlag[],
  rules: FlagRules,
  state: ParseState,
  decideUnknown: (flag: FoundFlag) => FlagDecision,
): EvaluatedFlag[] {
  const lastIndex = new Map(found.map(({ name }, i) => [name, i]));
  return found.map((one, i) => {
    const { name, typed, value } = one;
    const rule = rules.get(name);
    const isRepeated = rule?.arity === 'none' && lastIndex.get(name) !== i;
    const decision = isRepeated
      ? ignored('The flag is repeated later, and the last one counts.')
      : rule
        ? decideFlag(one, rule, state)
        : decideUnknown(one);
    const shown = value !== undefined && isSafeToShow(name);
    return { flag: typed, ...(shown && { value: shownValue(name, value) }), ...withoutSecretsIn(decision) };
  });
}

function decideFlag({ value, incomplete }: FoundFlag, rule: FlagRule, state: ParseState): FlagDecision {
  if (incomplete) return refused('Its value is missing.');
  if (rule.arity === 'none' && value !== undefined) {
    if (/^(?:0|f|false)$/i.test(value)) return understood('switched off');
    if (!/^(?:1|t|true)$/i.test(value)) return refused('The only values are true and false.');
  }
  return rule.read(value ?? '', state);
}

/** Patterns are shown unchanged, because a part that looks like a secret is not one there. */
function shownValue(name: string, value: string): string {
  return /^(?:include|exclude|filter|f)$/.test(name) ? value : withoutSecrets(value);
}

/** A reason may quote a file that the line names, whatever that file contains. */
function withoutSecretsIn(decision: FlagDecision): FlagDecision {
  const { because, means } = decision;
  return {
    ...decision,
    ...(because !== undefined && { because: withoutSecrets(because) }),
    ...(means !== undefined && { means: withoutSecrets(means) }),
  };
}
