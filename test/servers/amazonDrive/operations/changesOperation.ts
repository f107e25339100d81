import type { Reply } from '../../http/reply';
import { badRequest, driveJson } from '../requests/driveError';
import { type Exchange, objectOf, shownNode } from './exchange';

/** Nodes on a line without `chunkSize`. */
const DEFAULT_CHUNK_SIZE = 500;

/** POST changes: a stream of JSON objects, one per line. */
export function changes(exchange: Exchange): Reply {
  const body = exchange.json === undefined ? {} : objectOf(exchange.json);
  if (body === undefined) throw badRequest('The body must be an object');
  const { checkpoint, includePurged } = body;
  const chunkSize = countOf(body['chunkSize'], DEFAULT_CHUNK_SIZE);
  const maxNodes = countOf(body['maxNodes'], Number.POSITIVE_INFINITY);
  const withPurged = includePurged === true || includePurged === 'true';
  const { drive } = exchange;
  const known = typeof checkpoint === 'string' ? drive.changes.numberOf(checkpoint) : undefined;

  function* lines(): Generator<string> {
    let nodes: Record<string, unknown>[] = [];
    let shown = 0;
    let linesSent = 0;
    let last = known ?? 0;
    // Changes during the response belong to the next call.
    const { newest } = drive.changes;
    const line = (): string => {
      const reset = known === undefined && linesSent === 0;
      const text = driveJson({
        checkpoint: drive.changes.checkpoint(last),
        nodes,
        reset,
        statusCode: 200,
      });
      linesSent++;
      nodes = [];
      return `${text}\n`;
    };
    for (const { number, id } of drive.changes.since(last)) {
      last = number;
      const node = drive.evenPurged(id);
      if (node === undefined || (node.status === 'PURGED' && !withPurged)) continue;
      nodes.push(shownNode(exchange, node));
      shown++;
      if (nodes.length >= chunkSize) yield line();
      if (shown >= maxNodes) break;
    }
    if (shown < maxNodes) last = newest;
    if (nodes.length > 0 || linesSent === 0) yield line();
    yield '{"end":true}';
  }
  return { status: 200, headers: { 'Content-Type': 'application/json' }, body: lines() };
}

function countOf(value: unknown, usual: number): number {
  if (value === undefined || value === null) return usual;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1)
    throw badRequest('chunkSize and maxNodes must be positive numbers');
  return value;
}
