import { randomBytes } from 'node:crypto';
import { badRequest } from '../requests/driveError';

/** How long a page token lives, in milliseconds (4.1). */
const TOKEN_LIFE_MS = 10 * 60_000;
/** So many lists are kept at most; the oldest go first. */
const MOST_LISTS = 2000;

interface Place {
  /** What was asked; the next page must be asked for in the same way. */
  readonly question: string;
  readonly ids: readonly string[];
  readonly from: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Lists that have a further page. A list is found once, at its first page, so that later pages cost nothing. */
export class ListPages {
  private readonly places = new Map<string, Place>();

  /** @param now milliseconds since 1970 */
  constructor(private readonly now: () => number) {}

  /** A token for the page that begins at `from`. */
  keep(question: string, ids: readonly string[], from: number): string {
    for (const [token, place] of this.places) {
      if (place.expiresAt > this.now() && this.places.size < MOST_LISTS) break;
      this.places.delete(token);
    }
    const token = randomBytes(9).toString('base64url');
    this.places.set(token, { question, ids, from, expiresAt: this.now() + TOKEN_LIFE_MS });
    return token;
  }

  /** Throws 400 when the token is unknown, past its time or of another list. */
  open(token: string, question: string): Place {
    const place = this.places.get(token);
    if (place === undefined || place.expiresAt <= this.now() || place.question !== question)
      throw expiredToken();
    return place;
  }

  /** Lets all tokens be past their time at once. */
  expireAll(): void {
    this.places.clear();
  }
}

export function expiredToken(): Error {
  return badRequest('Next token is expired');
}
