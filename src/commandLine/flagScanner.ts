/** The values of a flag: none, one word, a word that may be missing, or all words up to the next flag. */
export type FlagArity = 'none' | 'one' | 'optional' | 'many';

/** A flag as found in the line, by its long name without dashes. */
export interface FoundFlag {
  readonly name: string;
  /** As typed, with dashes, without the value. */
  readonly typed: string;
  readonly value?: string;
  /** The flag needs a value that is missing. */
  readonly incomplete?: true;
}

export interface ScannedWords {
  readonly flags: readonly FoundFlag[];
  readonly operands: readonly string[];
  /** Unknown flags, as typed, where the next word may be a value or an operand. */
  readonly ambiguous: readonly string[];
}

export interface FlagGrammar {
  /** By the long name; undefined = unknown flag. */
  arityOf(name: string): FlagArity | undefined;
  /** The long name of a letter. */
  long(letter: string): string | undefined;
  /** The expected number of operands. */
  readonly operands: number;
}

interface FoundOperand {
  readonly text: string;
  /** The index of the unknown flag right before it. */
  readonly afterUnknown?: number;
}

/**
 * Separates flags from operands: `--flag value`, `--flag=value`, `-f value`, `-fvalue`, `-vP`; every word after `--` is an operand.
 * An unknown flag has no value, unless the line has too many operands. Then the surplus words right after unknown flags are their
 * values: all of these words, or only the words that can't be paths. Pure.
 */
export function scanFlags(words: readonly string[], grammar: FlagGrammar): ScannedWords {
  const scanner = new FlagScanner(words, grammar);
  scanner.scan();
  const { flags, operands } = scanner;
  const surplus = operands.length - grammar.operands;
  const candidates = operands.filter(({ afterUnknown }) => afterUnknown !== undefined);
  const plain = candidates.filter(({ text }) => plainValue.test(text));
  const values =
    surplus <= 0
      ? []
      : candidates.length <= surplus
        ? candidates
        : plain.length === surplus
          ? plain
          : undefined;
  const flagOf = ({ afterUnknown = 0 }: FoundOperand) => flags[afterUnknown];
  return {
    flags: flags.map((flag) => {
      const value = values?.find((one) => flagOf(one) === flag);
      return value ? { ...flag, value: value.text } : flag;
    }),
    operands: operands.filter((one) => !values?.includes(one)).map(({ text }) => text),
    ambiguous: values ? [] : candidates.map((one) => flagOf(one)?.typed ?? ''),
  };
}

/** A number, a size, a duration or a switch: hardly ever a path. */
const plainValue = /^(?:[+-]?\d[\d.]*[A-Za-z]{0,3}|true|false|on|off|yes|no)$/;

class FlagScanner {
  readonly flags: FoundFlag[] = [];
  readonly operands: FoundOperand[] = [];
  private at = 0;
  /** The index of an unknown flag without a value in the word just read. */
  private unknown: number | undefined;

  constructor(
    private readonly words: readonly string[],
    private readonly grammar: FlagGrammar,
  ) {}

  scan(): void {
    const { words, operands } = this;
    for (; this.at < words.length; this.at++) {
      const word = words[this.at] ?? '';
      const { unknown } = this;
      this.unknown = undefined;
      if (word === '--') {
        operands.push(...words.slice(this.at + 1).map((text) => ({ text })));
        return;
      }
      if (word.startsWith('--')) this.addLong(word);
      else if (word.startsWith('-') && word.length > 1) this.addLetters(word);
      else operands.push({ text: word, ...(unknown !== undefined && { afterUnknown: unknown }) });
    }
  }

  private addLong(word: string): void {
    const equals = word.indexOf('=');
    const typed = equals < 0 ? word : word.slice(0, equals);
    this.add(typed.slice(2), typed, equals < 0 ? undefined : word.slice(equals + 1));
  }

  private addLetters(word: string): void {
    for (let i = 1; i < word.length; i++) {
      const letter = word[i] ?? '';
      const name = this.grammar.long(letter) ?? letter;
      const rest = word.slice(i + 1);
      const hasValue = rest.startsWith('=') || (this.grammar.arityOf(name) === 'one' && rest !== '');
      this.add(name, `-${letter}`, hasValue ? rest.replace(/^=/, '') : undefined);
      if (hasValue) return;
    }
  }

  /** Adds a flag and takes its value from the following words when none is attached. */
  private add(name: string, typed: string, attached: string | undefined): void {
    const arity = this.grammar.arityOf(name);
    const value =
      attached ??
      (arity === 'one' || (arity === 'optional' && isValue(this.words[this.at + 1]))
        ? this.words[++this.at]
        : arity === 'many'
          ? this.takeValues()
          : undefined);
    const incomplete = arity === 'one' && value === undefined;
    if (arity === undefined && attached === undefined) this.unknown = this.flags.length;
    this.flags.push({
      name,
      typed,
      ...(value !== undefined && { value }),
      ...(incomplete && { incomplete }),
    });
  }

  private takeValues(): string {
    const values: string[] = [];
    while (isValue(this.words[this.at + 1])) values.push(this.words[++this.at] ?? '');
    return values.join(' ');
  }
}

function isValue(word: string | undefined): word is string {
  return word !== undefined && !/^--?\w/.test(word);
}
