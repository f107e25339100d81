/** What stands behind a flag: nothing, one word, a word that may be missing, or all words up to the next flag. */
export type Takes = 'nothing' | 'value' | 'optional' | 'list';

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
  readonly unsure: readonly string[];
}

export interface FlagGrammar {
  /** By the long name; undefined = the flag isn't known. */
  takes(name: string): Takes | undefined;
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
    const takes = grammar.takes(name);
    if (attached !== undefined) flags.push({ name, typed, value: attached });
    else if (takes === 'value') {
      const value = next();
      flags.push(value === undefined ? { name, typed, incomplete: true } : { name, typed, value });
    } else if (takes === 'optional' && isValue(words[i + 1]))
      flags.push({ name, typed, value: next() ?? '' });
    else if (takes === 'list') {
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
      const hasValue = rest.startsWith('=') || (grammar.takes(name) === 'value' && rest !== '');
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
    unsure: isUnsure ? behindUnknown.map(({ behind: at }) => flags[at ?? 0]?.typed ?? '') : [],
  };
}

/** A number, a size, a duration or a switch: hardly ever a path. */
const plainValue = /^(?:[+-]?\d[\d.]*[A-Za-z]{0,3}|true|false|on|off|yes|no)$/;

function isValue(word: string | undefined): word is string {
  return word !== undefined && !/^--?\w/.test(word);
}
