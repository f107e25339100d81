import { LineError } from './lineProblem';

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

export interface ScannedLine {
  readonly flags: readonly FoundFlag[];
  readonly operands: readonly string[];
  /** An operand for messages: hidden if it may be the value of an unknown flag, because that may be a secret. */
  shown(operand: string): string;
}

type Rules = ReadonlyMap<string, { readonly arity: FlagArity }>;

interface FoundOperand {
  readonly text: string;
  /** The index of the unknown flag right before it. */
  readonly afterUnknown?: number;
}

/**
 * Separates flags from operands after the program's name: `--flag value`, `--flag=value`, `-f value`, `-fvalue`, `-vP`; every word after
 * `--` is an operand. An unknown flag has no value, unless the line has more than `operandCount` operands. Then the surplus words right
 * after unknown flags are their values: all of these words, or only the words that can't be paths. Throws LineError when a word may be
 * either. Pure.
 * @param letters the long names of flags with one letter
 */
export function scanLine(
  words: readonly string[],
  rules: Rules,
  operandCount: number,
  letters: Readonly<Record<string, string>> = {},
): ScannedLine {
  const { flags, operands } = new FlagScanner(words, rules, letters).scan();
  const values = valuesOfUnknown(flags, operands, operands.length - operandCount);
  const hasUnknown = flags.some(({ name }) => !rules.has(name));
  return {
    flags: flags.map((flag, i) => {
      const value = values.find(({ afterUnknown }) => afterUnknown === i);
      return value ? { ...flag, value: value.text } : flag;
    }),
    operands: operands.filter((one) => !values.includes(one)).map(({ text }) => text),
    shown: (operand) => (hasUnknown ? '…' : operand),
  };
}

/** The operands that are values of the unknown flags before them. */
function valuesOfUnknown(
  flags: readonly FoundFlag[],
  operands: readonly FoundOperand[],
  surplus: number,
): readonly FoundOperand[] {
  const candidates = operands.filter(({ afterUnknown }) => afterUnknown !== undefined);
  if (surplus <= 0) return [];
  if (candidates.length <= surplus) return candidates;
  const plain = candidates.filter(({ text }) => plainValue.test(text));
  if (plain.length === surplus) return plain;
  const flag = flags[candidates[0]?.afterUnknown ?? 0]?.typed;
  // A guess might read or write another place.
  throw new LineError(
    `The word after "${flag}" may be its value or a path. Write a value with "=", as in ${flag}=….`,
  );
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
    private readonly rules: Rules,
    private readonly letters: Readonly<Record<string, string>>,
  ) {}

  scan(): this {
    const { words, operands } = this;
    for (; this.at < words.length; this.at++) {
      const word = words[this.at] ?? '';
      const { unknown } = this;
      this.unknown = undefined;
      if (word === '--') {
        operands.push(...words.slice(this.at + 1).map((text) => ({ text })));
        break;
      }
      if (word.startsWith('--')) this.addLong(word);
      else if (word.startsWith('-') && word.length > 1) this.addLetters(word);
      else operands.push({ text: word, ...(unknown !== undefined && { afterUnknown: unknown }) });
    }
    return this;
  }

  private addLong(word: string): void {
    const equals = word.indexOf('=');
    const typed = equals < 0 ? word : word.slice(0, equals);
    this.add(typed.slice(2), typed, equals < 0 ? undefined : word.slice(equals + 1));
  }

  private addLetters(word: string): void {
    for (let i = 1; i < word.length; i++) {
      const letter = word[i] ?? '';
      const name = this.letters[letter] ?? letter;
      const rest = word.slice(i + 1);
      const hasValue = rest.startsWith('=') || (this.rules.get(name)?.arity === 'one' && rest !== '');
      this.add(name, `-${letter}`, hasValue ? rest.replace(/^=/, '') : undefined);
      if (hasValue) return;
    }
  }

  /** Adds a flag and takes its value from the following words when none is attached. */
  private add(name: string, typed: string, attached: string | undefined): void {
    const arity = this.rules.get(name)?.arity;
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

/** The source and the target among the operands of `command`. Throws LineError for another number of operands. Pure. */
export function sourceAndTarget(
  command: string,
  [source, target, surplus]: readonly string[],
  { shown }: ScannedLine,
): readonly [source: string, target: string] {
  if (source === undefined || target === undefined)
    throw new LineError(`"${command}" needs a source and a target.`);
  if (surplus !== undefined) throw new LineError(`There is one path too many: "${shown(surplus)}".`);
  return [source, target];
}
