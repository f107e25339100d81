import { isRemoteError, RemoteError } from '../remote/remoteError';
import { CircuitBreaker } from '../transfer/circuitBreaker';

/** Failed paths that one message names. */
const maxNames = 5;

/** Errors of an outage in a row that end the work; each of them has had its own retries. */
const maxConsecutiveOutages = 32;

/** The failures of one piece of work on many files, which continues with the others. */
export class FailureCollector {
  private readonly failed: { readonly path: string; readonly error: unknown }[] = [];
  private readonly breaker = new CircuitBreaker(maxConsecutiveOutages);

  add(path: string, error: unknown): void {
    this.failed.push({ path, error });
    if (isRemoteError(error)) this.breaker.failed(error);
  }

  succeeded(): void {
    this.breaker.succeeded();
  }

  /** Whether the remaining files would fail too, so that none of them should start. */
  get shouldAbort(): boolean {
    return this.breaker.reason !== undefined;
  }

  /** Throws a RemoteError of the first failure's kind that says how many of `all` files were not `done` ("copied"), which, and why. */
  throwIfAny(done: string, all: number): void {
    const [first] = this.failed;
    if (!first) return;
    const cause = first.error;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const kind = isRemoteError(cause) ? cause.kind : 'other';
    if (this.failed.length === 1 && all === 1)
      throw isRemoteError(cause) ? cause : new RemoteError(kind, reason, { cause });
    const copied = this.failed.filter(({ error }) => isRemoteError(error) && error.copied).length;
    const names = this.failed.slice(0, maxNames).map(({ path }) => `"${path}"`);
    const more = this.failed.length - names.length;
    throw new RemoteError(
      kind,
      `${countsText(this.failed.length, copied, all, done)}: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}. ${this.shouldAbort ? 'The rest was not tried. ' : ''}The first reason: ${reason}`,
      { cause, ...(copied > 0 && copied === this.failed.length && { copied: true }) },
    );
  }
}

/** `copied` of the `failed` files have a complete copy. */
function countsText(failed: number, copied: number, all: number, done: string): string {
  if (copied === failed) return `${failed} of ${all} copied; the sources could not be removed`;
  const half = copied === 0 ? '' : ` (${copied} of them copied, but not removed from the source)`;
  return `${failed} of ${all} could not be ${done}${half}`;
}
