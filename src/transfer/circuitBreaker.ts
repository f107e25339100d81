import { fatalErrorKinds, outageErrorKinds, type RemoteError } from '../remote/remoteError';

/** Ends work that can't succeed: at the first error of `fatalErrorKinds`, or after too many consecutive errors of `outageErrorKinds`. */
export class CircuitBreaker {
  private consecutiveOutages = 0;
  private opened: string | undefined;

  constructor(private readonly maxConsecutiveOutages: number) {}

  /** Why no further work may start, as a sentence; undefined while it may. */
  get reason(): string | undefined {
    return this.opened;
  }

  open(reason: string): void {
    this.opened = reason;
  }

  succeeded(): void {
    this.consecutiveOutages = 0;
  }

  failed({ kind, message }: Pick<RemoteError, 'kind' | 'message'>): void {
    if (fatalErrorKinds.has(kind)) this.open(message);
    if (outageErrorKinds.has(kind) && ++this.consecutiveOutages >= this.maxConsecutiveOutages)
      this.open(`${this.consecutiveOutages} files in a row failed. The last one: ${message}`);
  }
}
