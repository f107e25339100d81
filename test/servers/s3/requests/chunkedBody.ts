import { createHash, createHmac, type Hash } from 'node:crypto';
import type { Identity } from '../signIn/signatureCheck';
import { S3Error } from './s3Error';

const EMPTY_SHA256 = createHash('sha256').digest('hex');
const MAX_LINE = 8192;
const MIN_CHUNK = 8192;

/**
 * Decodes the `aws-chunked` content encoding piece by piece: lines `size[;chunk-signature=…]`, data, and after the last, empty
 * chunk the trailers. With a signer, the signatures of chunks and trailers are verified.
 */
export class ChunkedBody {
  /** Trailer headers, names in lower case; complete after `end()`. */
  readonly trailers = new Map<string, string>();
  private state: 'size' | 'data' | 'dataEnd' | 'trailers' | 'done' = 'size';
  private line = '';
  private left = 0;
  /** Only the last chunk with data may be small; the next chunk shows whether this one was the last. */
  private smallChunk = false;
  private chunkHash: Hash | undefined;
  private chunkSignature = '';
  private previousSignature: string;
  private trailerText = '';

  /**
   * @param signer signs the chunks; undefined for unsigned chunks
   * @param expectsTrailer whether trailers follow the last chunk
   * @param onData receives the payload
   */
  constructor(
    private readonly signer: Identity | undefined,
    private readonly expectsTrailer: boolean,
    private readonly onData: (data: Buffer) => void,
  ) {
    this.previousSignature = signer?.seedSignature ?? '';
  }

  /** Takes the next piece of the encoded body. Throws S3Error for bad framing or a bad signature. */
  write(piece: Buffer): void {
    let at = 0;
    while (at < piece.length) {
      if (this.state === 'done') throw incomplete();
      if (this.state === 'data') {
        const data = piece.subarray(at, at + this.left);
        at += data.length;
        this.left -= data.length;
        this.chunkHash?.update(data);
        this.onData(data);
        if (this.left === 0) this.state = 'dataEnd';
        continue;
      }
      const newline = piece.indexOf(10, at);
      this.line += piece.toString('latin1', at, newline < 0 ? piece.length : newline + 1);
      if (this.line.length > MAX_LINE) throw incomplete();
      if (newline < 0) return;
      at = newline + 1;
      // S3 tolerates a bare LF after trailers; everywhere else lines end with CR LF.
      const line = this.line.replace(/\r?\n$/, '');
      this.line = '';
      this.takeLine(line);
    }
  }

  /** Call at the end of the body. Throws S3Error IncompleteBody for an incomplete body. */
  end(): void {
    if (this.state === 'trailers' && this.line === '') this.finishTrailers();
    if (this.state !== 'done') throw incomplete();
  }

  private takeLine(line: string): void {
    if (this.state === 'dataEnd') {
      if (line !== '') throw incomplete();
      this.finishChunk();
      this.state = 'size';
    } else if (this.state === 'size') {
      const match = /^([0-9a-fA-F]+)(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
      if (!match) throw incomplete();
      this.left = Number.parseInt(match[1] ?? '', 16);
      if (this.signer) {
        this.chunkSignature = match[2] ?? '';
        this.chunkHash = createHash('sha256');
      }
      if (this.left > 0) {
        if (this.smallChunk) throw chunkTooSmall();
        this.smallChunk = this.left < MIN_CHUNK;
        this.state = 'data';
      } else {
        this.finishChunk();
        this.state = 'trailers';
      }
    } else if (line === '') {
      this.finishTrailers();
    } else {
      const colon = line.indexOf(':');
      if (colon < 1) throw new S3Error('MalformedTrailerError', 'The trailing data was not well-formed.');
      const name = line.slice(0, colon).trim().toLowerCase();
      const value = line.slice(colon + 1).trim();
      this.trailers.set(name, value);
      if (name !== 'x-amz-trailer-signature') this.trailerText += `${name}:${value}\n`;
    }
  }

  private finishChunk(): void {
    const { signer, chunkHash } = this;
    if (!signer || !chunkHash) return;
    const text = `AWS4-HMAC-SHA256-PAYLOAD\n${signer.timestamp}\n${signer.scope}\n${this.previousSignature}\n${EMPTY_SHA256}\n${chunkHash.digest('hex')}`;
    this.requireSignature(signer, text, this.chunkSignature);
    this.previousSignature = this.chunkSignature;
    this.chunkHash = undefined;
  }

  private finishTrailers(): void {
    this.state = 'done';
    if (!this.signer || !this.expectsTrailer) return;
    const hash = createHash('sha256').update(this.trailerText).digest('hex');
    const text = `AWS4-HMAC-SHA256-TRAILER\n${this.signer.timestamp}\n${this.signer.scope}\n${this.previousSignature}\n${hash}`;
    this.requireSignature(this.signer, text, this.trailers.get('x-amz-trailer-signature') ?? '');
  }

  private requireSignature(signer: Identity, text: string, given: string): void {
    const expected = createHmac('sha256', signer.signingKey).update(text).digest('hex');
    if (expected === given) return;
    throw new S3Error('SignatureDoesNotMatch', 'The chunk signature does not match.');
  }
}

function incomplete(): S3Error {
  return new S3Error('IncompleteBody', 'The request body terminated unexpectedly');
}

function chunkTooSmall(): S3Error {
  return new S3Error('InvalidChunkSizeError', 'Only the last chunk may have less than 8192 bytes.');
}
