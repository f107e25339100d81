import { randomBytes } from 'node:crypto';

interface Change {
  /** 1 for the first change of the drive. */
  readonly number: number;
  readonly id: string;
}

/** Which node changed last when, in order; what the changes feed is made from (4.12). */
export class ChangeLog {
  /** Stands in every checkpoint, so that those of another drive aren't taken for this one's. */
  private era = newEra();
  private changes: Change[] = [];
  private readonly last = new Map<string, number>();
  private count = 0;

  /** Enters a change of a node. */
  note(id: string): void {
    this.changes.push({ number: ++this.count, id });
    this.last.set(id, this.count);
    // Only the last change of a node is ever told.
    if (this.changes.length > 2 * this.last.size + 1000) {
      this.changes = this.changes.filter((change) => this.last.get(change.id) === change.number);
    }
  }

  /** Ids of the nodes that changed after the change `number`, each once, by their last change. */
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

  /** The change's number, or undefined when this drive doesn't know the checkpoint. */
  numberOf(checkpoint: string): number | undefined {
    const match = /^([^:]+):(\d+)$/.exec(Buffer.from(checkpoint, 'base64url').toString());
    const number = Number(match?.[2]);
    return match?.[1] === this.era && number <= this.count ? number : undefined;
  }

  /** Makes every checkpoint given so far too old, as the service does after a long time. @returns the new era */
  forgetCheckpoints(era = newEra()): string {
    this.era = era;
    return era;
  }
}

function newEra(): string {
  return randomBytes(4).toString('hex');
}
