import { randomBytes } from 'node:crypto';
import { badRequest } from '../requests/driveError';

/** The lifetime of a page token, in milliseconds. */
const TOKEN_LIFE_MS = 10 * 60_000;
/** The maximum number of lists in memory. */
const MAX_LISTS = 2000;

interface Place {
  /** Path and parameters of the list; a request for the next page must have the same. */
  readonly question: string;
  readonly ids: readonly string[];
  readonly from: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Lists with more pages. The first page finds the whole list, so later pages are cheap. */
export class ListPages {
  private readonly places = new Map<string, Place>();

  /** @param now milliseconds since 1970 */
  constructor(private readonly now: () => number) {}

  /** A token for the page that begins at `from`. */
  keep(question: string, ids: readonly string[], from: number): string {
    for (const [token, place] of this.places) {
      if (place.expiresAt > this.now() && this.places.size < MAX_LISTS) break;
      this.places.delete(token);
    }
    const token = randomBytes(9).toString('base64url');
    this.places.set(token, { question, ids, from, expiresAt: this.now() + TOKEN_LIFE_MS });
    return token;
  }

  /** Throws 400 when the token is unknown, expired or of another list. */
  open(token: string, question: string): Place {
    const place = this.places.get(token);
    if (place === undefined || place.expiresAt <= this.now() || place.question !== question)
      throw expiredToken();
    return place;
  }

  /** Expires all tokens. */
  expireAll(): void {
    this.places.clear();
  }
}

export function expiredToken(): Error {
  return badRequest('Next token is expired');
}
