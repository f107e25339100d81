import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlanEndpoint } from '../../src/plan/model/plan';
import { isRemoteError } from '../../src/remote/remoteError';
import { parsePath } from '../../src/remote/remotePath';
import type { MemoryOptions } from '../support/memoryRemote/memoryOptions';
import { createMemoryRemote, type MemoryRemote } from '../support/memoryRemote/memoryRemote';
import { random } from '../support/random';
import { plan, run } from './faultyRun';

// Names that differ by case or Unicode form on one side and are equal on the other side: no file overwrites, deletes or hides another.

const names = [
  'a',
  'A',
  'd/x',
  'D/x',
  'd/X',
  'Read.txt',
  'read.TXT',
  '\u00e9',
  'e\u0301',
  '\u00c9',
  'n\u0303/z',
  '\u00f1/z',
  '\u00d1/Z',
  'plain',
  'x/y/z',
];

const folds: Readonly<Record<string, MemoryOptions>> = {
  case: { caseInsensitive: true },
  'Unicode forms': { foldsUnicode: true },
  'case and Unicode forms': { caseInsensitive: true, foldsUnicode: true },
};

function side(remote: MemoryRemote, name: string): PlanEndpoint {
  return { remote, root: parsePath(''), place: { kind: 'remote', remote: name, path: parsePath('') } };
}

function snapshot(remote: MemoryRemote): Map<string, string> {
  return new Map(remote.paths().map((path) => [path, remote.text(path) ?? '']));
}

for (const [what, folding] of Object.entries(folds))
  for (const foldingSide of ['source', 'target', 'both'] as const)
    test(`a side that folds ${what} (${foldingSide}) loses no file of either side (H14, H15, R12, R13)`, async () => {
      for (let seed = 1; seed <= 60; seed++) {
        const r = random(seed);
        const plain: MemoryOptions = { hasDirectories: r.chance(0.5) };
        const source = createMemoryRemote({ ...plain, ...(foldingSide !== 'target' && folding) });
        const target = createMemoryRemote({ ...plain, ...(foldingSide !== 'source' && folding) });
        for (const remote of [source, target])
          for (const name of names) {
            if (!r.chance(0.5)) continue;
            const text = `${remote === source ? 'new' : 'the old'} ${name}`;
            // A store that folds keeps one of two such names, and a disk can't hold both a file and a folder.
            try {
              if (remote.text(name) === undefined)
                remote.put(name, text, { modified: { s: 1000 + r.whole(3), ns: 0 } });
            } catch (error) {
              if (!isRemoteError(error, 'alreadyExists', 'isAFolder')) throw error;
            }
          }
        const verb = r.pick(['copy', 'sync', 'move'] as const);
        const [from, to] = [side(source, 'from'), side(target, 'to')];
        const options = { verb, deletes: verb === 'sync' ? 'after' : 'none' } as const;
        const before = { source: snapshot(source), target: snapshot(target) };
        const made = await plan(from, to, options);
        const report = await run(made, from, to);
        const when = `seed ${seed}: ${JSON.stringify(report.results.filter(({ outcome }) => outcome !== 'done'))}`;
        assert.equal(report.totals.done, report.results.length, when);

        const now = { source: snapshot(source), target: snapshot(target) };
        const onTarget = new Set(now.target.values());
        for (const [path, text] of before.source)
          if (now.source.get(path) !== text)
            assert.ok(verb === 'move' && onTarget.has(text), `${path} of the source is lost (seed ${seed})`);
        const replaced = new Set(made.actions.map((action) => action.before?.path));
        for (const [path, text] of before.target)
          if (now.target.get(path) !== text)
            assert.ok(replaced.has(parsePath(path)), `${path} of the target is lost (seed ${seed})`);
        // A move leaves one of two such files on the source; its own move then replaces the first file, as the plan says.
        if (verb === 'move') continue;
        const left = await plan(from, to, options);
        assert.deepEqual(left.actions, [], `seed ${seed}: nothing is left to do`);
      }
    });
