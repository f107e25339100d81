import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as vscode from 'vscode';
import { hasLostRow, refusingLostRows } from '../../../../src/editor/tree/selection';

const row = { kind: 'file', id: 'demo:a' };
const other = { kind: 'file', id: 'demo:b' };

const calls: readonly [what: string, args: readonly unknown[], isLost: boolean][] = [
  ['the palette or a key', [], false],
  ['one row', [row], false],
  ['one row, nothing selected', [row, undefined], false],
  ['several rows', [row, [row, other]], false],
  ['the name of a remote', ['demo'], false],
  ['the only row is lost', [undefined], true],
  ['the clicked row is lost, another is selected', [undefined, [other]], true],
  ['all rows are lost', [undefined, [undefined, undefined]], true],
  ['a selected row is lost', [row, [row, undefined]], true],
];

const { messages } = vscode.window as unknown as { messages: string[] };

test('a command runs with its rows or does not run', () => {
  for (const [what, args, isLost] of calls) {
    assert.equal(hasLostRow(args), isLost, what);
    messages.length = 0;
    const ran: unknown[][] = [];
    const commands = ['inMenu', 'inTitle'].map((id) => ({
      id,
      run: (...got: unknown[]) => ran.push([id, ...got]),
    }));
    for (const { run } of refusingLostRows(commands, new Set(['inTitle']))) run(...args);
    assert.deepEqual(
      ran,
      isLost
        ? [['inTitle', ...args]]
        : [
            ['inMenu', ...args],
            ['inTitle', ...args],
          ],
      what,
    );
    assert.equal(messages.length, isLost ? 1 : 0, what);
  }
});
