// The S3 server of the bench: a process of its own, in memory, without checks of signatures. The bench sends it `Order`s over IPC.
// Of S3 it has what rclone, s5cmd, aws, s3-sync-client and this extension ask in the rows; everything else gets 501.
import { createServer } from 'node:net';
import type { FileSet } from '../fileSets';
import { type BenchAnswer, type BenchRequest, serveConnection } from './connection';
import { answerRequest, type RequestKind, refusal, understand } from './service';
import { type Metadata, Store } from './store';

/** What the bench asks; the server answers each order with one message, `start` with its port. */
export type Order =
  | { readonly do: 'start'; readonly keeps: boolean }
  | { readonly do: 'conditions'; readonly latency: number; readonly refused: number }
  | {
      readonly do: 'seed';
      readonly bucket: string;
      readonly prefix: string;
      readonly set: FileSet;
      readonly metadata: Metadata;
    }
  | { readonly do: 'create' | 'drop' | 'size'; readonly bucket: string }
  | { readonly do: 'count' };

/** The requests since the last order to count, and what they cost the server. */
export interface Counted {
  readonly requests: Partial<Record<RequestKind, number>>;
  readonly refused: number;
  /** CPU seconds of the server, user and system. */
  readonly cpu: number;
}

export interface BucketSize {
  readonly objects: number;
  readonly bytes: number;
}

/** Larger bodies are only counted, unless bodies are kept. */
const smallBody = 256 * 1024;

let store = new Store();
let latency = 0;
let refusedShare = 0;
let requests: Partial<Record<RequestKind, number>> = {};
let refusedCount = 0;
let draw = 1;
let cpu = process.cpuUsage();

process.on('message', (order: Order) => {
  if (order.do === 'start') listen(order.keeps);
  else process.send?.(obey(order) ?? {});
});
process.on('disconnect', () => process.exit());

function obey(order: Exclude<Order, { do: 'start' }>): object | undefined {
  switch (order.do) {
    case 'conditions':
      latency = order.latency;
      refusedShare = order.refused;
      draw = 1;
      return undefined;
    case 'seed':
      store.seed(order.bucket, order.prefix, order.set, order.metadata);
      return undefined;
    case 'create':
      store.bucket(order.bucket);
      return undefined;
    case 'drop':
      store.buckets.delete(order.bucket);
      return undefined;
    case 'size': {
      const { size, bytes } = store.bucket(order.bucket);
      return { objects: size, bytes } satisfies BucketSize;
    }
    case 'count': {
      const { user, system } = process.cpuUsage(cpu);
      const counted: Counted = { requests, refused: refusedCount, cpu: (user + system) / 1e6 };
      requests = {};
      refusedCount = 0;
      cpu = process.cpuUsage();
      return counted;
    }
  }
}

function listen(keeps: boolean): void {
  store = new Store(keeps);
  const takeUpTo = keeps ? Number.MAX_SAFE_INTEGER : smallBody;
  const server = createServer((socket) => serveConnection(socket, takeUpTo, answer));
  server.listen(0, '127.0.0.1', 1024, () => {
    const address = server.address();
    if (address && typeof address === 'object') process.send?.({ port: address.port });
  });
}

function answer(request: BenchRequest): BenchAnswer | Promise<BenchAnswer> {
  const asked = understand(request);
  requests[asked.kind] = (requests[asked.kind] ?? 0) + 1;
  if (latency === 0) return answerOrRefuse(request, asked);
  return new Promise((resolve) => setTimeout(() => resolve(answerOrRefuse(request, asked)), latency));
}

function answerOrRefuse(request: BenchRequest, asked: ReturnType<typeof understand>): BenchAnswer {
  if (refusedShare > 0 && random() < refusedShare) {
    refusedCount++;
    return refusal(503, 'SlowDown', request.method === 'HEAD');
  }
  return answerRequest(store, asked, request);
}

/** The same numbers after each order about the conditions (the minimal standard generator). */
function random(): number {
  draw = (draw * 48_271) % 2_147_483_647;
  return draw / 2_147_483_647;
}
