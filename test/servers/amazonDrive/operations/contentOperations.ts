import { spanOf } from '../../http/byteRange';
import { damaged, type Reply } from '../../http/reply';
import { badRequest, contentHeld, DriveError, nodeNotFound } from '../requests/driveError';
import { faultReply } from '../requests/faults';
import type { DriveNode } from '../store/driveNode';
import { badBody } from '../store/nodeRules';
import type { StoredBytes } from '../store/storedBytes';
import { type Exchange, nodeReply } from './exchange';
import { newNodeOf } from './nodeOperations';

/** POST nodes on the content address. */
export async function upload(exchange: Exchange): Promise<Reply> {
  const { drive, upload: body, request } = exchange;
  if (body?.metadata === undefined) throw badBody('the part metadata is missing');
  let json: unknown;
  try {
    json = JSON.parse(body.metadata);
  } catch {
    throw badBody('the part metadata is not JSON');
  }
  const made = newNodeOf(exchange, json, 'FILE');
  // `createFile` checks again. This check rejects an upload before its content is stored.
  drive.checkNew(made);
  const stored = await receive(exchange);
  return settle(exchange, 201, stored, () => {
    const holder = drive.holderOf(stored.md5);
    if (holder !== undefined && request.query.get('suppress') !== 'deduplication')
      throw contentHeld(stored.md5, holder);
    return drive.createFile(made, stored);
  });
}

/** PUT nodes/{id}/content. */
export async function overwrite(exchange: Exchange): Promise<Reply> {
  const { drive, request } = exchange;
  const node = drive.require(request.names[0] ?? '');
  if (node.kind !== 'FILE' || node.status === 'TRASH') throw nodeNotFound(node.id);
  const stored = await receive(exchange);
  return settle(exchange, 200, stored, () => drive.overwrite(node.id, stored));
}

/** GET nodes/{id}/content. */
export function download(exchange: Exchange): Reply {
  const { drive, request, links, origin } = exchange;
  const node = drive.require(request.names[0] ?? '');
  if (node.content === undefined || node.status === 'TRASH') throw nodeNotFound(node.id);
  if (exchange.redirectDownloads) {
    const location = links.make(origin, drive.account, node.id);
    return { status: 307, headers: { Location: location }, body: '' };
  }
  return contentReply(node, exchange.range, request.query.get('download') === 'true');
}

/** The content, or the requested range. */
export function contentReply(node: DriveNode, range: string | undefined, attachment = false): Reply {
  const { content } = node;
  if (content === undefined) throw nodeNotFound(node.id);
  const span = spanOf(range, content.size);
  if (span === 'outside')
    throw new DriveError(
      416,
      { message: 'The requested range is not satisfiable' },
      { 'Content-Range': `bytes */${content.size}` },
    );
  const { start, end } = span ?? { start: 0, end: content.size };
  return {
    status: span === undefined ? 200 : 206,
    headers: {
      'Content-Type': content.contentType,
      'Accept-Ranges': 'bytes',
      ...(span === undefined ? {} : { 'Content-Range': `bytes ${start}-${end - 1}/${content.size}` }),
      ...(attachment
        ? { 'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(node.name ?? '')}` }
        : {}),
    },
    body: content.stored.read(start, end),
    length: end - start,
  };
}

/** Stores the content part. Throws 400 when it is missing or incomplete. */
async function receive({ upload: body, drive, fault }: Exchange): Promise<StoredBytes> {
  const part = await body?.content();
  if (part === undefined) throw badRequest('The part content is missing');
  const writer = drive.contents.writer();
  let damage = fault?.damageStored === true;
  let room = fault?.storesBytes;
  try {
    for (let piece = await part.read(); piece !== undefined; piece = await part.read()) {
      if (room !== undefined) {
        piece = piece.subarray(0, room);
        room -= piece.length;
      }
      if (damage && piece.length > 0) {
        piece = damaged(piece);
        damage = false;
      }
      writer.write(piece);
    }
    if (room) writer.write(Buffer.alloc(room));
    // An incomplete body has thrown an error before.
    return writer.finish();
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

/** Makes the change and responds with the node, or responds with an error and makes the change later. */
function settle(exchange: Exchange, status: number, stored: StoredBytes, change: () => DriveNode): Reply {
  const { fault, later } = exchange;
  const keepOrRelease = (): DriveNode => {
    try {
      return change();
    } catch (error) {
      stored.release();
      throw error;
    }
  };
  if (fault?.appearsAfterMs === undefined) return nodeReply(exchange, status, keepOrRelease());
  later(fault.appearsAfterMs, () => {
    try {
      keepOrRelease();
    } catch (error) {
      // Another client took the name or trashed the node first, so the upload is lost.
      if (!(error instanceof DriveError)) throw error;
    }
  });
  return faultReply({ status: 504, ...fault });
}
