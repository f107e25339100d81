import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ImplicitParents } from '../../../../src/editor/files/implicitParents';
import { parentPath, parsePath, type RemotePath } from '../../../../src/remote/remotePath';

const at = (path: string) => ({ remote: 'photos', path: path as RemotePath });

/** The editor's calls on an empty folder `b`, in its order. `far`: each call comes from another process, in a turn of its own. */
function editor(far: boolean) {
  let turn = 0;
  let now = 1_000_000;
  const ways = new ImplicitParents(
    () => now,
    () => turn,
  );
  const there = new Set(['b']);
  const stored: string[] = [];
  const next = () => {
    if (far) turn++;
  };
  /** Asks the service, which takes a while. */
  const ask = (path: string) => {
    const answered = ways.recordStat(at(path));
    turn++;
    answered(!there.has(path));
    next();
    return there.has(path);
  };
  const makeFolders = (folder: string) => {
    const missing: RemotePath[] = [];
    for (let path = parsePath(folder); !ask(path); path = parentPath(path)) missing.unshift(path);
    for (const path of missing) {
      const wanted = !ways.isImplicit(at(path));
      if (wanted) {
        turn++;
        stored.push(path);
      }
      there.add(path);
      ways.recordCreated(at(path), wanted);
      next();
    }
  };
  return {
    ask,
    createDirectory(path: string) {
      turn++; // the editor wakes the extension up first
      makeFolders(path);
    },
    writeFile(path: string) {
      turn++;
      if (far) ask(path);
      makeFolders(parentPath(parsePath(path)));
      if (ways.hasMarkerFor(at(path))) stored.splice(stored.indexOf(parentPath(parsePath(path))), 1);
    },
    later: () => {
      turn++;
      now += 60_000;
    },
    stored,
  };
}

for (const far of [false, true]) {
  const who = far ? 'from the window' : 'from this process';

  test(`stores no parent folder created ${who} for a file`, () => {
    const { writeFile, stored } = editor(far);
    for (const path of ['b/a/1.txt', 'b/x/y/z/2.txt', 'b/x/y/3.txt', 'b/4.txt']) writeFile(path);
    assert.deepEqual(stored, []);
  });

  test(`stores the folder that was requested ${who}`, () => {
    const { createDirectory, stored, later } = editor(far);
    for (const path of ['b/a', 'b/x/y/z', 'b/x/other']) {
      createDirectory(path);
      later();
    }
    assert.deepEqual(stored, ['b/a', 'b/x/y/z', 'b/x/other']);
  });

  test(`keeps a folder created ${who} when a file is written into it later`, () => {
    const { createDirectory, writeFile, stored } = editor(far);
    createDirectory('b/a');
    writeFile('b/a/1.txt');
    writeFile('b/a/sub/2.txt');
    assert.deepEqual(stored, ['b/a']);
  });
}

test('a folder is requested if an extension stats a file in it first', () => {
  const { ask, createDirectory, stored } = editor(false);
  assert.equal(ask('b/a/settings.json'), false);
  createDirectory('b/a');
  assert.deepEqual(stored, ['b/a']);
});

test("an old stat of a file doesn't make its folder implicit", () => {
  const { ask, createDirectory, later, stored } = editor(true);
  assert.equal(ask('b/a/settings.json'), false);
  later();
  createDirectory('b/a');
  assert.deepEqual(stored, ['b/a']);
});
