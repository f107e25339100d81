/** Elements of a list that cross in one message. Each end copies them in about 5 ms. */
export const pieceLength = 1000;

type Fields = Readonly<Record<string, unknown>>;

/** An object whose long lists cross by themselves, in pieces. */
export interface Outline<T extends object> {
  /** The object with empty lists in place of the long ones. */
  readonly rest: T;
  /** The number of pieces of each long list, by the names of the fields that lead to it: `leftAlone/skipped`. */
  readonly pieces: Readonly<Record<string, number>>;
}

export interface PieceOf {
  readonly list: string;
  readonly index: number;
}

/** Separates the lists of `value`, a tree of plain objects, that are longer than one piece. */
export function outlineOf<T extends object>(value: T): Outline<T> {
  const pieces: Record<string, number> = {};
  const shortened = (fields: object, prefix: string): Fields =>
    Object.fromEntries(
      Object.entries(fields).map(([name, field]) => {
        if (Array.isArray(field) && field.length > pieceLength) {
          pieces[prefix + name] = Math.ceil(field.length / pieceLength);
          return [name, []];
        }
        return [name, isTree(field) ? shortened(field, `${prefix}${name}/`) : field];
      }),
    );
  return { rest: shortened(value, '') as T, pieces };
}

/** One piece of a long list of `value`. */
export function pieceOf(value: object, { list, index }: PieceOf): readonly unknown[] {
  return listAt(value, list).slice(index * pieceLength, (index + 1) * pieceLength);
}

/**
 * The object of an outline. Its pieces are requested one after the other, and the event loop has a turn between two of them: together they may
 * take a second.
 */
export async function assemble<T extends object>(
  { rest, pieces }: Outline<T>,
  request: (piece: PieceOf) => Promise<readonly unknown[]>,
): Promise<T> {
  for (const [list, count] of Object.entries(pieces))
    for (let index = 0; index < count; index++)
      for (const element of await request({ list, index })) listAt(rest, list).push(element);
  return rest;
}

function isTree(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function listAt(value: object, list: string): unknown[] {
  return list
    .split('/')
    .reduce((tree, name) => tree[name] as Fields, value as Fields) as unknown as unknown[];
}
