import type { Clock } from '../../../base/clock';
import { isRecord } from '../../../base/encoding';
import type { HttpResponse } from '../../../http/httpResponse';
import type { Quota } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import { isLoopback } from '../config/textSettings';
import { queryText, rootFilter } from './driveFilters';
import { type DriveHttp, type DriveRequest, type RequestBody, unencrypted } from './driveHttp';
import { type DriveNode, nodeOf, nodesOf } from './driveNode';

/** The service's URLs are requested again after this time, in milliseconds (docs/amazon-drive-api.md §2). */
const endpointsTtlMs = 3 * 24 * 3_600_000;
/** The maximum that the service accepts. */
const maxPageSize = 200;

export interface NodePage {
  readonly nodes: readonly DriveNode[];
  /** The token of the next page; absent on the last. */
  readonly next?: string;
  /** The number of nodes in the whole listing, if the service reports it. */
  readonly count?: number;
  /** The number of elements on this page, malformed ones included. */
  readonly length: number;
}

export interface ListQuery {
  readonly filters?: string;
  readonly startToken?: string | undefined;
  /** Nodes per page, at most 200. */
  readonly limit?: number | undefined;
}

interface Endpoints {
  /** Both end with a slash. */
  readonly metadata: string;
  readonly content: string;
  /** False for an account that never used the drive. */
  readonly customerExists: boolean;
  readonly requestedAt: number;
}

/** A request by a path below one of the two URLs of the service. */
interface ApiRequest extends Omit<DriveRequest, 'url'> {
  readonly path: string;
  readonly base?: 'metadata' | 'content';
}

/**
 * One method for each call of the service (docs/amazon-drive-api.md §2–§5). `about` names the object of the call in error messages:
 * `"docs/a.txt"`. All methods throw RemoteErrors, among them DriveApiErrors, and the signal's reason.
 */
export class DriveApi {
  private requested: Promise<Endpoints> | undefined;

  constructor(
    readonly http: DriveHttp,
    private readonly endpoint: string,
    private readonly clock: Clock,
  ) {}

  /** The URLs of metadata and content. The first caller requests them for all. */
  async endpoints(signal: AbortSignal): Promise<Endpoints> {
    signal.throwIfAborted();
    const cached = await this.requested?.catch(() => undefined);
    if (cached && this.clock.now() - cached.requestedAt < endpointsTtlMs) return cached;
    const request = this.requestEndpoints(signal);
    this.requested = request;
    // A failure is not cached: it may come from the signal of one caller.
    request.catch(() => {
      if (this.requested === request) this.requested = undefined;
    });
    return request;
  }

  private async requestEndpoints(signal: AbortSignal): Promise<Endpoints> {
    const url = `${this.endpoint}account/endpoint`;
    const about = `the service at ${new URL(url).host}`;
    const response = await this.http.json({ method: 'GET', url, about }, signal).catch((error: unknown) => {
      if (!isRemoteError(error, 'notFound')) throw error;
      throw new RemoteError(
        'badSettings',
        `There is no Amazon Drive at ${this.endpoint}. Amazon closed its own at the end of 2023: set "endpoint" to that of a compatible service.`,
        { cause: error },
      );
    });
    if (!isRecord(response))
      throw new RemoteError('corrupted', `${url} doesn't respond like Amazon Drive. Is "endpoint" right?`);
    return {
      metadata: this.namedUrl(response['metadataUrl']) ?? this.endpoint,
      content: this.namedUrl(response['contentUrl']) ?? this.endpoint,
      customerExists: response['customerExists'] !== false,
      requestedAt: this.clock.now(),
    };
  }

  /** A URL from a response. It receives the token, so it must be as safe as the endpoint. */
  private namedUrl(value: unknown): string | undefined {
    if (typeof value !== 'string' || value === '') return undefined;
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (!url || !this.isSafe(url))
      throw new RemoteError(
        'badSettings',
        `The service names a URL that the sign-in can't safely be sent to: ${value.slice(0, 200)}. Correct "endpoint".`,
      );
    return url.href.endsWith('/') ? url.href : `${url.href}/`;
  }

