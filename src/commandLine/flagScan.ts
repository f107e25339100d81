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
 * An unknown flag is taken to have no value, unless there is one operand too many right behind it. Pure.
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

  let surplus = operands.length - grammar.operands;
  const kept = operands.filter(({ text, behind: flag }) => {
    const found = flag === undefined ? undefined : flags[flag];
    if (surplus <= 0 || flag === undefined || !found) return true;
    flags[flag] = { ...found, value: text };
    surplus--;
    return false;
  });
  return { flags, operands: kept.map(({ text }) => text) };
}

function isValue(word: string | undefined): word is string {
  return word !== undefined && !/^--?\w/.test(word);
}
