import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';

/** Bytes that one write of a large body takes at most: each shows that the body still moves. */
const sliceBytes = 1024 * 1024;

export interface WriterEvents {
  /** Whether the body is still wanted: an early response ends the sending. */
  isWanted(): boolean;
  /** A part of the body was taken by the network. */
  onProgress(): void;
  /** Called once the whole body was handed to the network. */
  onSent(): void;
  onFailure(error: Error): void;
}

/** Writes bytes in memory slice by slice, the next when the one before was taken. */
export function writePieces(socket: Socket, pieces: readonly Uint8Array[], events: WriterEvents): void {
  let piece = 0;
  let at = 0;
  const next = () => {
    if (!events.isWanted()) return;
    events.onProgress();
    let bytes = pieces[piece];
    while (bytes && at >= bytes.length) {
      at = 0;
      bytes = pieces[++piece];
    }
    if (!bytes) return events.onSent();
    const end = Math.min(bytes.length, at + sliceBytes);
    const slice = bytes.subarray(at, end);
    at = end;
    socket.write(slice, (error) => {
      if (!error) next();
    });
  };
  next();
}

/**
 * Writes a stream of exactly `length` bytes, and destroys what is not sent. A byte more would be read as the next request, a byte less
 * would swallow the next request.
 */
export function writeStream(socket: Socket, body: Readable, length: number, events: WriterEvents): void {
  let written = 0;
  const onDrain = () => {
    events.onProgress();
    body.resume();
  };
  const stop = () => {
    socket.off('drain', onDrain).off('close', onClose);
    body.off('data', onData);
    body.off('end', onEnd);
  };
  // A paused stream would keep its file open.
  const onClose = () => {
    stop();
    body.destroy();
  };
  const onData = (chunk: Buffer) => {
    written += chunk.length;
    if (events.isWanted() && written <= length) {
      events.onProgress();
      if (!socket.write(chunk)) body.pause();
      return;
    }
    stop();
    if (events.isWanted()) events.onFailure(otherLength());
    body.destroy();
  };
  const onEnd = () => {
    stop();
    if (!events.isWanted()) return;
    if (written === length) events.onSent();
    else events.onFailure(otherLength());
  };
  socket.on('drain', onDrain).once('close', onClose);
  body.on('data', onData);
  body.once('end', onEnd);
}

function otherLength(): Error {
  return Object.assign(new Error('a body of another length than announced'), {
    code: 'ERR_HTTP_CONTENT_LENGTH_MISMATCH',
  });
}
