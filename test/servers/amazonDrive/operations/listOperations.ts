import type { Reply } from '../../http/reply';
import { badRequest } from '../requests/driveError';
import { type DriveNode, isoTime } from '../store/driveNode';
import { type Exchange, jsonReply, shownNode } from './exchange';
import { parseFilter } from './filter';
import { findNodes } from './filterMatch';
import { expiredToken } from './listPages';

/** The maximum page size, and the default. */
export const MAX_PAGE_SIZE = 200;

/** GET nodes. */
export function listNodes(exchange: Exchange): Reply {
  const { request, drive } = exchange;
  const filters = request.query.get('filters');
  return list(exchange, () => findNodes(drive.search.now(), filters ? parseFilter(filters) : undefined));
}

/** GET nodes/{id}/children. */
export function listChildren(exchange: Exchange): Reply {
  const { request, drive } = exchange;
  const filters = request.query.get('filters');
  const folder = drive.require(request.names[0] ?? '');
  return list(exchange, () =>
    findNodes(drive.search.now(), filters ? parseFilter(filters) : undefined, folder.id),
  );
}

/** GET trash: the nodes that were trashed themselves, without the nodes below them. */
export function listTrash(exchange: Exchange): Reply {
  const { request, drive } = exchange;
  const filters = request.query.get('filters');
  const filter = parseFilter(filters ? `status:TRASH AND (${filters})` : 'status:TRASH');
  return list(exchange, () =>
    findNodes(drive.search.now(), filter).filter((node) => node.trashedWith === undefined),
  );
}

function list(exchange: Exchange, find: () => DriveNode[]): Reply {
  const { request, drive, pages, fault, pageSize } = exchange;
  const { query } = request;
  const limit = limitOf(query.get('limit'), pageSize);
  const order = comparison(query.get('sort'));
  const question = questionOf(request.path, query);
  const token = query.get('startToken');
  let ids: readonly string[];
  let from = 0;
  if (token === null) {
    const nodes = find();
    if (order !== undefined) nodes.sort(order);
    ids = nodes.map((node) => node.id);
  } else {
    if (fault?.expirePageToken) throw expiredToken();
    ({ ids, from } = pages.open(token, question));
  }
  const to = Math.min(from + limit, ids.length);
  const data: Record<string, unknown>[] = [];
  for (const id of ids.slice(from, to)) {
    // The current state of the node; the index may lag behind.
    const node = drive.get(id);
    if (node !== undefined) data.push(shownNode(exchange, node));
  }
  const nextToken = to < ids.length ? pages.keep(question, ids, to) : undefined;
  return jsonReply(200, { count: ids.length, ...(nextToken === undefined ? {} : { nextToken }), data });
}

/** Path and parameters without the page token: equal for all pages of one list. */
function questionOf(path: string, query: URLSearchParams): string {
  const rest = new URLSearchParams(query);
  rest.delete('startToken');
  rest.sort();
  return `${path}?${rest}`;
}

function limitOf(text: string | null, pageSize: number): number {
  if (text === null) return pageSize;
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || limit > MAX_PAGE_SIZE)
    throw badRequest(`The limit must be from 1 to ${MAX_PAGE_SIZE}`);
  return Math.min(limit, pageSize);
}

type Comparison = (a: DriveNode, b: DriveNode) => number;

const SORTABLE: Readonly<Record<string, (node: DriveNode) => string | number>> = {
  name: (node) => (node.name ?? '').toLowerCase(),
  kind: (node) => node.kind,
  createdDate: (node) => isoTime(node.createdDate),
  modifiedDate: (node) => isoTime(node.modifiedDate),
  'contentProperties.size': (node) => node.content?.size ?? -1,
};

/** Reads `['name ASC','modifiedDate DESC']`; undefined without a sort. */
function comparison(text: string | null): Comparison | undefined {
  if (text === null || text === '') return undefined;
  const inner = /^\[(.*)\]$/.exec(text.trim())?.[1];
  if (inner === undefined) throw badRequest(`Invalid sort: ${text}`);
  const orders = inner.split(',').map((part) => {
    const match = /^\s*['"]([\w.]+)\s+(ASC|DESC)['"]\s*$/i.exec(part);
    const key = SORTABLE[match?.[1] ?? ''];
    if (key === undefined) throw badRequest(`Invalid sort: ${text}`);
    const sign = match?.[2]?.toUpperCase() === 'DESC' ? -1 : 1;
    return (a: DriveNode, b: DriveNode): number => {
      const [left, right] = [key(a), key(b)];
      return left < right ? -sign : left > right ? sign : 0;
    };
  });
  return (a, b) => orders.reduce((result, order) => result || order(a, b), 0);
}
