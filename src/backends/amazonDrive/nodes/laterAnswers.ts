import { forgetAbort, hearAbort } from '../../../base/aborts';

/** A question that somebody waits for. */
interface Asked<T> {
  readonly answer: Promise<T>;
  readonly stop: AbortController;
  waiters: number;
}

/**
 * Answers to questions that begin after they are asked for: what was true before an upload says nothing of the moment after it. Of one key
 * one question is under way; all who ask meanwhile share the next one.
 */
export class LaterAnswers<T> {
  private readonly running = new Map<string, Promise<unknown>>();
  private readonly next = new Map<string, Asked<T>>();

  /** `gathered` is awaited before a question begins, so that more may share it. Never rejects. */
  constructor(
    private readonly question: (key: string, signal: AbortSignal) => Promise<T>,
    private readonly gathered: () => Promise<void>,
  ) {}

  /** Throws what the question fails with, and the reason of `signal`; the question goes on while anybody else waits for it. */
  ask(key: string, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    let asked = this.next.get(key);
    if (!asked) {
      const stop = new AbortController();
      asked = { answer: this.begun(key, stop.signal), stop, waiters: 0 };
      this.next.set(key, asked);
    }
    return awaited(asked, signal);
  }

  private async begun(key: string, signal: AbortSignal): Promise<T> {
    await this.running.get(key)?.catch(() => {});
    await this.gathered();
    this.next.delete(key);
    const answer = this.question(key, signal);
    this.running.set(key, answer);
    try {
      return await answer;
    } finally {
      if (this.running.get(key) === answer) this.running.delete(key);
    }
  }
}

async function awaited<T>(asked: Asked<T>, signal: AbortSignal): Promise<T> {
  asked.waiters++;
  let leave = () => {};
  try {
    return await Promise.race([
      asked.answer,
      new Promise<never>((_resolve, reject) => {
        leave = () => reject(signal.reason);
        hearAbort(signal, leave);
      }),
    ]);
  } finally {
    forgetAbort(signal, leave);
    if (--asked.waiters === 0) asked.stop.abort();
  }
}
