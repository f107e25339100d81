import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { digest } from '../../../base/digest';
import type { ByteSource, FileFacts } from '../../../remote/remote';
import { RemoteError } from '../../../remote/remoteError';
import type { RequestBody } from '../api/driveHttp';

/** Bodies up to this size, in bytes, are read into memory: many small files need no streams. */
const inMemoryLimit = 256 * 1024;

/**
 * The multipart form of an upload (docs/amazon-drive-api.md §5): metadata, for a new file, and content. Sent with its exact length, in
 * bounded memory. Content of another length or MD5 than the source announced fails before the end of the form, so that the service never
 * stores it.
 */
export class UploadBody implements RequestBody {
  readonly contentType: string;
  readonly length: number;
  /** Lower-case hex, after the whole content was read. */
  md5: string | undefined;
  /** The whole form was handed to the network. */
  isSent = false;
  private readonly head: Buffer;
  private readonly tail: Buffer;

  /** Without `metadata` the form replaces the content of an existing file (docs/amazon-drive-api.md §5). */
  constructor(
    private readonly path: string,
    private readonly source: ByteSource,
    private readonly facts: FileFacts,
    metadata: { readonly name: string; readonly parents: readonly string[] } | undefined,
    fileName: string,
  ) {
    const boundary = randomBytes(30).toString('hex');
    this.contentType = `multipart/form-data; boundary=${boundary}`;
    const part = metadata
      ? `--${boundary}\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n${JSON.stringify({ name: metadata.name, kind: 'FILE', parents: metadata.parents })}\r\n`
      : '';
    this.head = Buffer.from(
      `${part}--${boundary}\r\nContent-Disposition: form-data; name="content"; filename="${quoted(fileName)}"\r\nContent-Type: application/octet-stream\r\n\r\n`,
    );
    this.tail = Buffer.from(`\r\n--${boundary}--\r\n`);
    this.length = this.head.length + source.size + this.tail.length;
  }

  async open(signal: AbortSignal): Promise<readonly Uint8Array[] | Readable> {
    this.md5 = undefined;
    this.isSent = false;
    const { source } = this;
    if (!source.bytes && source.size > inMemoryLimit)
      return this.streamed(await source.open(undefined, signal));
    const bytes = source.bytes ? await source.bytes(signal) : await this.collected(signal);
    if (bytes.length !== source.size) throw this.lengthChanged(bytes.length);
    this.checkMd5(digest('md5', bytes));
    return [this.head, bytes, this.tail];
  }

  /** The form around `content`. Destroys `content` when the form closes, even unread. */
  private streamed(content: Readable): Readable {
    // Nobody listens while the form waits for a connection; its reader receives the error later.
    content.on('error', () => {});
    const form = Readable.from(this.pieces(content), { objectMode: false });
    form.once('close', () => content.destroy());
    return form;
  }

  readonly onSent = (): void => {
    this.isSent = true;
    this.facts.onProgress?.(this.source.size);
  };

  private async collected(signal: AbortSignal): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of (await this.source.open(undefined, signal)) as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > this.source.size) throw this.lengthChanged(length);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  private async *pieces(content: Readable): AsyncGenerator<Uint8Array> {
    const hash = createHash('md5');
    let sent = 0;
    yield this.head;
    for await (const chunk of content as AsyncIterable<Uint8Array>) {
      sent += chunk.length;
      if (sent > this.source.size) throw this.lengthChanged(sent);
      hash.update(chunk);
      yield chunk;
      this.facts.onProgress?.(sent);
    }
    if (sent !== this.source.size) throw this.lengthChanged(sent);
    this.checkMd5(hash.digest('hex'));
    yield this.tail;
  }

  private checkMd5(md5: string): void {
    if (this.source.md5 !== undefined && this.source.md5 !== md5)
      throw new RemoteError('corrupted', `"${this.path}" was not sent: its content differs from its MD5.`);
    this.md5 = md5;
  }

  private lengthChanged(found: number): RemoteError {
    const { size } = this.source;
    return new RemoteError(
      'changed',
      `The source of "${this.path}" changed while it was being read: ${size} bytes were expected, ${found}${found > size ? ' or more' : ''} were read.`,
    );
  }
}

/** The service ignores this name. Escapes the characters that could end the header. */
function quoted(name: string): string {
  return name.replace(/[\0-\x1f\x7f]/g, '_').replace(/[\\"]/g, (sign) => `\\${sign}`);
}