  /** Whether requests to a URL are encrypted, or stay on this computer, or the endpoint is unencrypted anyway. */
  private isSafe({ protocol, hostname }: URL): boolean {
    if (protocol === 'https:') return true;
    return this.endpoint.startsWith('http:') || (protocol === 'http:' && isLoopback(hostname));
  }

  /** A successful response with an unread body. */
  private async send({ path, base = 'metadata', ...request }: ApiRequest, signal: AbortSignal) {
    const url = `${(await this.endpoints(signal))[base]}${path}`;
    return this.http.send({ ...request, url }, signal);
  }

  private async json({ path, base = 'metadata', ...request }: ApiRequest, signal: AbortSignal) {
    const url = `${(await this.endpoints(signal))[base]}${path}`;
    return this.http.json({ ...request, url }, signal);
  }

  private async nodeFrom(request: ApiRequest, signal: AbortSignal): Promise<DriveNode> {
    const node = nodeOf(await this.json(request, signal));
    if (node) return node;
    throw new RemoteError('corrupted', `The response for ${request.about} is not a node of Amazon Drive.`);
  }

  /** Ignores the body of the response. */
  private async command(
    method: DriveRequest['method'],
    path: string,
    about: string,
    signal: AbortSignal,
  ): Promise<void> {
    (await this.send({ method, path, about }, signal)).discard();
  }

  /** The root folder of the account. */
  async root(signal: AbortSignal): Promise<DriveNode> {
    const { nodes } = await this.list({ filters: rootFilter }, 'the root folder', signal);
    const root = nodes.find((node) => node.kind === 'FOLDER' && node.isRoot) ?? nodes[0];
    if (root) return root;
    throw new RemoteError(
      'notFound',
      'The account has no root folder. Has it ever been used with Amazon Drive?',
    );
  }

  list(query: ListQuery, about: string, signal: AbortSignal): Promise<NodePage> {
    return this.page('nodes', query, about, signal);
  }

  /** The nodes that were trashed themselves, without those below them. */
  listTrash(query: ListQuery, signal: AbortSignal): Promise<NodePage> {
    return this.page('trash', query, 'the trash', signal);
  }

  private async page(path: string, query: ListQuery, about: string, signal: AbortSignal): Promise<NodePage> {
    const { filters, startToken, limit } = query;
    const parameters: [string, string][] = [];
    if (filters !== undefined) parameters.push(['filters', filters]);
    if (limit !== undefined) parameters.push(['limit', String(Math.min(Math.max(1, limit), maxPageSize))]);
    if (startToken !== undefined) parameters.push(['startToken', startToken]);
    const search = parameters.length > 0 ? `?${queryText(parameters)}` : '';
    const response = await this.json({ method: 'GET', path: `${path}${search}`, about }, signal);
    const { data, nextToken: next, count } = isRecord(response) ? response : {};
    // An empty list must be explicit: a list that only seems empty could lead to deletes.
    if (!Array.isArray(data) && count !== 0)
      throw new RemoteError(
        'corrupted',
        `The response for ${about} is not a valid listing, so it was ignored.`,
      );
    return {
      nodes: nodesOf(data),
      length: Array.isArray(data) ? data.length : 0,
      ...(typeof next === 'string' && next !== '' && { next }),
      ...(typeof count === 'number' && { count }),
    };
  }

  /** A node in any status. Never outdated, unlike listings. Throws `notFound`. */
  node(id: string, about: string, signal: AbortSignal, tempLink = false): Promise<DriveNode> {
    const path = nodePath(id, tempLink ? '?tempLink=true' : '');
    return this.nodeFrom({ method: 'GET', path, about }, signal);
  }

