import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan } from '../../../src/plan/model/plan';
import { defaultPlanOptions } from '../../../src/plan/model/planOptions';
import { planOf } from '../../support/plans';

const did = (plan: Plan) => plan.actions.map((action) => `${action.kind} ${action.path}`);
const download = ['source is store:bucket', 'target is /target'];

test('excluded target files are deleted only with deleteExcluded (H5, R19)', async () => {
  const sides = [
    'target is store:bucket',
    'source kept.txt 3 @10',
    'target kept.txt 3 @10',
    'target secret.log 3 @10',
    'target extra.txt 3 @10',
  ];
  const filters = '"filters":[{"exclude":"*.log"}]';
  assert.equal(defaultPlanOptions.deleteExcluded ?? false, false);
  assert.deepEqual(did(await planOf(...sides, `options {"deletes":"after",${filters}}`)), [
    'deleteFile extra.txt',
  ]);
});

test('a newer object of the same size and other content is downloaded by default, unlike in the mode aws (H6, A7)', async () => {
  const sides = [...download, 'source a "new" @20 server@20', 'target a "old" @10'];
  assert.deepEqual(did(await planOf(...sides)), ['copyFile a']);
  assert.deepEqual(did(await planOf(...sides, 'options {"compare":"checksum"}')), ['copyFile a']);
  assert.deepEqual(did(await planOf(...sides, 'options {"compare":"aws"}')), []);
});

test('where a service lists milliseconds and a disk stores seconds, exact-timestamps downloads nothing again (H7, A10)', async () => {
  const sides = [...download, 'target keeps 1000000000', 'options {"compare":"exact-timestamps"}'];
  assert.deepEqual(did(await planOf(...sides, 'source a 3 server@10.999', 'target a 3 @10')), []);
  assert.deepEqual(did(await planOf(...sides, 'source a 3 server@11.001', 'target a 3 @10')), ['copyFile a']);
});

test('a folder marker with content is skipped and stays; the folder’s files are planned (H17)', async () => {
  const plan = await planOf(
    ...download,
    'options {"deletes":"after"}',
    'source unusable "d/" nonEmptyFolderMarker protects=d',
    'source d/file 3 @10',
    'target d/extra 3 @10',
  );
  assert.deepEqual(did(plan), ['copyFile d/file', 'deleteFile d/extra']);
  assert.deepEqual(
    plan.skipped.map(({ path, because }) => `${because} ${path}`),
    ['nonEmptyFolderMarker d/'],
  );
  const back = await planOf(
    'target is store:bucket',
    'options {"deletes":"after"}',
    'source other 3 @10',
    'target unusable "d/" nonEmptyFolderMarker protects=d',
    'target d/extra 3 @10',
  );
  assert.deepEqual(did(back), ['copyFile other', 'deleteFile d/extra']);
});

test('deletes come after every copy, and there are none when a listing is incomplete (H26)', async () => {
  const sides = ['target is store:bucket', 'options {"deletes":"after"}', 'source z 3 @10', 'target a 3 @10'];
  assert.deepEqual(did(await planOf(...sides)), ['copyFile z', 'deleteFile a']);
  const unlistable = ['target shut/in 3 @10', 'target fails list shut forbidden'];
  const gap = ['target is /target', 'target walks', ...unlistable];
  const plan = await planOf(...sides, ...gap);
  assert.deepEqual(did(plan), ['copyFile z']);
  assert.deepEqual(
    plan.safety.map(({ kind }) => kind),
    ['incompleteListing'],
  );
});

test('an object uploaded after the file changed does not count as its newest content (H30)', async () => {
  // The file changed at 10, during an upload of its content of 5 that ended at 20.
  const sides = ['target is store:bucket', 'source a "two" @10', 'target a "one" @5 server@20'];
  assert.deepEqual(did(await planOf(...sides)), ['copyFile a']);
  assert.deepEqual(did(await planOf(...sides, 'options {"compare":"aws"}')), []);
});

test('deletes work below a prefix as at the root of a bucket (H33, H34)', async () => {
  const files = ['source stays 3 @10', 'target stays 3 @10', 'target gone 3 @10', 'target d/gone 3 @10'];
  for (const root of ['bucket', 'bucket/path', 'bucket/path/deeper']) {
    const plan = await planOf(`target is store:${root}`, 'options {"deletes":"after"}', ...files);
    assert.deepEqual(did(plan), ['deleteFile d/gone', 'deleteFile gone'], root);
  }
});
