import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assemble, outlineOf, type PieceOf, pieceLength, pieceOf } from '../../../src/engine/pieces';

const list = (length: number) => Array.from({ length }, (_, i) => ({ i }));

const values: Readonly<Record<string, object>> = {
  'no lists': { a: 1, b: { c: 'x' }, none: undefined },
  'short lists': { empty: [], one: [1], full: list(pieceLength) },
  'long lists, also in other objects': {
    actions: list(pieceLength + 1),
    left: { skipped: list(3 * pieceLength), undone: 2, deeper: { same: list(2 * pieceLength - 1) } },
  },
  'lists of lists': { rows: [list(pieceLength + 5)] },
};

for (const [what, value] of Object.entries(values))
  test(`an object comes together again from its pieces: ${what}`, async () => {
    const before = structuredClone(value);
    const requested: PieceOf[] = [];
    const whole = await assemble(structuredClone(outlineOf(value)), async (piece) => {
      requested.push(piece);
      return structuredClone(pieceOf(value, piece));
    });
    assert.deepEqual(whole, before);
    assert.deepEqual(value, before);
    assert.ok(requested.every((piece) => pieceOf(value, piece).length <= pieceLength));
    assert.equal(requested.length > 0, what.startsWith('long'));
  });
