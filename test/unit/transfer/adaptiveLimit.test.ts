import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdaptiveLimit } from '../../../src/transfer/adaptiveLimit';
import { random } from '../../support/random';

/** A service as a number of files at once meets it. */
interface Service {
  /** Milliseconds of one request while `running` are under way. */
  latency(running: number): number;
  /** Milliseconds of processor time for each file, which no concurrency shares. */
  readonly cpuMs: number;
  /** The service refuses a request while more than this many are under way. */
  readonly most?: number;
  /** The part of requests that fail at random. */
  readonly failing?: number;
}

interface Limit {
  readonly current: number;
  ended(bytes: number): void;
  refused(): void;
}

interface Outcome {
  /** Files per second, after the first two seconds. */
  readonly rate: number;
  readonly limit: number;
  /** The part of requests that were refused. */
  readonly refused: number;
  /** Milliseconds until 2,000 files were done. */
  readonly first2000: number;
}

const startMs = 2000;

/** Transfers files of 4 KiB for `seconds` of simulated time. A refused request waits as the retries do, and keeps its place. */
function simulate(
  { latency, cpuMs, most = Number.POSITIVE_INFINITY, failing = 0 }: Service,
  limitAt: (clock: { now(): number }) => Limit,
  seconds = 30,
): Outcome {
  const { whole, chance } = random(5);
  let now = 0;
  let cpuFree = 0;
  let files = 0;
  let late = 0;
  let first2000 = Number.POSITIVE_INFINITY;
  let requests = 0;
  let refusals = 0;
  let running = 0;
  let places = 0;
  const limit = limitAt({ now: () => now });
  const events: { readonly at: number; readonly run: () => void }[] = [];
  const later = (ms: number, run: () => void) => {
    const at = now + ms;
    let place = events.length;
    while (place > 0 && (events[place - 1]?.at ?? 0) < at) place--;
    events.splice(place, 0, { at, run });
  };
  const request = (attempt: number) => {
    running++;
    requests++;
    const jitter = 0.9 + whole(200) / 1000;
    const isRefused = running > most || chance(failing);
    later(isRefused ? 1 : latency(running) * jitter, () => {
      running--;
      if (isRefused) {
        refusals++;
        limit.refused();
        later(200 * 2 ** attempt, () => request(attempt + 1));
        return;
      }
      cpuFree = Math.max(cpuFree, now) + cpuMs;
      later(cpuFree - now, () => {
        places--;
        if (++files === 2000) first2000 = now;
        if (now >= startMs) late++;
        limit.ended(4096);
        fill();
      });
    });
  };
  const fill = () => {
    while (places < limit.current) {
      places++;
      request(0);
    }
  };
  fill();
  for (let event = events.pop(); event && event.at < seconds * 1000; event = events.pop()) {
    now = event.at;
    event.run();
  }
  const rate = late / (seconds - startMs / 1000);
  return { rate, limit: limit.current, refused: refusals / requests, first2000 };
}

const adaptive = (service: Service, max = 64) => simulate(service, (clock) => new AdaptiveLimit(clock, max));
const fixed = (service: Service, current: number) =>
  simulate(service, () => ({ current, ended() {}, refused() {} }));

const services: Readonly<Record<string, Service>> = {
  'without latency, bound by the processor': { latency: () => 0.2, cpuMs: 0.3 },
  '20 ms away': { latency: () => 20, cpuMs: 0.3 },
  '50 ms away': { latency: () => 50, cpuMs: 0.3 },
  '20 ms away, slower from 16 on': { latency: (n) => 20 * Math.max(1, (n / 16) ** 2), cpuMs: 0.3 },
  '20 ms away, no faster from 8 on': { latency: (n) => 20 * Math.max(1, n / 8), cpuMs: 0.3 },
  'that refuses more than 10 at once': { latency: () => 20, cpuMs: 0.3, most: 10 },
  'that refuses more than 40 at once': { latency: () => 50, cpuMs: 0.3, most: 40 },
  'that refuses more than 3 at once': { latency: () => 20, cpuMs: 0.3, most: 3 },
  'that fails for one request in a hundred': { latency: () => 20, cpuMs: 0.3, failing: 0.01 },
};

for (const [name, service] of Object.entries(services))
  test(`comes near the best fixed number of files at once with a service ${name}`, () => {
    const best = Math.max(...[1, 2, 3, 4, 8, 10, 16, 24, 32, 40, 48, 64].map((n) => fixed(service, n).rate));
    const { rate, limit, refused } = adaptive(service);
    const about = `${rate.toFixed(0)} of ${best.toFixed(0)} files a second, ${limit} at once, ${(100 * refused).toFixed(1)} % refused`;
    assert.ok(rate >= 0.8 * best, about);
    assert.ok(refused <= 0.05, about);
  });

test('2,000 small files 20 ms away take little longer than with 64 at once from the start', () => {
  const service: Service = { latency: () => 20, cpuMs: 0.15 };
  const { first2000 } = adaptive(service);
  const best = fixed(service, 64).first2000;
  assert.ok(first2000 <= 1.8 * best, `${first2000} ms, ${best} ms with 64`);
});

test('never exceeds the number that the user has set, and begins with what an earlier run found', () => {
  const service: Service = { latency: () => 50, cpuMs: 0 };
  for (const max of [1, 5, 20]) assert.equal(adaptive(service, max).limit, max);
  assert.equal(new AdaptiveLimit({ now: () => 0 }, 64, 48).current, 48);
  assert.equal(new AdaptiveLimit({ now: () => 0 }, 20, 48).current, 20);
});

test('halves once for one burst of refusals, and never below one', () => {
  const limit = new AdaptiveLimit({ now: () => 0 }, 64, 40);
  for (let i = 0; i < 100; i++) limit.refused();
  assert.equal(limit.current, 20);
  for (let i = 0; i < 1000; i++) {
    limit.ended(4096);
    limit.refused();
    limit.refused();
  }
  assert.equal(limit.current, 1);
});
