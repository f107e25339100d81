import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSyncRequest, reversed, samePlace, withDeletes } from '../../src/editor/syncRequests';
import { defaultPlanOptions } from '../../src/plan/planOptions';

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
