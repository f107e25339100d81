import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketNameProblem } from '../../../../src/editor/items/newItemCommands';

test("a bucket's name is checked before any request", () => {
  for (const good of ['abc', 'my.bucket-1', '0ab', 'a'.repeat(63)])
    assert.equal(bucketNameProblem(good), undefined, good);
  for (const bad of ['ab', 'Abc', 'a_b', '-ab', 'ab-', 'a..b', '1.2.3.4', 'a'.repeat(64), 'a b'])
    assert.ok(bucketNameProblem(bad), bad);
});
