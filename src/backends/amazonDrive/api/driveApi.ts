import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../../base/clock';
import { isRecord } from '../../../base/encoding';
import type { Quota } from '../../../remote/remote';
import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import { isLoopback } from '../config/textSettings';
import { queryText, rootFilter } from './driveFilters';
import { type DriveHttp, type DriveRequest, type RequestBody, unencrypted } from './driveHttp';
import { type DriveNode, nodeOf } from './driveNode';

/** The addresses in use are asked for again after this (API page §2.1). */
const endpointsLiveMs = 3 * 24 * 3_600_000;

export interface NodePage {
  readonly nodes: readonly DriveNode[];
  /** Where the next page begins; absent on the last. */
  readonly next?: string;
  /** How many nodes the whole list has, as far as the service tells; and how many of them are on this page. */
  readonly count?: number;
  readonly length: number;
}

export interface ListQuery {
  readonly filters?: string;
  readonly startToken?: string | undefined;
  /** Nodes in a page, at most 200. */
  readonly limit?: number | undefined;
}

interface Endpoints {
  /** Both end with a slash. */
  readonly metadata: string;
  readonly content: string;
  /** False for an account that never used the drive. */
  readonly customerExists: boolean;
  readonly askedAt: number;
}

/** The longest page the service gives (§4.2). */
const longestPage = 200;

/**
 * The calls of the service (API page §2–§5), one method each. `about` is what a call is about, as people know it, for sentences:
 * `"docs/a.txt"`. All throw RemoteErrors, DriveRefusals among them, and the signal's reason.
 */
export class DriveApi {
  private asked: Promise<Endpoints> | undefined;

  constructor(
    readonly http: DriveHttp,
    private readonly endpoint: string,
    private readonly clock: Clock,
  ) {}

  /** Where the service has its metadata and content. Asked for once, by whoever comes first, for all. */
  async endpoints(signal: AbortSignal): Promise<Endpoints> {
    signal.throwIfAborted();
    const known = await this.asked?.catch(() => undefined);
    if (known && this.clock.now() - known.askedAt < endpointsLiveMs) return known;
    const asking = this.askEndpoints(signal);
    this.asked = asking;
    // What failed is asked for again; it may have failed by the signal of someone else.
    asking.catch(() => {
      if (this.asked === asking) this.asked = undefined;
    });
    return asking;
  }

  private async askEndpoints(signal: AbortSignal): Promise<Endpoints> {
    const url = `${this.endpoint}account/endpoint`;
    const about = `the service at ${new URL(url).host}`;
    const answer = await this.http.json({ method: 'GET', url, about }, signal).catch((error: unknown) => {
      if (!isRemoteError(error, 'notFound')) throw error;
      throw new RemoteError(
        'badSettings',
        `There is no Amazon Drive at ${this.endpoint}. Amazon closed its own at the end of 2023: set "endpoint" to that of a compatible service.`,
        { cause: error },
      );
    });
    if (!isRecord(answer))
      throw new RemoteError('corrupted', `${url} doesn't answer as Amazon Drive does. Is "endpoint" right?`);
    return {
      metadata: this.followed(answer['metadataUrl']) ?? this.endpoint,
      content: this.followed(answer['contentUrl']) ?? this.endpoint,
      customerExists: answer['customerExists'] !== false,
      askedAt: this.clock.now(),
    };
  }

  /** An address that the service names. The sign-in goes there, so it must not be a worse place than the endpoint itself. */
  private followed(value: unknown): string | undefined {
    if (typeof value !== 'string' || value === '') return undefined;
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (!url || !this.isAsSafe(url))
      throw new RemoteError(
        'badSettings',
        `The service names an address that the sign-in can't safely be sent to: ${value.slice(0, 200)}. Correct "endpoint".`,
      );
    return url.href.endsWith('/') ? url.href : `${url.href}/`;
  }

  /** Whether nobody on the way can read what goes there, or could read all of this service anyway. */
  private isAsSafe({ protocol, hostname }: URL): boolean {
    if (protocol === 'https:') return true;
    return this.endpoint.startsWith('http:') || (protocol === 'http:' && isLoopback(hostname));
  }

