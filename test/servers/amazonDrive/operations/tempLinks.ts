import { createHmac, randomBytes } from 'node:crypto';

/** The lifetime of a link, in milliseconds. */
const LINK_LIFE_MS = 15 * 60_000;

/** Creates and verifies links to contents that need no Authorization header. */
export class TempLinks {
  private readonly secret = randomBytes(32);

  /** @param now milliseconds since 1970 */
  constructor(private readonly now: () => number) {}

  /** A temporary address of a file's content. */
  make(origin: string, account: string, id: string): string {
    const path = `/templink/${Buffer.from(account).toString('base64url')}/${id}`;
    const expires = String(this.now() + LINK_LIFE_MS);
    const query = new URLSearchParams({
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Expires': expires,
      'X-Amz-Signature': this.sign(account, id, expires),
    });
    return `${origin}${path}?${query}`;
  }

  /** The account and the file of a link; `expired`, or `wrong` for a bad signature. */
  open(
    names: readonly string[],
    query: URLSearchParams,
  ): { account: string; id: string } | 'expired' | 'wrong' {
    const [encoded = '', id = ''] = names;
    const account = Buffer.from(encoded, 'base64url').toString();
    const expires = query.get('X-Amz-Expires') ?? '';
    if (query.get('X-Amz-Signature') !== this.sign(account, id, expires)) return 'wrong';
    return Number(expires) > this.now() ? { account, id } : 'expired';
  }

  private sign(account: string, id: string, expires: string): string {
    return createHmac('sha256', this.secret).update(`${account}\n${id}\n${expires}`).digest('hex');
  }
}
