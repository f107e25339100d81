import { isRemoteError, RemoteError } from '../remote/remoteError';

/** Names told in one message. */
const named = 5;

/** What failed of a larger work, kept until the rest is done. */
export class Failures {
  private readonly failed: { readonly path: string; readonly error: unknown }[] = [];

  add(path: string, error: unknown): void {
    this.failed.push({ path, error });
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
    const names = this.failed.slice(0, named).map(({ path }) => `"${path}"`);
    const more = this.failed.length - names.length;
    throw new RemoteError(
      kind,
      `${this.failed.length} of ${all} could not be ${done}: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}. The first reason: ${reason}`,
      { cause },
    );
  }
}
