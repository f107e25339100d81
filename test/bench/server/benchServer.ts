import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { FileSet } from '../fileSets';
import { bundle } from '../measure';
import type { BucketSize, Counted, Order } from './leanServer';
import type { Metadata } from './store';

/** The running server of the bench, in its own process. */
export class BenchServer {
  private constructor(
    private readonly child: ChildProcess,
    /** `http://127.0.0.1:PORT` */
    readonly endpoint: string,
  ) {}

  /** Bundles the server into `folder` and starts it. It keeps received bodies, or only their sizes. */
  static async start(root: string, folder: string, keeps: boolean): Promise<BenchServer> {
    const file = bundle(root, 'test/bench/server/leanServer.ts', path.join(folder, 'server.cjs'));
    const child = fork(file, { execArgv: ['--max-old-space-size=12288'] });
    const order: Order = { do: 'start', keeps };
    child.send(order);
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return new BenchServer(child, `http://127.0.0.1:${port}`);
  }

  /** Makes every answer wait `latency` milliseconds, and refuses the share `refused` (0 to 1) of all requests with 503. */
  async conditions(latency: number, refused: number): Promise<void> {
    await this.order({ do: 'conditions', latency, refused });
  }

  /** Puts a whole set into a bucket without any request. */
  async seed(bucket: string, prefix: string, set: FileSet, metadata: Metadata): Promise<void> {
    await this.order({ do: 'seed', bucket, prefix, set, metadata });
  }

  async create(bucket: string): Promise<void> {
    await this.order({ do: 'create', bucket });
  }

  async drop(bucket: string): Promise<void> {
    await this.order({ do: 'drop', bucket });
  }

  async sizeOf(bucket: string): Promise<BucketSize> {
    return (await this.order({ do: 'size', bucket })) as BucketSize;
  }

  /** What happened since the last count. */
  async count(): Promise<Counted> {
    return (await this.order({ do: 'count' })) as Counted;
  }

  stop(): void {
    this.child.disconnect();
  }

  private async order(order: Order): Promise<unknown> {
    const stop = new AbortController();
    const gone = once(this.child, 'exit', stop).then(() => {
      throw new Error('The server of the bench has ended.');
    });
    const answered = once(this.child, 'message', stop);
    this.child.send(order);
    try {
      const [answer] = await Promise.race([answered, gone]);
      return answer;
    } finally {
      gone.catch(() => {});
      answered.catch(() => {});
      stop.abort();
    }
  }
}
