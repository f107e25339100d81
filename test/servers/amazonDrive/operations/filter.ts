import { badRequest } from '../requests/driveError';
import { isoTime } from '../store/driveNode';
import type { IndexEntry } from '../store/nodeIndex';

/** The value of a field in a filter. */
export type FilterValue =
  | { readonly kind: 'is' | 'startsWith'; readonly text: string }
  | { readonly kind: 'between'; readonly from: string; readonly to: string };

/** A filter as a tree. */
export type Filter =
  | { readonly kind: 'field'; readonly field: string; readonly value: FilterValue }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Filter[] };

type FieldValue = string | number | undefined | readonly string[];

/** The fields that a filter can name, with their values as the index knows the node; of several values, one must match. */
export const FIELDS: Readonly<Record<string, (entry: IndexEntry) => FieldValue>> = {
  kind: ({ node }) => node.kind,
  name: ({ name }) => name?.toLowerCase(),
  parents: ({ parents }) => parents,
  status: ({ status }) => status,
  isRoot: ({ name }) => String(name === undefined),
  createdBy: ({ node }) => node.createdBy,
  createdDate: ({ node }) => isoTime(node.createdDate),
  modifiedDate: ({ node }) => isoTime(node.modifiedDate),
  labels: ({ node }) => node.labels,
  description: ({ node }) => node.description,
  'contentProperties.md5': ({ node }) => node.content?.md5,
  'contentProperties.size': ({ node }) => node.content?.size,
  'contentProperties.contentType': ({ node }) => node.content?.contentType,
};

/** Parses the filter language of docs/amazon-drive-api.md §4. Throws DriveError 400 for an invalid filter. */
export function parseFilter(text: string): Filter {
  const parser = new FilterParser(text);
  const filter = parser.expression();
  parser.end();
  return filter;
}

/** Whether the filter names a field. */
export function namesField(filter: Filter, field: string): boolean {
  return filter.kind === 'field'
    ? filter.field === field
    : filter.parts.some((part) => namesField(part, field));
}

class FilterParser {
  private at = 0;

  constructor(private readonly text: string) {}

  /** `expr := term { (AND | OR) term }`, where AND binds tighter. */
  expression(): Filter {
    const either: Filter[] = [];
    let both: Filter[] = [this.term()];
    for (let word = this.operator(); word !== undefined; word = this.operator()) {
      if (word === 'OR') {
        either.push(joined('and', both));
        both = [];
      }
      both.push(this.term());
    }
    either.push(joined('and', both));
    return joined('or', either);
  }

  end(): void {
    this.skipSpaces();
    if (this.at < this.text.length) throw this.wrong();
  }

  private term(): Filter {
    this.skipSpaces();
    if (this.text[this.at] === '(') return this.grouped(() => this.expression());
    const match = /^([\w.]+):/.exec(this.text.slice(this.at));
    const field = match?.[1];
    if (field === undefined || !Object.hasOwn(FIELDS, field)) throw this.wrong();
    this.at += field.length + 1;
    const value = (): Filter => ({ kind: 'field', field, value: this.value() });
    if (this.text[this.at] !== '(') return value();
    return this.grouped(() => {
      const values: Filter[] = [];
      do {
        this.skipSpaces();
        values.push(value());
      } while (this.operator() === 'OR');
      return joined('or', values);
    });
  }

  private grouped(inner: () => Filter): Filter {
    this.at++;
    const filter = inner();
    this.skipSpaces();
    if (this.text[this.at++] !== ')') throw this.wrong();
    return filter;
  }

  /** The operator between two terms, if one follows. */
  private operator(): 'AND' | 'OR' | undefined {
    const match = /^\s+(AND|OR)(?=[\s(])/i.exec(this.text.slice(this.at, this.at + 40));
    if (match === null) return undefined;
    this.at += match[0].length;
    return match[1]?.toUpperCase() === 'AND' ? 'AND' : 'OR';
  }

  private value(): FilterValue {
    const first = this.text[this.at];
    if (first === '"') return { kind: 'is', text: this.quoted() };
    if (first === '[') return this.range();
    return this.bare();
  }

  private quoted(): string {
    let text = '';
    for (this.at++; this.at < this.text.length; ) {
      const character = this.character();
      if (character === '"') return text;
      text += character === '\\' ? this.character() : character;
    }
    throw this.wrong();
  }

  /** Up to an unescaped space or `)`; an unescaped `*` at the end means `startsWith`. */
  private bare(): FilterValue {
    let text = '';
    while (this.at < this.text.length) {
      const next = this.text[this.at];
      if (next === ')' || next === ' ') break;
      if (next === '*' && /^(?:$|[ )])/.test(this.text.slice(this.at + 1, this.at + 2))) {
        this.at++;
        return { kind: 'startsWith', text };
      }
      const character = this.character();
      text += character === '\\' ? this.character() : character;
    }
    if (text === '') throw this.wrong();
    return { kind: 'is', text };
  }

  private range(): FilterValue {
    const match = /^\[(\S+) TO (\S+)\]/.exec(this.text.slice(this.at));
    if (match === null) throw this.wrong();
    this.at += match[0].length;
    // Some clients escape the colons of times, others do not.
    const [, from = '', to = ''] = match.map((part) => part.replace(/\\(.)/g, '$1'));
    return { kind: 'between', from, to };
  }

  /** The next UTF-16 unit; throws at the end of the text. */
  private character(): string {
    const character = this.text[this.at++];
    if (character === undefined) throw this.wrong();
    return character;
  }

  private skipSpaces(): void {
    while (this.text[this.at] === ' ') this.at++;
  }

  private wrong(): Error {
    return badRequest(`Invalid filter: ${this.text}`);
  }
}

function joined(kind: 'and' | 'or', parts: readonly Filter[]): Filter {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind, parts };
}
