import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Action } from '../../src/plan/model/plan';
import { parsePath } from '../../src/remote/remotePath';
import { createMemoryRemote } from '../support/memoryRemote/memoryRemote';
import { deepNames, readText } from '../support/remoteCalls';
import { executeAll, remoteSide } from '../support/syncSides';
import { patient, servedDrive } from '../unit/backends/amazonDrive/driveFixture';
import { fileIn, planOf } from '../unit/transfer/givenRun';

// A service that can move but not copy within itself, keeps no modified times, and knows folders by ids.

test('on Amazon Drive old files are kept, renamed ones are moved, and moved sources go (R23, R24)', () =>
  servedDrive({}, async ({ remote, drive }) => {
    const disk = createMemoryRemote({ knowsMd5: false });
    for (const [file, content] of [
      ['over', 'new content'],
      ['sub/renamed', 'same content'],
      ['moving', 'to be moved'],
      ['there', 'there already'],
    ] as const)
      disk.put(file, content);
    for (const [file, content] of [
      ['to/over', 'old content'],
      ['to/old name', 'same content'],
      ['to/extra', 'to be deleted'],
      ['to/there', 'there already'],
      ['kept/extra', 'of an earlier run'],
    ] as const)
      drive.putFile(file, content);
    const store = patient(remote);
    const path = parsePath;
    const onDrive = (file: string) => fileIn(store, `to/${file}`);
    const syncing: Action[] = [
      {
        kind: 'copyFile',
        id: 'c:over',
        path: path('over'),
        direction: 'upload',
        source: await fileIn(disk, 'over'),
        before: await onDrive('over'),
        because: 'hashDiffers',
      },
      {
        kind: 'moveFile',
        id: 'r:sub/renamed',
        path: path('sub/renamed'),
        source: await fileIn(disk, 'sub/renamed'),
        before: await onDrive('old name'),
        from: path('old name'),
        because: 'renamed',
      },
      {
        kind: 'deleteFile',
        id: 'd:extra',
        path: path('extra'),
        before: await onDrive('extra'),
        because: 'notInSource',
      },
    ];
    const moving: Action[] = [
      {
        kind: 'copyFile',
        id: 'c:moving',
        path: path('moving'),
        direction: 'upload',
        source: await fileIn(disk, 'moving'),
        because: 'onlyInSource',
        removesSource: true,
      },
      {
        kind: 'removeSource',
        id: 'm:there',
        path: path('there'),
        source: await fileIn(disk, 'there'),
        before: await onDrive('there'),
        because: 'alreadyThere',
      },
    ];
    for (const made of [
      planOf(syncing, { deletes: 'after', trackRenames: 'hash' }, 'kept'),
      planOf(moving, { verb: 'move' }),
    ]) {
      await executeAll(made, remoteSide(disk), remoteSide(store, 'to'));
    }
    assert.deepEqual((await deepNames(store, path('to'))).sort(), ['moving', 'over', 'sub/renamed', 'there']);
    assert.deepEqual((await deepNames(store, path('kept'))).sort(), ['extra', 'extra (2)', 'over']);
    for (const [file, content] of [
      ['kept/over', 'old content'],
      ['kept/extra (2)', 'to be deleted'],
      ['kept/extra', 'of an earlier run'],
      ['to/over', 'new content'],
      ['to/sub/renamed', 'same content'],
      ['to/moving', 'to be moved'],
    ] as const)
      assert.equal(await readText(store, path(file)), content, file);
    assert.deepEqual(disk.paths(), ['over', 'sub/renamed']);
  }));
