import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { crc32 } from 'node:zlib';

/** Adds the bytes from `start` to `end` of an open file to a running hash, and ends the hash if `isLast`. */
export interface HashTask {
  /** Identifies the hash. */
  readonly hash: number;
  readonly descriptor: number;
  readonly start: number;
  readonly end: number;
  readonly isLast: boolean;
  readonly withMd5: boolean;
  readonly withCrc32: boolean;
}

/** What a hash has found at its end. MD5 in lower-case hex, CRC32 as an unsigned number. */
export interface FoundDigests {
  readonly md5?: string | undefined;
  readonly crc32?: number | undefined;
}

const modules = { createHash, crc32, readSync };

/**
 * Returns a function that does tasks one after the other. Its text is the program of a worker, so it uses nothing but its parameter, and no
 * syntax that a bundler replaces by a helper. Throws errors of `node:fs`, and an Error with the code `ESHORT` when the file ends before `end`.
 */
function createHasher(load: typeof modules): (task: HashTask) => FoundDigests {
  const buffer = Buffer.allocUnsafeSlow(256 * 1024);
  const running = new Map<number, { readonly md5: ReturnType<typeof createHash>; crc32: number }>();
  return ({ hash, descriptor, start, end, isLast, withMd5, withCrc32 }) => {
    const state = running.get(hash) ?? { md5: load.createHash('md5'), crc32: 0 };
    running.set(hash, state);
    if (isLast) running.delete(hash);
    for (let at = start; at < end; ) {
      const bytesRead = load.readSync(descriptor, buffer, 0, Math.min(buffer.length, end - at), at);
      if (bytesRead === 0) throw Object.assign(new Error('The file is too short.'), { code: 'ESHORT' });
      const bytes = buffer.subarray(0, bytesRead);
      if (withMd5) state.md5.update(bytes);
      if (withCrc32) state.crc32 = load.crc32(bytes, state.crc32);
      at += bytesRead;
    }
    if (!isLast) return {};
    return {
      md5: withMd5 ? state.md5.digest('hex') : undefined,
      crc32: withCrc32 ? state.crc32 >>> 0 : undefined,
    };
  };
}

const program = `
const { createHash } = require('node:crypto');
const { readSync } = require('node:fs');
const { parentPort } = require('node:worker_threads');
const { crc32 } = require('node:zlib');
const hasher = (${createHasher.toString()})({ createHash, crc32, readSync });
parentPort.on('message', (task) => {
  try {
    parentPort.postMessage({ found: hasher(task) });
  } catch ({ message, code }) {
    parentPort.postMessage({ message, code });
  }
});`;

interface Answer {
  readonly found?: FoundDigests;
  readonly message?: string;
  readonly code?: string;
}

interface Waiting {
  readonly resolve: (found: FoundDigests) => void;
  readonly reject: (error: Error) => void;
}

/** Milliseconds after which an idle worker ends. */
const idleMs = 5000;

/**
 * A worker that hashes files, so that neither this thread nor a transfer waits for hashes: MD5 alone takes 1.6 s for a GiB. The worker starts
 * with the first task and ends when it is idle. Where no worker can start, tasks run in this thread.
 */
export class HashThread {
  private worker: Worker | undefined;
  private inThread: ((task: HashTask) => FoundDigests) | undefined;
  /** The last task in this thread. */
  private before: Promise<unknown> = Promise.resolve();
  /** In the order of the tasks, in which the worker answers. */
  private readonly waiting: Waiting[] = [];
  private idle: NodeJS.Timeout | undefined;

  /** `startWorker` is replaced in tests. */
  constructor(private readonly startWorker: (program: string) => Worker = startHashWorker) {}

  /** Tasks run in the order of the calls. Rejects with errors of `createHasher`, or when the worker ends. */
  run(task: HashTask): Promise<FoundDigests> {
    const worker = this.inThread ? undefined : this.started();
    if (!worker) return this.runInThread(task);
    clearTimeout(this.idle);
    worker.ref();
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      worker.postMessage(task);
    });
  }

  private runInThread(task: HashTask): Promise<FoundDigests> {
    this.inThread ??= createHasher(modules);
    const { inThread } = this;
    // Everything else of this thread has its turn between two tasks.
    const running = this.before.then(() => turn()).then(() => inThread(task));
    this.before = running.catch(() => {});
    return running;
  }

  private started(): Worker | undefined {
    if (this.worker) return this.worker;
    try {
      const worker = this.startWorker(program);
      worker.on('message', (answer: Answer) => this.answered(worker, answer));
      worker.on('error', (error) => this.ended(worker, error));
      worker.on('exit', () => this.ended(worker, new Error('The thread that hashes files has ended.')));
      this.worker = worker;
      return worker;
    } catch {
      return undefined;
    }
  }

  private answered(worker: Worker, { found, message, code }: Answer): void {
    const waiting = this.waiting.shift();
    if (found) waiting?.resolve(found);
    else waiting?.reject(Object.assign(new Error(message), { code }));
    if (this.waiting.length > 0) return;
    worker.unref();
    this.idle = setTimeout(() => this.ended(worker, new Error('idle')), idleMs);
    this.idle.unref();
  }

  private ended(worker: Worker, error: Error): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    clearTimeout(this.idle);
    void worker.terminate();
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }
}

function startHashWorker(text: string): Worker {
  // The worker needs neither the environment, which may hold secrets, nor the options of this process.
  return new Worker(text, { eval: true, env: {}, execArgv: [], name: 'cloud-remotes hashes' });
}