  private async call(
    method: DriveRequest['method'],
    path: string,
    about: string,
    signal: AbortSignal,
    body?: RequestBody,
  ): Promise<unknown> {
    const { metadata } = await this.endpoints(signal);
    const url = `${metadata}${path}`;
    return this.http.json({ method, url, about, ...(body && { body }) }, signal);
  }

  /** A call of which nothing but its success is of interest. */
  private async tell(
    method: DriveRequest['method'],
    path: string,
    about: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { metadata } = await this.endpoints(signal);
    const answer = await this.http.send({ method, url: `${metadata}${path}`, about }, signal);
    answer.resume();
  }

  /** The account's root folder (§4.4). */
  async root(signal: AbortSignal): Promise<DriveNode> {
    const { nodes } = await this.list({ filters: rootFilter }, 'the root folder', signal);
    const root = nodes.find((node) => node.kind === 'FOLDER' && node.isRoot) ?? nodes[0];
    if (!root)
      throw new RemoteError(
        'notFound',
        'The account has no root folder. Has it ever been used with Amazon Drive?',
      );
    return root;
  }

  list(query: ListQuery, about: string, signal: AbortSignal): Promise<NodePage> {
    return this.page('nodes', query, about, signal);
  }

  /** The top of what is in the trash (§4.11). */
  listTrash(query: ListQuery, signal: AbortSignal): Promise<NodePage> {
    return this.page('trash', query, 'the trash', signal);
  }

  private async page(path: string, query: ListQuery, about: string, signal: AbortSignal): Promise<NodePage> {
    const { filters, startToken, limit } = query;
    const asked: [string, string][] = [];
    if (filters !== undefined) asked.push(['filters', filters]);
    if (limit !== undefined) asked.push(['limit', String(Math.min(Math.max(1, limit), longestPage))]);
    if (startToken !== undefined) asked.push(['startToken', startToken]);
    const text = asked.length > 0 ? `?${queryText(asked)}` : '';
    const answer = await this.call('GET', `${path}${text}`, about, signal);
    const data = isRecord(answer) ? answer['data'] : undefined;
    // Only what surely says "nothing" is an empty list: a list that seems empty could lead to deletes.
    if (!isRecord(answer) || !(Array.isArray(data) || answer['count'] === 0))
      throw new RemoteError('corrupted', `The answer about ${about} is no listing. It was not relied on.`);
    const { nextToken: next, count } = answer;
    return {
      nodes: Array.isArray(data) ? data.map(nodeOf).filter((node) => node !== undefined) : [],
      length: Array.isArray(data) ? data.length : 0,
      ...(typeof next === 'string' && next !== '' && { next }),
      ...(typeof count === 'number' && { count }),
    };
  }

  /** A node as it is now, in whatever status (§4.5). Throws `notFound`. */
  async node(id: string, about: string, signal: AbortSignal, tempLink = false): Promise<DriveNode> {
    const query = tempLink ? '?tempLink=true' : '';
    return this.nodeIn(
      await this.call('GET', `nodes/${encodeURIComponent(id)}${query}`, about, signal),
      about,
    );
  }

  /** Throws `alreadyExists` (`nameTaken`) for a taken name, `changed` (`parentGone`) when the parent is. */
  async createFolder(name: string, parentId: string, about: string, signal: AbortSignal): Promise<DriveNode> {
    const body = jsonBody({ name, kind: 'FOLDER', parents: [parentId] });
    return this.nodeIn(await this.call('POST', 'nodes', about, signal, body), about);
  }

  async rename(id: string, name: string, about: string, signal: AbortSignal): Promise<DriveNode> {
    const answer = await this.call(
      'PATCH',
      `nodes/${encodeURIComponent(id)}`,
      about,
      signal,
      jsonBody({ name }),
    );
    return this.nodeIn(answer, about);
  }

