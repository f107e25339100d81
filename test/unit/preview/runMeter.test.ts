import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunMeter } from '../../../src/preview/runMeter';

const MB = 1_000_000;

test('Rate and remaining time need enough samples', () => {
  const meter = new RunMeter(10, 100 * MB, 0);
  assert.equal(meter.bytesPerSecond(), undefined);
  assert.equal(meter.left(), undefined);
  meter.sample(100, 1 * MB, 0);
  assert.equal(meter.bytesPerSecond(), undefined);
  meter.sample(2000, 20 * MB, 2);
  assert.equal(meter.bytesPerSecond(), 10 * MB);
  assert.equal(meter.left(), 8000);
});

test('Only the last ten seconds count for the rate', () => {
  const meter = new RunMeter(10, 1000 * MB, 0);
  for (let s = 1; s <= 20; s++) meter.sample(s * 1000, s * MB, 0);
  for (let s = 21; s <= 40; s++) meter.sample(s * 1000, (20 + (s - 20) * 5) * MB, 0);
  assert.equal(meter.bytesPerSecond(), 5 * MB);
});

test('Many small files are limited by their number', () => {
  const meter = new RunMeter(1000, 10_000, 0);
  meter.sample(2000, 9000, 100);
  assert.equal(meter.left(), 18_000);
});

test('Files without bytes, such as deletes, have a remaining time', () => {
  const meter = new RunMeter(100, 0, 0);
  meter.sample(2000, 0, 50);
  assert.equal(meter.left(), 2000);
  assert.equal(meter.bytesPerSecond(), undefined);
});
