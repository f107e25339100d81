import type { MessagePort, Worker } from 'node:worker_threads';
import { addAbortListener, removeAbortListener } from '../base/aborts';
import { type ErrorMessage, errorOfMessage, messageOfError } from './errorMessages';

/** One end of a pair of connected ports. */
export type Port = MessagePort | Worker;

/** Functions that one end serves: their arguments and results, which a structured clone must not change. */
export type Calls = Readonly<Record<string, { readonly args: unknown; readonly result: unknown }>>;

export type Handlers<Served extends Calls> = {
  readonly [Name in keyof Served]: (
    args: Served[Name]['args'],
    signal: AbortSignal,
  ) => Promise<Served[Name]['result']>;
};

type Message =
  | { readonly type: 'call'; readonly id: number; readonly name: string; readonly args: unknown }
  | { readonly type: 'abort'; readonly id: number; readonly reason: ErrorMessage }
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: ErrorMessage };

/** Numbers the calls that want no answer. */
const unanswered = 0;

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
  readonly stopListening: () => void;
}

/**
 * One end of a connection over which both ends call functions of the other. An aborted signal of the caller aborts the handler's signal, with the
 * same reason.
 */
export class Peer<Served extends Calls, Called extends Calls> {
  private readonly pending = new Map<number, Pending>();
  private readonly running = new Map<number, AbortController>();
  private lastId = unanswered;
  private failure: { readonly error: unknown } | undefined;

  constructor(
    private readonly port: Port,
    private readonly handlers: Handlers<Served>,
  ) {
    port.on('message', (message: Message) => this.receive(message));
  }

  /**
   * Rejects with the signal's reason when aborted, else with the error of the handler or of `fail`. An aborted call settles only when its handler
   * has ended: work that it began must be over by then.
   */
  call<Name extends keyof Called & string>(
    name: Name,
    args: Called[Name]['args'],
    signal?: AbortSignal,
  ): Promise<Called[Name]['result']> {
    return new Promise((resolve, reject) => {
      if (this.failure) throw this.failure.error;
      signal?.throwIfAborted();
      const id = ++this.lastId;
      this.post({ type: 'call', id, name, args });
      const onAbort = () => this.post({ type: 'abort', id, reason: messageOfError(signal?.reason) });
      if (signal) addAbortListener(signal, onAbort);
      this.pending.set(id, {
        resolve,
        reject: (error) => reject(signal?.aborted ? signal.reason : error),
        stopListening: () => signal && removeAbortListener(signal, onAbort),
      });
    });
  }

  /** A call without an answer. Does nothing when the other end is gone. */
  tell<Name extends keyof Called & string>(name: Name, args: Called[Name]['args']): void {
    this.post({ type: 'call', id: unanswered, name, args });
  }

  /** The other end is gone: every call under way and every later one rejects with `error`, and so do the handlers that are running. */
  fail(error: unknown): void {
    this.failure ??= { error };
    for (const { reject, stopListening } of this.pending.values()) {
      stopListening();
      reject(error);
    }
    this.pending.clear();
    this.abortHandlers(error);
  }

  abortHandlers(reason: unknown): void {
    for (const controller of this.running.values()) controller.abort(reason);
  }

  private receive(message: Message): void {
    switch (message.type) {
      case 'call':
        void this.serve(message);
        return;
      case 'abort':
        this.running.get(message.id)?.abort(errorOfMessage(message.reason));
        return;
      default: {
        const pending = this.pending.get(message.id);
        if (!pending) return;
        this.pending.delete(message.id);
        pending.stopListening();
        if (message.type === 'result') pending.resolve(message.result as never);
        else pending.reject(errorOfMessage(message.error));
      }
    }
  }

  private async serve({ id, name, args }: Message & { type: 'call' }): Promise<void> {
    const controller = new AbortController();
    const answers = id !== unanswered;
    if (answers) this.running.set(id, controller);
    try {
      const result = await this.handlers[name as keyof Served](args as never, controller.signal);
      if (answers) this.post({ type: 'result', id, result });
    } catch (error) {
      if (answers) this.post({ type: 'error', id, error: messageOfError(error) });
    } finally {
      if (answers) this.running.delete(id);
    }
  }

  private post(message: Message): void {
    if (!this.failure) this.port.postMessage(message);
  }
}
