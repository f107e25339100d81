import { isRemoteError, RemoteError } from '../remote/remoteError';

/** Names told in one message. */
const named = 5;

/** So many in a row, each after its own retries, say that the service (or the disk) is out of reach. */
const mostInARow = 32;

/** What failed of a larger work, kept until the rest is done. */
export class FailureCollector {
  private readonly failed: { readonly path: string; readonly error: unknown }[] = [];
  private inARow = 0;
  private fatalErrorKinds = false;

  add(path: string, error: unknown): void {
    this.failed.push({ path, error });
    if (isRemoteError(error, 'unauthenticated', 'badSettings')) this.fatalErrorKinds = true;
    if (isRemoteError(error, 'unavailable', 'rateLimited', 'quotaExceeded') && ++this.inARow >= mostInARow)
      this.fatalErrorKinds = true;
  }

  /** Something worked, so there is hope. */
  succeeded(): void {
    this.inARow = 0;
  }

  /** Whether nothing else would go any better; what has not begun then need not be tried. */
  get shouldAbort(): boolean {
    return this.fatalErrorKinds;
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
    const names = this.failed.slice(0, named).map(({ path }) => `"${path}"`);
    const more = this.failed.length - names.length;
    throw new RemoteError(
      kind,
      `${whatFailed(this.failed.length, copied, all, done)}: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}. ${this.fatalErrorKinds ? 'What was left then was not tried. ' : ''}The first reason: ${reason}`,
      { cause, ...(copied > 0 && copied === this.failed.length && { copied: true }) },
    );
  }
}

/** `copied` of the `failed` have got as far as their copy. */
function whatFailed(failed: number, copied: number, all: number, done: string): string {
  if (copied === failed) return `${failed} of ${all} copied; the sources could not be removed`;
  const half = copied === 0 ? '' : ` (${copied} of them copied, but not removed from the source)`;
  return `${failed} of ${all} could not be ${done}${half}`;
}
