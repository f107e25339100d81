/**
 * Reads a body in chunks: `SIZE[;…]\r\nBYTES\r\n`, up to a chunk of size 0 with its trailers. Such bodies are HTTP's `Transfer-Encoding: chunked`
 * and S3's `Content-Encoding: aws-chunked`, whose signatures it skips.
 */
export class ChunkedReader {
  private line = '';
  private left = 0;
  private state: 'size' | 'bytes' | 'afterBytes' | 'trailers' | 'done' = 'size';

  constructor(private readonly sink: (bytes: Buffer) => void) {}

  get done(): boolean {
    return this.state === 'done';
  }

  /** Takes bytes up to the end of the body. Returns how many. Throws an Error when a size can't be read. */
  push(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length && this.state !== 'done') {
      if (this.state === 'bytes') {
        const end = Math.min(bytes.length, at + this.left);
        this.sink(bytes.subarray(at, end));
        this.left -= end - at;
        at = end;
        if (this.left === 0) this.state = 'afterBytes';
        continue;
      }
      const end = bytes.indexOf(10, at);
      this.line += bytes.toString('latin1', at, end < 0 ? bytes.length : end);
      if (end < 0) return bytes.length;
      at = end + 1;
      this.endLine(this.line.trimEnd());
      this.line = '';
    }
    return at;
  }

  private endLine(line: string): void {
    if (this.state === 'afterBytes') this.state = 'size';
    else if (this.state === 'trailers') this.state = line === '' ? 'done' : 'trailers';
    else {
      const size = /^[0-9a-fA-F]+/.exec(line)?.[0];
      if (size === undefined) throw new Error(`"${line}" is not the size of a chunk.`);
      this.left = Number.parseInt(size, 16);
      this.state = this.left === 0 ? 'trailers' : 'bytes';
    }
  }
}
