/** So many things at once, in the order in which they asked. */
export class Slots {
  private free: number;
  private readonly size: number;
  private readonly queue: (() => void)[] = [];
  private idle: (() => void)[] = [];

  constructor(size: number) {
    this.size = size;
    this.free = size;
  }

  async take(): Promise<void> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.queue.push(resolve));
  }

  give(): void {
    const next = this.queue.shift();
    if (next) next();
    else if (++this.free === this.size) {
      for (const resolve of this.idle) resolve();
      this.idle = [];
    }
  }

  /** Resolves when nobody has a slot. */
  async allGiven(): Promise<void> {
    if (this.free < this.size) await new Promise<void>((resolve) => this.idle.push(resolve));
  }
}
