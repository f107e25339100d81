import { RemoteError, type RemoteErrorDetails, type RemoteErrorKind } from '../remote/remoteError';
import { PlaceOccupied } from '../usecases/placeLocks';

/** An error as it crosses between threads. A structured clone of an error loses its class, its name and its own fields. */
export interface ErrorMessage {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of a RemoteError. */
  readonly remote?: {
    readonly kind: RemoteErrorKind;
    readonly details: RemoteErrorDetails;
    readonly subclass: string | undefined;
  };
}

/** Subclasses that the other thread must recognise. A minified bundle renames classes, so each has a name of its own here. */
const subclasses: Readonly<Record<string, { readonly prototype: RemoteError }>> = {
  placeOccupied: PlaceOccupied,
};

/** The cause of an error stays behind: it may hold anything. */
export function messageOfError(error: unknown): ErrorMessage {
  const isError = error instanceof Error || error instanceof DOMException;
  const { name, message, stack } = isError ? error : new Error(String(error));
  if (!(error instanceof RemoteError)) return { name, message, stack };
  const { kind, retryAfterMs, code, command, signIn, copied } = error;
  const [subclass] =
    Object.entries(subclasses).find(([, { prototype }]) => prototype === Object.getPrototypeOf(error)) ?? [];
  const details = { retryAfterMs, code, command, signIn, ...(copied && { copied }) };
  return { name, message, stack, remote: { kind, details, subclass } };
}

/** An error of the same class, name, text and fields; a plain Error of that name for a class that isn't known here. */
export function errorOfMessage({ name, message, stack, remote }: ErrorMessage): Error {
  const error = remote ? new RemoteError(remote.kind, message, remote.details) : plainError(name, message);
  const subclass = remote?.subclass === undefined ? undefined : subclasses[remote.subclass];
  if (subclass) Object.setPrototypeOf(error, subclass.prototype);
  if (stack !== undefined) Object.defineProperty(error, 'stack', { value: stack, configurable: true });
  return error;
}

function plainError(name: string, message: string): Error {
  if (name === 'AbortError' || name === 'TimeoutError') return new DOMException(message, name);
  const error = new Error(message);
  if (name !== error.name) Object.defineProperty(error, 'name', { value: name, configurable: true });
  return error;
}
