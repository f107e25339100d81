import { comparePaths } from '../../../remote/remotePath';

/** Characters of a key, after the prefix, that estimates look at. */
const maxDepth = 48;
/** A start for a listing is no longer, so that the service accepts it as a key. */
const maxKeyBytes = 1000;
/** Characters that are told apart at one position. */
const maxCharacters = 200;

const classes = ['0123456789', 'abcdef', 'ghijklmnopqrstuvwxyz', 'ABCDEF', 'GHIJKLMNOPQRSTUVWXYZ'];

/** The characters expected at one position of a key, in the order of code points. */
class Alphabet {
  private characters: string[] = [];
  private readonly ranks = new Map<string, bigint>();

  /** Adds the whole class of `character`. Returns whether that changes anything. */
  add(character: string): boolean {
    if (this.ranks.has(character) || this.ranks.size >= maxCharacters) return false;
    this.characters.push(...(classes.find((all) => all.includes(character)) ?? character));
    this.characters.sort(comparePaths);
    this.characters.forEach((one, i) => {
      this.ranks.set(one, BigInt(i + 1));
    });
    return true;
  }

  /** With one digit more than characters, for the end of the key. */
  get size(): bigint {
    return BigInt(this.characters.length + 1);
  }

  /** 0 for the end of the key; a character that isn't expected has the rank of the next one, if any. */
  rankOf(character: string | undefined): bigint {
    if (character === undefined) return 0n;
    const known = this.ranks.get(character);
    if (known !== undefined) return known;
    const next = this.characters.findIndex((one) => comparePaths(one, character) > 0);
    return BigInt(next < 0 ? this.characters.length : next + 1);
  }

  characterAt(rank: bigint): string | undefined {
    return this.characters[Number(rank) - 1];
  }
}

/**
 * Guesses where the keys below a prefix lie: takes a key for a number, with the characters seen at each position as digits. A wrong guess
 * costs a request, never a key.
 */
export class KeySpace {
  private readonly alphabets: Alphabet[] = [];
  /** Numbers of keys that were asked for, until the alphabets change. */
  private readonly numbers = new Map<string, bigint>();

  constructor(private readonly prefix: string) {}

  /** Learns the characters of these keys, which begin with the prefix. */
  learn(keys: Iterable<string>): void {
    let changed = false;
    for (const key of keys) {
      let depth = 0;
      for (const character of key.slice(this.prefix.length, this.prefix.length + 2 * maxDepth)) {
        if (depth === maxDepth) break;
        const alphabet = this.alphabets[depth] ?? new Alphabet();
        this.alphabets[depth++] = alphabet;
        if (alphabet.add(character)) changed = true;
      }
    }
    if (changed) this.numbers.clear();
  }

  /** The position of a key; without a key, the end of all keys below the prefix. */
  numberOf(key: string | undefined): bigint {
    if (key === undefined) return this.alphabets.reduce((all, { size }) => all * size, 1n);
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const characters = [...key.slice(this.prefix.length, this.prefix.length + 2 * maxDepth)];
    let number = 0n;
    this.alphabets.forEach((alphabet, depth) => {
      number = number * alphabet.size + alphabet.rankOf(characters[depth]);
    });
    if (this.numbers.size > 1000) this.numbers.clear();
    this.numbers.set(key, number);
    return number;
  }

  /** A text at the position `number` that lies strictly between two keys (`end` undefined = the end); undefined without a text between them. */
  between(after: string, number: bigint, end: string | undefined): string | undefined {
    const characters: (string | undefined)[] = [];
    let rest = number;
    for (const alphabet of this.alphabets.toReversed()) {
      characters.unshift(alphabet.characterAt(rest % alphabet.size));
      rest /= alphabet.size;
    }
    const length = characters.indexOf(undefined);
    const key = this.prefix + characters.slice(0, length < 0 ? undefined : length).join('');
    if (rest > 0n || comparePaths(after, key) >= 0 || Buffer.byteLength(key) > maxKeyBytes) return undefined;
    return end === undefined || comparePaths(key, end) < 0 ? key : undefined;
  }
}
