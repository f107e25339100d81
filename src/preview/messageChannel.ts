import { isRecord } from '../base/encoding';
import type { HostNotice, ReplyTo } from './previewProtocol';
import { type PageRequest, readPageRequest } from './readPageRequest';

/**
 * The panel's end. `receive` takes every message that the page posts. `tell` drops notices until the page has sent "ready":
 * no page listens before, and the reply to "ready" has the whole state.
 */
export class HostChannel {
  private isReady = false;

  /**
   * @param post hands a message to the page
   * @param answer handles a request; its errors go to the page and to `failed`
   * @param failed receives rejected messages and errors, for the log
   */
  constructor(
    private readonly post: (message: unknown) => void,
    private readonly answer: <T extends PageRequest>(request: T) => Promise<ReplyTo<T['type']>>,
    private readonly failed: (error: unknown) => void,
  ) {}

  async receive(message: unknown): Promise<void> {
    const id = isRecord(message) ? message['id'] : undefined;
    const request = isRecord(message) ? readPageRequest(message['request']) : undefined;
    if (!Number.isSafeInteger(id) || !request) {
      this.failed(new Error('The preview page sent a message of an unknown kind; it was ignored.'));
      return;
    }
    try {
      const reply = await this.answer(request);
      if (request.type === 'ready') this.isReady = true;
      this.post({ replyTo: id, reply });
    } catch (error) {
      this.failed(error);
      this.post({ replyTo: id, error: error instanceof Error ? error.message : String(error) });
    }
  }

  /** The page is gone (hidden or reloaded). Its next "ready" gets everything that it misses now. */
  pageGone(): void {
    this.isReady = false;
  }

  tell(notice: HostNotice): void {
    if (this.isReady) this.post({ notice });
  }
}

/** The page's end. Replies come in any order; a request whose page goes away gets none. */
export class PageChannel {
  private readonly waiting = new Map<
    number,
    { resolve: (reply: never) => void; reject: (error: Error) => void }
  >();
  private lastId = 0;

  constructor(
    private readonly post: (message: unknown) => void,
    private readonly noticed: (notice: HostNotice) => void,
  ) {}

  /** Rejects with an Error whose message comes from the panel. */
  ask<T extends PageRequest>(request: T): Promise<ReplyTo<T['type']>> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.post({ id, request });
    });
  }

  /** Messages come from this extension only, so their shape is not checked. */
  receive(message: unknown): void {
    if (!isRecord(message)) return;
    if ('notice' in message) {
      this.noticed(message['notice'] as HostNotice);
      return;
    }
    const waiter = this.waiting.get(message['replyTo'] as number);
    if (!waiter) return;
    this.waiting.delete(message['replyTo'] as number);
    if ('error' in message) waiter.reject(new Error(String(message['error'])));
    else waiter.resolve(message['reply'] as never);
  }
}
