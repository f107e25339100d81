import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan } from '../../../src/plan/model/plan';
import { planSync } from '../../../src/usecases/planSync';
import { givenSync } from '../../support/givenSync';
import { planOf } from '../../support/plans';

const did = (plan: Plan) => plan.actions.map((action) => `${action.kind} ${action.path}`);
const upload = 'target is store:bucket';
const download = ['source is store:bucket', 'target is /target'];

test('by the service’s time, two listings decide without a request or a read (A1)', async () => {
  for (const compare of ['aws', 'exact-timestamps', 'size-only']) {
    const given = givenSync(
      [
        `options {"compare":"${compare}","deletes":"after"}`,
        'source same 3 @10',
        'target same 3 server@10',
        'source newer 3 @20',
        'target newer 3 server@10',
        'source larger 4 @10',
        'target larger 3 server@10',
        'source new 3 @10',
        'target extra 3 server@10',
      ].join('\n'),
    );
    await planSync(given, new AbortController().signal);
    const asked = [...given.source.remote.asked, ...given.target.remote.asked];
    assert.ok(!asked.some((one) => !one.startsWith('list')), `${compare}: ${asked.join()}`);
  }
});

test('files that only the source has are always copied, however old, in every mode (A2)', async () => {
  for (const compare of ['aws', 'exact-timestamps', 'size-only', 'rclone', 'checksum'])
    for (const places of [[upload], download]) {
      const files = ['source old 0 @-5000', 'target other 9 @9000'];
      const plan = await planOf(...places, `options {"compare":"${compare}"}`, ...files);
      assert.deepEqual(did(plan), ['copyFile old'], compare);
    }
});

test('files that only the target has stay, and are deleted with deletes (A3)', async () => {
  const both = ['source both 3 @10', 'target both 3 server@10'];
  const sides = [upload, ...both, 'target extra 3', 'target d/extra 3'];
  assert.deepEqual(did(await planOf('options {"compare":"aws"}', ...sides)), []);
  assert.deepEqual(did(await planOf('options {"compare":"aws","deletes":"after"}', ...sides)), [
    'deleteFile d/extra',
    'deleteFile extra',
  ]);
});

test('files of one size are decided by their times alone, whatever their content (A5, A6)', async () => {
  const plan = await planOf(
    upload,
    'options {"compare":"aws"}',
    'source edited "new" @10',
    'target edited "old" server@10',
    'source touched "old" @11',
    'target touched "old" server@10',
  );
  assert.deepEqual(did(plan), ['copyFile touched']);
});

test('empty folders are neither created nor deleted (A20)', async () => {
  const given = givenSync(
    'target is /target\nsource d/file 3 @10\ntarget gone/file 3 @10\noptions {"deletes":"after"}',
  );
  const plan = await planSync(given, new AbortController().signal);
  assert.deepEqual(did(plan), ['copyFile d/file', 'deleteFile gone/file']);
  assert.deepEqual(plan.listed, { source: { files: 1, bytes: 3 }, target: { files: 1, bytes: 3 } });
});

test('an unreadable source file keeps its target file, and an unreadable folder keeps everything below (A22, H2)', async () => {
  const plan = await planOf(
    upload,
    'options {"compare":"aws","deletes":"after"}',
    'source file 3 @10',
    'source unusable broken brokenLink',
    'source unusable pipe specialFile',
    'source unusable locked unreadable',
    'target broken 3',
    'target pipe 3',
    'target locked/deep/file 3',
    'target lockedout 3',
  );
  assert.deepEqual(did(plan), ['copyFile file', 'deleteFile lockedout']);
  assert.deepEqual(
    plan.skipped.filter(({ side }) => side === 'target').map(({ path, because }) => `${because} ${path}`),
    ['protected broken', 'protected locked/deep/file', 'protected pipe'],
  );
});

test('a source file that is deleted during planning is skipped, and its target file stays (A32, H20)', async () => {
  const plan = await planOf(
    'source is store:other',
    upload,
    'options {"deletes":"after"}',
    'source gone "abc" @10 md5=none',
    'target gone "abd" @11',
    'source fails stat gone notFound',
    'source stays 3 @10',
    'target extra 3',
  );
  assert.deepEqual(did(plan), ['copyFile stays', 'deleteFile extra']);
  assert.deepEqual(
    plan.skipped.map(({ path, because }) => `${because} ${path}`),
    ['vanished gone'],
  );
});