  /** §4.10 */
  async move(
    id: string,
    fromId: string,
    toId: string,
    about: string,
    signal: AbortSignal,
  ): Promise<DriveNode> {
    const body = jsonBody({ fromParent: fromId, childId: id });
    const path = `nodes/${encodeURIComponent(toId)}/children`;
    return this.nodeIn(await this.call('POST', path, about, signal, body), about);
  }

  async addParent(id: string, parentId: string, about: string, signal: AbortSignal): Promise<void> {
    await this.tell('PUT', childPath(parentId, id), about, signal);
  }

  async removeParent(id: string, parentId: string, about: string, signal: AbortSignal): Promise<void> {
    await this.tell('DELETE', childPath(parentId, id), about, signal);
  }

  async trash(id: string, about: string, signal: AbortSignal): Promise<void> {
    await this.tell('PUT', `trash/${encodeURIComponent(id)}`, about, signal);
  }

  async restore(id: string, about: string, signal: AbortSignal): Promise<void> {
    await this.tell('POST', `trash/${encodeURIComponent(id)}/restore`, about, signal);
  }

  /** The stream of changes (§4.12), still to be read. */
  async changes(checkpoint: string | undefined, signal: AbortSignal): Promise<IncomingMessage> {
    const { metadata } = await this.endpoints(signal);
    const body = jsonBody({ ...(checkpoint !== undefined && { checkpoint }), includePurged: 'true' });
    return this.http.send({ method: 'POST', url: `${metadata}changes`, about: 'the changes', body }, signal);
  }

  /** §2.3 */
  async quota(signal: AbortSignal): Promise<Quota> {
    const answer = await this.call('GET', 'account/quota', 'the quota', signal);
    const { quota, available } = isRecord(answer) ? answer : {};
    if (typeof quota !== 'number' || typeof available !== 'number')
      throw new RemoteError('unsupported', 'The service does not tell how much space there is.');
    return { total: quota, available };
  }

  /** A new file (§5.1). */
  async upload(body: RequestBody, about: string, signal: AbortSignal): Promise<DriveNode> {
    const { content } = await this.endpoints(signal);
    const url = `${content}nodes?suppress=deduplication`;
    return this.nodeIn(await this.http.json({ method: 'POST', url, about, body }, signal), about);
  }

  /** New content of a file that is there (§5.2). */
  async overwrite(id: string, body: RequestBody, about: string, signal: AbortSignal): Promise<DriveNode> {
    const { content } = await this.endpoints(signal);
    const url = `${content}nodes/${encodeURIComponent(id)}/content`;
    return this.nodeIn(await this.http.json({ method: 'PUT', url, about, body }, signal), about);
  }

  /** A file's content (§5.3), still to be read. */
  async download(
    id: string,
    range: string | undefined,
    about: string,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const { content } = await this.endpoints(signal);
    const url = `${content}nodes/${encodeURIComponent(id)}/content`;
    const headers = range === undefined ? undefined : { range };
    return this.http.send(
      { method: 'GET', url, about, followsRedirects: true, ...(headers && { headers }) },
      signal,
    );
  }

  /** The content behind a temporary link (§5.4), asked for without our token. */
  async downloadLink(
    url: string,
    range: string | undefined,
    about: string,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    if (!this.isAsSafe(new URL(url))) throw unencrypted(about);
    const headers = range === undefined ? undefined : { range };
    return this.http.send(
      { method: 'GET', url, about, isPublic: true, followsRedirects: true, ...(headers && { headers }) },
      signal,
    );
  }

  private nodeIn(answer: unknown, about: string): DriveNode {
    const node = nodeOf(answer);
    if (!node)
      throw new RemoteError('corrupted', `The answer about ${about} is not what Amazon Drive answers.`);
    return node;
  }
}

function childPath(parentId: string, id: string): string {
  return `nodes/${encodeURIComponent(parentId)}/children/${encodeURIComponent(id)}`;
}

function jsonBody(value: unknown): RequestBody {
  const bytes = Buffer.from(JSON.stringify(value));
  return { contentType: 'application/json', length: bytes.length, open: async () => [bytes] };
}
