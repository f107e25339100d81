import { type ByteSource, wholeOf } from '../../http/requestBody';
import type { UploadBody } from '../operations/exchange';
import { badRequest, bodyTooLarge, DriveError } from './driveError';

/** The maximum size of the head of a part, in bytes. */
const MAX_HEAD_BYTES = 64 << 10;

/** A part of a form. Read its body to the end before `nextPart`. `read` throws 400 for an incomplete form. */
export interface FormPart extends ByteSource {
  readonly name: string;
}

/**
 * Reads multipart/form-data piece by piece, as lenient as the service was: part heads may hold raw control characters
 * and line ends within quotes, and bytes after the last boundary are ignored.
 */
export class MultipartForm {
  private buffer: Buffer;
  private ended = false;
  private readonly delimiter: Buffer;

  /** @param source gives the next piece of the request's body, undefined at its end */
  constructor(
    contentType: string | undefined,
    private readonly source: () => Promise<Buffer | undefined>,
  ) {
    const match = /^multipart\/form-data\s*;.*?\bboundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType ?? '');
    const boundary = match?.[1] ?? match?.[2];
    if (boundary === undefined)
      throw badRequest('The content type must be multipart/form-data with a boundary');
    this.delimiter = Buffer.from(`\r\n--${boundary}`);
    // Only the first boundary has no line end before it.
    this.buffer = Buffer.from('\r\n');
  }

  /** The next part; undefined after the last one. */
  async nextPart(): Promise<FormPart | undefined> {
    while ((await this.upToDelimiter()) !== undefined);
    this.buffer = this.buffer.subarray(this.delimiter.length);
    while (this.buffer.length < 2) await this.more();
    if (this.buffer.toString('latin1', 0, 2) === '--') return undefined;
    const head = await this.head();
    const name = /\bname="((?:[^"\\]|\\.)*)"/i.exec(head)?.[1] ?? /\bname=([^\s;"]+)/i.exec(head)?.[1] ?? '';
    return { name, read: () => this.upToDelimiter() };
  }

  /** The bytes before the next delimiter, piece by piece; undefined when the buffer begins with the delimiter. */
  private async upToDelimiter(): Promise<Buffer | undefined> {
    for (;;) {
      const at = this.buffer.indexOf(this.delimiter);
      // Without a match, the end of the buffer may still begin a delimiter.
      const safe = at >= 0 ? at : this.buffer.length - this.delimiter.length + 1;
      if (safe > 0) {
        const piece = this.buffer.subarray(0, safe);
        this.buffer = this.buffer.subarray(safe);
        return piece;
      }
      if (at === 0) return undefined;
      await this.more();
    }
  }

  /** The head of a part, up to the first empty line outside of quotes. */
  private async head(): Promise<string> {
    let quoted = false;
    for (let at = 0; ; at++) {
      while (this.buffer.length < at + 4) await this.more();
      if (at > MAX_HEAD_BYTES) throw badRequest("A part's head is too long");
      const byte = this.buffer[at];
      if (quoted && byte === 0x5c) at++;
      else if (byte === 0x22) quoted = !quoted;
      else if (!quoted && byte === 0x0d && this.buffer.toString('latin1', at, at + 4) === '\r\n\r\n') {
        const head = this.buffer.toString('utf8', 0, at);
        this.buffer = this.buffer.subarray(at + 4);
        return head;
      }
    }
  }

  private async more(): Promise<void> {
    const piece = this.ended ? undefined : await this.source();
    if (piece === undefined) {
      this.ended = true;
      throw new DriveError(400, { message: 'Cannot complete upload' });
    }
    this.buffer = this.buffer.length === 0 ? piece : Buffer.concat([this.buffer, piece]);
  }
}

/** The maximum size of the metadata part, in bytes. */
const MAX_METADATA_BYTES = 1 << 20;

/**
 * Begins to read a multipart body.
 * @param withMetadata reads the metadata part, which comes first
 */
export async function uploadBody(
  contentType: string | undefined,
  body: ByteSource,
  withMetadata: boolean,
): Promise<UploadBody> {
  const form = new MultipartForm(contentType, () => body.read());
  let metadata: string | undefined;
  let next: FormPart | undefined;
  if (withMetadata) {
    next = await form.nextPart();
    if (next?.name === 'metadata') {
      metadata = await textOf(next);
      next = undefined;
    }
  }
  return {
    metadata,
    content: async () => {
      next ??= await form.nextPart();
      return next?.name === 'content' ? next : undefined;
    },
  };
}

async function textOf(part: FormPart): Promise<string> {
  const bytes = await wholeOf(part, MAX_METADATA_BYTES);
  if (bytes === undefined) throw bodyTooLarge();
  return bytes.toString();
}
