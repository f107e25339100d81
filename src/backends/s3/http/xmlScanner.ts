import { isAscii } from 'node:buffer';
import { unescaped } from '../errors/errorXml';

const lessThan = 0x3c;
const greaterThan = 0x3e;
const questionMark = 0x3f;
const slash = 0x2f;
const zero = 0x30;
/** Digits of the largest number that is read digit by digit. */
const maxDigits = 15;

/** Names of elements for `XmlScanner.open`. */
export type TagNames = readonly Uint8Array[];

export function tagNames(...names: readonly string[]): TagNames {
  return names.map((name) => Buffer.from(name, 'latin1'));
}

/**
 * Reads XML of thousands of small elements, one by one. Below the root it knows no attributes, comments or CDATA; there `open` returns
 * `end`, and `closes` and `readText` return false. Reads the bytes, because a part of a text keeps the whole text in memory, and reading
 * characters from a text costs several times as much.
 */
export class XmlScanner {
  /** The results of `open` for a closing tag, and for an element that is not in the list. */
  static readonly end = -1;
  static readonly other = -2;

  private readonly length: number;
  private readonly encoding: 'latin1' | 'utf8';
  /** The position behind the part that has been read. */
  at = 0;
  /** The text that `readText` found lies between these positions; nothing for an element with other elements in it. */
  from = 0;
  to = 0;
  private nameStart = 0;
  private nameEnd = 0;
  private isEmpty = false;

  /** The document is in UTF-8. */
  constructor(readonly units: Buffer) {
    this.length = units.length;
    // Latin-1 is faster, and the same for ASCII.
    this.encoding = isAscii(units) ? 'latin1' : 'utf8';
  }

  /** The text of the element that was read last, with entities replaced. */
  get text(): string {
    return unescaped(this.between(this.from, this.to));
  }

  /** The part of the document between two positions, as it is written. */
  between(from: number, to: number): string {
    return this.units.toString(this.encoding, from, to);
  }

  /** Whether the document goes on with `text`, which is in ASCII, at a position. */
  hasAt(text: string, at: number): boolean {
    for (let i = 0; i < text.length; i++) if (this.units[at + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  /** Moves into the element whose tag begins at `start`. False when it has no content. */
  enter(start: number): boolean {
    this.at = this.units.indexOf(greaterThan, start) + 1;
    return this.at > 0 && this.units[this.at - 2] !== slash;
  }

  /** Moves past the next tag and returns its index in `names`. */
  open(names: TagNames): number {
    const { units, length } = this;
    let at = this.at;
    while (at < length && units[at] !== lessThan) at++;
    const start = ++at;
    for (; at < length; at++) {
      const unit = units[at] as number;
      if (unit === greaterThan || unit <= slash || unit === lessThan || unit === questionMark) break;
    }
    this.nameStart = start;
    this.nameEnd = at;
    this.isEmpty = at > start && units[at] === slash && units[at + 1] === greaterThan;
    if (at === start || (units[at] !== greaterThan && !this.isEmpty)) {
      // A closing tag: its name is next. Nothing that the caller expects follows in unknown XML.
      this.at = start + 1;
      return XmlScanner.end;
    }
    this.at = this.isEmpty ? at + 2 : at + 1;
    for (let i = 0; i < names.length; i++) if (this.isNamed(names[i] as Uint8Array)) return i;
    return XmlScanner.other;
  }

  /** Reads the element that `open` has entered to its end. */
  readText(): boolean {
    const { units, length, nameStart, nameEnd } = this;
    let at = this.at;
    this.from = at;
    this.to = at;
    if (this.isEmpty) return true;
    while (at < length && units[at] !== lessThan) at++;
    if (units[at + 1] !== slash) return this.skipElements(at);
    this.to = at;
    at += 2;
    for (let i = nameStart; i < nameEnd; i++) if (units[i] !== units[at++]) return false;
    this.at = at + 1;
    return units[at] === greaterThan;
  }

  /** Moves past the name of the closing tag that ended a series of `open`. False when another name is there. */
  closes(name: string): boolean {
    const end = this.at + name.length;
    if (this.units[this.at - 1] !== slash || !this.hasAt(name, this.at)) return false;
    this.at = end + 1;
    return this.units[end] === greaterThan;
  }

  /** The text as a number; NaN for no number. */
  number(): number {
    const { units, from, to } = this;
    if (from === to) return Number.NaN;
    if (to - from > maxDigits) return Number(this.text);
    let number = 0;
    for (let i = from; i < to; i++) {
      const digit = (units[i] as number) - zero;
      if (digit < 0 || digit > 9) return Number(this.text);
      number = number * 10 + digit;
    }
    return number;
  }

  private isNamed(name: Uint8Array): boolean {
    const { units, nameStart } = this;
    const { length } = name;
    if (length !== this.nameEnd - nameStart) return false;
    for (let i = 0; i < length; i++) if (name[i] !== units[nameStart + i]) return false;
    return true;
  }

  /** Moves past the closing tag of an element with other elements in it. */
  private skipElements(at: number): boolean {
    const { units } = this;
    const close = `</${units.toString('latin1', this.nameStart, this.nameEnd)}>`;
    const end = units.indexOf(close, at, 'latin1');
    if (end < 0 || units.subarray(at, end).includes('<!')) return false;
    this.at = end + close.length;
    return true;
  }
}
