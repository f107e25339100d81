/** The status line and headers of a response. Names are in lower case; repeated headers are joined as `node:http` joins them. */
export interface ResponseHead {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ResponseReceiver {
  /** A status below 200, which precedes the response. */
  onInterim?(statusCode: number): void;
  onHead(head: ResponseHead): void;
  /** The bytes are valid only during the call. */
  onBody(bytes: Buffer): void;
  onEnd(): void;
}

/** Bytes of a head, and of the trailers, as `node:http` limits them. */
const maxHeadBytes = 16 * 1024;

/** Bytes of the line before a chunk: the size and extensions, which no store sends. */
const maxChunkLineBytes = 256;

/** Interim responses before a response. */
const maxInterims = 1000;

/** The element that comes next. */
type Reading =
  | 'head'
  | 'countedBody'
  | 'bodyUntilClose'
  | 'chunkLine'
  | 'chunk'
  | 'chunkEnd'
  | 'trailers'
  | 'nothing';

/** Headers of which `node:http` keeps the first and drops the others. */
const keptOnce = new Set(
  (
    'age authorization content-type etag expires from host if-modified-since if-unmodified-since last-modified ' +
    'location max-forwards proxy-authorization referer retry-after server user-agent'
  ).split(' '),
);

/** A status line with its line end, unless nothing follows. */
const statusPattern = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?(?:\r\n|$)/;

/** Fields, each but the last with a line end. */
const fieldsPattern =
  /(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*$/y;

const lineEnd = Buffer.from('\r\n');
const headEnd = Buffer.from('\r\n\r\n');

/**
 * Reads the responses of one HTTP/1.1 connection, strictly (RFC 9112): it accepts only what `node:http` accepts with the same meaning, and
 * refuses whatever has two readings (a length beside chunks, two lengths, folded lines, bare line feeds), because a wrong end of a response
 * would give the rest of its body to the next request.
 */
export class ResponseParser {
  private reading: Reading = 'nothing';
  private method = '';
  /** Bytes that are left of the counted body or of the chunk. */
  private left = 0;
  /** The beginning of a head or line whose end has not arrived. */
  private pending: Buffer | undefined;
  private keepsAlive = false;
  private interims = 0;

  constructor(private readonly receiver: ResponseReceiver) {}

  /** Whether the connection can take another request: the last response is complete and its service keeps the connection open. */
  get canReuse(): boolean {
    return this.reading === 'nothing' && this.keepsAlive;
  }

  /** Whether a head has begun to arrive. */
  get isWithinHead(): boolean {
    return this.reading === 'head' && this.pending !== undefined;
  }

  /** Call before a request of this method is sent; responses to HEAD have no body. */
  expect(method: string): void {
    this.method = method;
    this.reading = 'head';
    this.keepsAlive = false;
    this.interims = 0;
  }

  /** Takes the next bytes of the connection. Throws an error with a code `HPE_…` for bytes that are no HTTP or have two readings. */
  feed(chunk: Buffer): void {
    let bytes = chunk;
    if (this.pending) {
      bytes = Buffer.concat([this.pending, chunk]);
      this.pending = undefined;
    }
    let at = 0;
    while (at < bytes.length) {
      const next = this.step(bytes, at);
      if (next === undefined) {
        this.pending = Buffer.from(bytes.subarray(at));
        return;
      }
      at = next;
    }
  }

  /** The service has ended the connection. Throws, with the code `ECONNRESET`, when the response was not complete. */
  close(): void {
    if (this.reading === 'nothing') return;
    if (this.reading !== 'bodyUntilClose') throw failure('ECONNRESET', 'the connection ended early');
    this.end();
  }

  /** Consumes one element at `at`. Returns where the next begins; undefined when more bytes are needed. */
  private step(bytes: Buffer, at: number): number | undefined {
    switch (this.reading) {
      case 'head':
        return this.readHead(bytes, at);
      case 'bodyUntilClose':
        this.receiver.onBody(at === 0 ? bytes : bytes.subarray(at));
        return bytes.length;
      case 'countedBody':
      case 'chunk':
        return this.readBody(bytes, at);
      case 'chunkLine':
        return this.readChunkLine(bytes, at);
      case 'chunkEnd':
        if (bytes.length - at < 2) return undefined;
        if (bytes[at] !== 13 || bytes[at + 1] !== 10)
          throw failure('HPE_STRICT', 'a chunk is longer than its size');
        this.reading = 'chunkLine';
        return at + 2;
      case 'trailers':
        return this.readTrailers(bytes, at);
      case 'nothing':
        this.keepsAlive = false;
        throw failure('HPE_CLOSED_CONNECTION', 'bytes after the end of a response');
    }
  }

  private readBody(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.left);
    this.left -= end - at;
    this.receiver.onBody(bytes.subarray(at, end));
    if (this.left > 0) return end;
    if (this.reading === 'chunk') this.reading = 'chunkEnd';
    else this.end();
    return end;
  }

  private readChunkLine(bytes: Buffer, at: number): number | undefined {
    const end = bytes.indexOf(lineEnd, at);
    if (end < 0 ? bytes.length - at > maxChunkLineBytes : end - at > maxChunkLineBytes)
      throw failure('HPE_INVALID_CHUNK_SIZE', 'the line of a chunk is too long');
    if (end < 0) return undefined;
    // Extensions have no meaning here; anything else after the size has two readings.
    const size = /^([0-9a-f]{1,13})(?:;[\t\x20-\x7e]*)?$/i.exec(bytes.toString('latin1', at, end))?.[1];
    if (size === undefined) throw failure('HPE_INVALID_CHUNK_SIZE', 'a chunk has no size');
    this.left = Number.parseInt(size, 16);
    this.reading = this.left === 0 ? 'trailers' : 'chunk';
    return end + 2;
  }

  private readTrailers(bytes: Buffer, at: number): number | undefined {
    if (bytes.length - at < 2) return undefined;
    if (bytes[at] === 13 && bytes[at + 1] === 10) {
      this.end();
      return at + 2;
    }
    const end = headEndIn(bytes, at);
    if (end === undefined) return undefined;
    const trailers = parseFields(bytes.toString('latin1', at, end), 0);
    if (trailers['content-length'] !== undefined || trailers['transfer-encoding'] !== undefined)
      throw failure('HPE_INVALID_TRAILER', 'trailers about the length of the body');
    this.end();
    return end + 4;
  }

  private readHead(bytes: Buffer, at: number): number | undefined {
    const end = headEndIn(bytes, at);
    if (end === undefined) {
      // Anything but HTTP is refused at its first bytes: a server of another protocol may wait for us forever.
      if (!'HTTP/1.'.startsWith(bytes.toString('latin1', at, Math.min(bytes.length, at + 7))))
        throw failure('HPE_INVALID_CONSTANT', 'not an HTTP/1 response');
      return undefined;
    }
    const text = bytes.toString('latin1', at, end);
    const [statusLine, minor, code] = statusPattern.exec(text) ?? [];
    if (statusLine === undefined) throw failure('HPE_INVALID_STATUS', 'no status line');
    const statusCode = Number(code);
    const headers = parseFields(text, statusLine.length);
    if (statusCode === 101) throw failure('HPE_UPGRADE', 'an upgrade that nobody requested');
    if (statusCode >= 200) this.begin(statusCode, headers, minor === '1');
    else {
      if (++this.interims > maxInterims) throw failure('HPE_INVALID_STATUS', 'endless interim responses');
      this.receiver.onInterim?.(statusCode);
    }
    return end + 4;
  }

  private begin(statusCode: number, headers: Record<string, string>, isHttp11: boolean): void {
    const { connection, 'transfer-encoding': encoding, 'content-length': length } = headers;
    const options = connection?.toLowerCase().split(/[\t ]*,[\t ]*/);
    this.keepsAlive = isHttp11 && !options?.includes('close');
    if (encoding !== undefined && (!/^chunked$/i.test(encoding) || length !== undefined || !isHttp11))
      throw failure('HPE_INVALID_TRANSFER_ENCODING', 'a body whose end is not certain');
    if (length !== undefined && !/^\d{1,15}$/.test(length))
      throw failure('HPE_INVALID_CONTENT_LENGTH', 'no valid length');
    const hasBody = this.method !== 'HEAD' && statusCode !== 204 && statusCode !== 304;
    this.left = Number(length ?? 0);
    if (!hasBody) this.reading = 'nothing';
    else if (encoding !== undefined) this.reading = 'chunkLine';
    else if (length !== undefined) this.reading = this.left > 0 ? 'countedBody' : 'nothing';
    else {
      this.reading = 'bodyUntilClose';
      this.keepsAlive = false;
    }
    this.receiver.onHead({ statusCode, headers });
    if (this.reading === 'nothing') this.receiver.onEnd();
  }

  private end(): void {
    this.reading = 'nothing';
    this.receiver.onEnd();
  }
}

/** Where the empty line begins that ends the fields at `at`; undefined when it has not arrived. */
function headEndIn(bytes: Buffer, at: number): number | undefined {
  const end = bytes.indexOf(headEnd, at);
  if ((end < 0 ? bytes.length : end) - at > maxHeadBytes)
    throw failure('HPE_HEADER_OVERFLOW', 'the headers are too long');
  return end < 0 ? undefined : end;
}

/** Reads the fields of `text` from `start` on. The last one has no line end. */
function parseFields(text: string, start: number): Record<string, string> {
  const fields: Record<string, string> = Object.create(null);
  if (start >= text.length) return fields;
  // One look at all fields costs less than one at each.
  fieldsPattern.lastIndex = start;
  if (!fieldsPattern.test(text)) throw failure('HPE_INVALID_HEADER_TOKEN', 'a line that is no header');
  for (let at = start; at < text.length; ) {
    const colon = text.indexOf(':', at);
    const lineEnd = text.indexOf('\r\n', colon);
    const end = lineEnd < 0 ? text.length : lineEnd;
    addField(fields, text.slice(at, colon).toLowerCase(), trimmed(text, colon + 1, end));
    at = end + 2;
  }
  return fields;
}

function addField(fields: Record<string, string>, name: string, value: string): void {
  const before = fields[name];
  if (before === undefined) fields[name] = value;
  else if (name === 'content-length' || name === 'transfer-encoding')
    throw failure('HPE_UNEXPECTED_CONTENT_LENGTH', `two headers "${name}"`);
  else if (!keptOnce.has(name)) fields[name] = `${before}, ${value}`;
}

function trimmed(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (from < to && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
