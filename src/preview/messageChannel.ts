import type { HostNotice, PageReplies, PageRequest } from './previewProtocol';
import { isRecord, readPageRequest } from './readPageRequest';

/**
 * The panel's end. `receive` takes whatever the page posts; `tell` keeps notices back until the page has said "ready",
 * because before that nobody listens, and the answer to "ready" brings the whole state anyway.
 */
export class HostChannel {
  private isReady = false;

  /**
   * @param post hands a message to the page
   * @param answer does what was asked; what it throws is told to the page as an error, and to `failed`
   * @param failed hears of refused messages and failed answers, for the log
   */
  constructor(
    private readonly post: (message: unknown) => void,
    private readonly answer: <T extends PageRequest>(request: T) => Promise<PageReplies[T['type']]>,
    private readonly failed: (error: unknown) => void,
  ) {}

  async receive(message: unknown): Promise<void> {
    const id = isRecord(message) ? message['id'] : undefined;
    const request = isRecord(message) ? readPageRequest(message['request']) : undefined;
    if (!Number.isSafeInteger(id) || !request) {
      this.failed(
        new Error('The preview page sent a message that is none of the known ones; it was ignored.'),
      );
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

  /** The page was thrown away (hidden, or loaded anew): what it misses now, its next "ready" will bring. */
  pageGone(): void {
    this.isReady = false;
  }

  tell(notice: HostNotice): void {
    if (this.isReady) this.post({ notice });
  }
}

/** The page's end. Requests are answered in any order; a request whose page goes away is never answered. */
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

  /** Rejects with an Error whose message is the panel's sentence. */
  ask<T extends PageRequest>(request: T): Promise<PageReplies[T['type']]> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.post({ id, request });
    });
  }

  /** Messages come from our own extension only; their shape is the types'. */
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
