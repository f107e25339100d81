import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialViewState } from '../../../src/preview/planView';
import {
  type PageRequest,
  pageRequests,
  readPageRequest,
  readViewState,
} from '../../../src/preview/readPageRequest';

/** The requests with fields. */
const good: readonly PageRequest[] = [
  { type: 'rows', from: 0, count: 60 },
  { type: 'locate', keys: ['A|c:a', ''] },
  { type: 'find', start: 'h', after: -1 },
  { type: 'filter', text: 'x', classes: ['upload'], states: ['failed'], anchors: [] },
  { type: 'flat', flat: true, anchors: ['a', 'b'] },
  { type: 'expand', key: 'F|change|img', expanded: false, anchors: [] },
  { type: 'expandAll', expanded: true, anchors: [] },
  { type: 'tick', key: 'A|c:a', on: true },
  { type: 'toggleRange', table: 3, from: 0, to: 9 },
  { type: 'tickShown', on: true },
  { type: 'tickClass', class: 'upload', on: false },
  { type: 'includeDeletes', on: true },
  { type: 'compare', mode: 'checksum' },
  { type: 'deletes', on: false },
  { type: 'open', key: 'A|c:a' },
  { type: 'explain', key: 'A|c:a' },
  { type: 'setOptions', options: { verb: 'move', filters: [{ exclude: '*.tmp' }], maxDelete: { files: 1 } } },
];

test('Every request of the protocol is read as sent, without fields that are not in the protocol', () => {
  const named = new Map(good.map((request) => [request.type, request]));
  for (const [type, fields] of Object.entries(pageRequests)) {
    const request = named.get(type as PageRequest['type']) ?? { type };
    assert.equal(Object.keys(request).length, Object.keys(fields).length + 1, type);
    assert.deepEqual(readPageRequest(JSON.parse(JSON.stringify({ ...request, more: 1 }))), request);
  }
});

const bad: readonly unknown[] = [
  undefined,
  null,
  'apply',
  [],
  {},
  { type: 'run' },
  { type: 'constructor' },
  { type: ['apply'] },
  { type: 'rows', from: -1, count: 10 },
  { type: 'rows', from: 0.5, count: 10 },
  { type: 'rows', from: 0, count: 1e9 },
  { type: 'rows', from: '0', count: 10 },
  { type: 'locate', keys: ['a', 'b', 'c', 'd', 'e'] },
  { type: 'locate', keys: [1] },
  { type: 'find', start: '', after: 0 },
  { type: 'filter', text: 'x', classes: ['everything'], states: [], anchors: [] },
  { type: 'filter', text: 'x', classes: ['upload', 'upload'], states: [], anchors: [] },
  { type: 'filter', text: 'x'.repeat(10_000), classes: [], states: [], anchors: [] },
  { type: 'filter', text: 'x', classes: [], states: [] },
  { type: 'tick', key: 'a', on: 1 },
  { type: 'tick', key: { toString: 'a' }, on: true },
  { type: 'toggleRange', table: 1, from: 'a', to: 3 },
  { type: 'tickClass', class: 'everything', on: true },
  { type: 'tickClass', class: 'upload' },
  { type: 'compare', mode: 'none' },
  { type: 'deletes' },
  { type: 'open' },
  { type: 'explain' },
  { type: 'explain', key: 7 },
  { type: 'setOptions' },
  { type: 'setOptions', options: 'verb' },
  { type: 'setOptions', options: [{ verb: 'copy' }] },
  { type: 'setOptions', options: { backupFolder: 'x'.repeat(1 << 20) } },
];
for (const request of bad)
  test(`Rejected: ${JSON.stringify(request)?.slice(0, 60)}`, () =>
    assert.equal(readPageRequest(request), undefined));

test('A saved view is read as it was saved; a damaged view is rejected', () => {
  const memory = {
    ...initialViewState,
    flat: true,
    collapsed: ['F|change|img'],
    toggled: ['c:a'],
    deletesEnabled: true,
  };
  assert.deepEqual(readViewState(JSON.parse(JSON.stringify(memory))), memory);
  assert.equal(readViewState({ ...memory, toggled: 'c:a' }), undefined);
  assert.equal(readViewState({ ...memory, filter: undefined }), undefined);
  assert.equal(readViewState({ ...memory, filter: { ...memory.filter, states: ['asleep'] } }), undefined);
  assert.equal(readViewState(undefined), undefined);
});

test('A view saved by an older version is read under its older keys', () => {
  const { deletesEnabled: gate, toggled: turned, ...same } = { ...initialViewState, deletesEnabled: true };
  assert.deepEqual(readViewState({ ...same, gate, turned }), { ...same, deletesEnabled: true, toggled: [] });
  assert.equal(readViewState({ ...same, gate: 'yes', turned }), undefined);
});
