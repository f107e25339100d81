import type { Reply } from '../../http/reply';
import type { ByteSource } from '../../http/requestBody';
import { driveJson } from '../requests/driveError';
import type { DriveRequest } from '../requests/driveRequest';
import type { DriveFault } from '../requests/faults';
import { type DriveNode, nodeJson } from '../store/driveNode';
import type { DriveStore } from '../store/driveStore';
import type { ListPages } from './listPages';
import type { TempLinks } from './tempLinks';

/** A request of a signed-in account, for its handler. */
export interface Exchange {
  readonly request: DriveRequest;
  readonly drive: DriveStore;
  /** The JSON body; undefined without one. */
  readonly json: unknown;
  /** The multipart body of an upload. */
  readonly upload: UploadBody | undefined;
  readonly pages: ListPages;
  readonly links: TempLinks;
  /** Milliseconds since 1970 by the server's clock. */
  readonly now: number;
  readonly range: string | undefined;
  readonly fault: DriveFault | undefined;
  readonly redirectDownloads: boolean;
  /** The maximum page size of a list. */
  readonly pageSize: number;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** Runs the action after so many milliseconds, unless the server stops earlier. */
  later(milliseconds: number, action: () => void): void;
}

/** A multipart body whose metadata part has been read. */
export interface UploadBody {
  /** The text of the metadata part; undefined without one. */
  readonly metadata: string | undefined;
  /** The content part, if one follows. */
  content(): Promise<ByteSource | undefined>;
}

/** Performs one operation. Throws DriveError to reject it. */
export type Handler = (exchange: Exchange) => Reply | Promise<Reply>;

export function jsonReply(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body: driveJson(value) };
}

export function nodeReply(exchange: Exchange, status: number, node: DriveNode): Reply {
  return jsonReply(status, shownNode(exchange, node));
}

/** A node as the client of this request sees it. */
export function shownNode(
  { drive, fault, request, links, origin }: Exchange,
  node: DriveNode,
): Record<string, unknown> {
  const withLink = request.query.get('tempLink') === 'true' && node.content !== undefined;
  return nodeJson(node, {
    owner: drive.owner,
    withAssets: request.query.get('asset') === 'ALL',
    wrongMd5: fault?.wrongMd5 === true,
    lacksMd5: fault?.lacksMd5 === true,
    tempLink: withLink ? links.make(origin, drive.account, node.id) : undefined,
  });
}

/** The JSON body as an object; undefined for anything else. */
export function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
