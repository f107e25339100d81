import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  comparesLike,
  readSyncRequest,
  reversed,
  withChanged,
  withDeletes,
  withOptions,
} from '../../../../src/editor/preview/syncRequests';
import { samePlace } from '../../../../src/plan/model/plan';
import { defaultPlanOptions } from '../../../../src/plan/model/planOptions';

const request = {
  source: { kind: 'folder', path: '/home/anna/site' },
  target: { kind: 'remote', remote: 'photos', path: 'site-assets' as never },
  options: { ...defaultPlanOptions, deletes: 'after', filters: [{ exclude: '*.map' }] },
} as const;

test('A request that was saved is read back as it was', () => {
  assert.deepEqual(readSyncRequest(JSON.parse(JSON.stringify(request))), request);
});

test('A damaged or foreign request is not run half understood', () => {
  const { source, target, options } = request;
  const bad: readonly unknown[] = [
    undefined,
    {},
    { source, options },
    { source: { kind: 'folder' }, target, options },
    { source: { kind: 'folder', path: '' }, target, options },
    { source, target: { kind: 'remote', remote: 'photos', path: '../x' }, options },
    { source, target: { kind: 'remote', remote: '', path: 'x' }, options },
    { source, target, options: { ...options, verb: 'bisync' } },
    { source, target, options: { ...options, deletes: 'sometimes' } },
    { source, target, options: { ...options, compare: 'luck' } },
    { source, target, options: { ...options, filters: [{ exclude: 1 }] } },
    { source, target, options: { ...options, filters: [{ include: 'a', exclude: 'b' }] } },
    { source, target, options: { ...options, followSymlinks: 'yes' } },
    { source, target, options: { ...options, only: [{ file: '../a' }] } },
  ];
  for (const value of bad) assert.equal(readSyncRequest(value), undefined, JSON.stringify(value));
});

test('The other direction begins without deletes', () => {
  const back = reversed(request);
  assert.deepEqual(
    [back.source, back.target, back.options.deletes],
    [request.target, request.source, 'none'],
  );
});

test('A copy can’t be made to delete', () => {
  const copy = { ...request, options: { ...request.options, verb: 'copy', deletes: 'none' } } as const;
  assert.equal(withDeletes(copy, true).options.deletes, 'none');
  assert.equal(withDeletes(request, false).options.deletes, 'none');
});

test('Places are the same by kind, remote and path', () => {
  assert.ok(samePlace(request.target, { ...request.target }));
  assert.ok(!samePlace(request.target, { ...request.target, remote: 'other' }));
  assert.ok(!samePlace(request.source, request.target));
});

test('What a copy is about is kept', () => {
  const some = { ...request, options: { ...request.options, only: [{ file: 'a' }] } };
  assert.deepEqual(readSyncRequest(JSON.parse(JSON.stringify(some))), some);
});

test('Every option comes back after a reload of the window', () => {
  const options = {
    ...defaultPlanOptions,
    verb: 'sync',
    deletes: 'before',
    filterDialect: 'gitignore',
    filters: [{ include: 'keep' }, { exclude: '*.log' }],
    ignoreExisting: true,
    ignoreTimes: true,
    update: true,
    ignoreSize: true,
    immutable: true,
    keepTargetTimes: true,
    useServerTimes: true,
    oneWay: true,
    modifyWindowMs: 2000,
    maxDelete: { files: 10, percent: 20, bytes: 30 },
    deleteExcluded: true,
    backupFolder: 'kept/{date}',
    trackRenames: 'modified',
    minSize: '1K',
    maxSize: 5000,
    minAge: '1h',
    maxAge: '7d',
    ignoreFiles: ['.gitignore'],
  } as const;
  const all = { ...request, options };
  assert.deepEqual(readSyncRequest(JSON.parse(JSON.stringify(all))), all);
});

test('Other options leave the sides and the chosen files as they are', () => {
  const some = { ...request, options: { ...request.options, only: [{ file: 'a' }] } } as never;
  const changed = withOptions(some, { verb: 'sync', deletes: 'none', only: [{ file: 'b' }] });
  assert.deepEqual(changed.options.only, [{ file: 'a' }]);
  assert.deepEqual([changed.source, changed.target], [request.source, request.target]);
  assert.equal(changed.options.deletes, 'none');
  // What isn't named any more is as it is by default.
  assert.deepEqual(changed.options.filters, []);
});

test('Options and patterns that can’t be are refused with a sentence that names them', () => {
  assert.throws(() => withOptions(request, { minAge: 'soon' }), /minAge/);
  assert.throws(() => withOptions(request, { loud: true }), /"loud" is unknown/);
  assert.throws(() => withOptions(request, { filters: [{ exclude: '{a' }] }), /\{a/);
});

test('The other direction makes no backups, whose folder is on the other side', () => {
  const kept = { ...request, options: { ...request.options, backupFolder: 'kept' } };
  assert.equal('backupFolder' in reversed(kept).options, false);
});

test('a check compares contents, unless it compares sizes only (R11)', () => {
  const { options } = withChanged(request, { verb: 'check' });
  assert.equal(comparesLike(options), 'checksum');
  assert.equal(comparesLike({ ...options, compare: 'size-only' }), 'size-only');
  assert.equal(comparesLike(request.options), 'rclone');
});
