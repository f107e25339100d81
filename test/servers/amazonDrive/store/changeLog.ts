import { randomBytes } from 'node:crypto';

interface Change {
  /** 1 for the first change of the drive. */
  readonly number: number;
  readonly id: string;
}

/** The order in which the nodes last changed; the source of the changes feed. */
export class ChangeLog {
  /** Part of every checkpoint, so that this drive refuses the checkpoints of another drive. */
  private era = newEra();
  private changes: Change[] = [];
  private readonly last = new Map<string, number>();
  private count = 0;

  /** Records a change of a node. */
  note(id: string): void {
    this.changes.push({ number: ++this.count, id });
    this.last.set(id, this.count);
    // The feed shows only the last change of a node.
    if (this.changes.length > 2 * this.last.size + 1000) {
      this.changes = this.changes.filter((change) => this.last.get(change.id) === change.number);
    }
  }

  /** The last change of each node that changed after the change `number`, oldest first. */
  *since(number: number): Generator<Change> {
    const changes = this.changes;
    let low = 0;
    let high = changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((changes[middle]?.number ?? 0) <= number) low = middle + 1;
      else high = middle;
    }
    const upTo = this.count;
    for (let at = low; at < changes.length; at++) {
      const change = changes[at];
      if (change === undefined || change.number > upTo) return;
      if (this.last.get(change.id) === change.number) yield change;
    }
  }

  /** The number of the newest change. */
  get newest(): number {
    return this.count;
  }

  checkpoint(number: number): string {
    return Buffer.from(`${this.era}:${number}`).toString('base64url');
  }

  /** The number of the checkpoint's change; undefined for a checkpoint of another era or drive. */
  numberOf(checkpoint: string): number | undefined {
    const match = /^([^:]+):(\d+)$/.exec(Buffer.from(checkpoint, 'base64url').toString());
    const number = Number(match?.[2]);
    return match?.[1] === this.era && number <= this.count ? number : undefined;
  }

  /** Expires all checkpoints. @returns the new era */
  forgetCheckpoints(era = newEra()): string {
    this.era = era;
    return era;
  }
}

function newEra(): string {
  return randomBytes(4).toString('hex');
}
