import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeFacts } from '../../../../../src/backends/s3/http/responses';
import type { HttpResponse } from '../../../../../src/http/httpResponse';

const datedAt = (date: string | undefined) =>
  writeFacts({ headers: { date } } as unknown as HttpResponse).dateMs;

test('the date of a write is that of its own response', () => {
  const first = 'Sun, 01 Nov 2026 10:00:00 GMT';
  const second = 'Sun, 01 Nov 2026 10:00:01 GMT';
  for (const date of [first, first, second, 'no date', second, undefined, first]) {
    const ms = Date.parse(date ?? '');
    assert.equal(datedAt(date), Number.isNaN(ms) ? undefined : ms, date);
  }
});