  /** Throws `alreadyExists` (`nameTaken`), and `changed` (`parentGone`). */
  createFolder(name: string, parentId: string, about: string, signal: AbortSignal): Promise<DriveNode> {
    const body = jsonBody({ name, kind: 'FOLDER', parents: [parentId] });
    return this.nodeFrom({ method: 'POST', path: 'nodes', about, body }, signal);
  }

  rename(id: string, name: string, about: string, signal: AbortSignal): Promise<DriveNode> {
    const body = jsonBody({ name });
    return this.nodeFrom({ method: 'PATCH', path: nodePath(id), about, body }, signal);
  }

  move(id: string, from: string, to: string, about: string, signal: AbortSignal): Promise<DriveNode> {
    const body = jsonBody({ fromParent: from, childId: id });
    return this.nodeFrom({ method: 'POST', path: nodePath(to, '/children'), about, body }, signal);
  }

  addParent(id: string, parentId: string, about: string, signal: AbortSignal): Promise<void> {
    return this.command('PUT', childPath(parentId, id), about, signal);
  }

  removeParent(id: string, parentId: string, about: string, signal: AbortSignal): Promise<void> {
    return this.command('DELETE', childPath(parentId, id), about, signal);
  }

  trash(id: string, about: string, signal: AbortSignal): Promise<void> {
    return this.command('PUT', `trash/${encodeURIComponent(id)}`, about, signal);
  }

  restore(id: string, about: string, signal: AbortSignal): Promise<void> {
    return this.command('POST', `trash/${encodeURIComponent(id)}/restore`, about, signal);
  }

  /** The stream of changes, unread. */
  changes(checkpoint: string | undefined, signal: AbortSignal): Promise<HttpResponse> {
    const body = jsonBody({ ...(checkpoint !== undefined && { checkpoint }), includePurged: 'true' });
    return this.send({ method: 'POST', path: 'changes', about: 'the changes', body }, signal);
  }

  /** Throws `unsupported` when the service does not report it. */
  async quota(signal: AbortSignal): Promise<Quota> {
    const response = await this.json({ method: 'GET', path: 'account/quota', about: 'the quota' }, signal);
    const { quota, available } = isRecord(response) ? response : {};
    if (typeof quota !== 'number' || typeof available !== 'number')
      throw new RemoteError('unsupported', 'The service does not report how much space there is.');
    return { total: quota, available };
  }

  /** Uploads a new file. */
  upload(body: RequestBody, about: string, signal: AbortSignal): Promise<DriveNode> {
    const path = 'nodes?suppress=deduplication';
    return this.nodeFrom({ method: 'POST', base: 'content', path, about, body }, signal);
  }

  /** Replaces the content of a file. */
  overwrite(id: string, body: RequestBody, about: string, signal: AbortSignal): Promise<DriveNode> {
    const path = nodePath(id, '/content');
    return this.nodeFrom({ method: 'PUT', base: 'content', path, about, body }, signal);
  }

  /** The content of a file, unread. `range` is the value of the header Range. */
  download(id: string, range: string | undefined, about: string, signal: AbortSignal): Promise<HttpResponse> {
    const path = nodePath(id, '/content');
    return this.send({ method: 'GET', base: 'content', path, about, range, followsRedirects: true }, signal);
  }

  /** The content behind a temporary link, requested without our token. */
  async downloadLink(
    url: string,
    range: string | undefined,
    about: string,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    if (!this.isSafe(new URL(url))) throw unencrypted(about);
    return this.http.send(
      { method: 'GET', url, about, range, isPublic: true, followsRedirects: true },
      signal,
    );
  }
}

function nodePath(id: string, below = ''): string {
  return `nodes/${encodeURIComponent(id)}${below}`;
}

function childPath(parentId: string, id: string): string {
  return nodePath(parentId, `/children/${encodeURIComponent(id)}`);
}

function jsonBody(value: unknown): RequestBody {
  const bytes = Buffer.from(JSON.stringify(value));
  return { contentType: 'application/json', length: bytes.length, open: async () => [bytes] };
}
