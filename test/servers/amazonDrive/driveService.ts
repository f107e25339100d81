import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { answer, type Visit } from '../http/answer';
import type { Active } from '../http/faults';
import type { Reply } from '../http/reply';
import { RequestBody, wholeOf } from '../http/requestBody';
import { RequestLog } from '../http/requestLog';
import { contentReply } from './operations/contentOperations';
import type { UploadBody } from './operations/exchange';
import { objectOf } from './operations/exchange';
import { HANDLERS } from './operations/handlers';
import { ListPages } from './operations/listPages';
import { TempLinks } from './operations/tempLinks';
import { bodyTooLarge, DriveError, driveJson, notPermitted, tokenExpired } from './requests/driveError';
import { type DriveRequest, parseDriveRequest } from './requests/driveRequest';
import { type DriveFault, type DriveTarget, driveFaults, faultReply } from './requests/faults';
import { uploadBody } from './requests/multipartForm';
import { harmlessHeaders, harmlessUrl, type LoggedDriveRequest } from './requests/requestLog';
import type { Accounts } from './signIn/accounts';
import { appNameFor } from './signIn/accounts';
import { bearerOf, type SignInService } from './signIn/signInService';
import { DriveStore } from './store/driveStore';
import { Journal } from './store/journal';
import { badBody } from './store/nodeRules';
import { ContentStore } from './store/storedBytes';

/** The maximum size of a JSON or form body, in bytes. */
const MAX_TEXT_BYTES = 4 << 20;

export interface DriveServiceOptions {
  readonly now: () => number;
  readonly accounts: Accounts;
  readonly signIn: SignInService;
  readonly folder: string | undefined;
  readonly redirectDownloads: boolean;
  readonly pageSize: number;
  readonly indexLagMs: number;
  /** The minimum number of requests that the log keeps; false turns the log off. */
  readonly log: number | false | undefined;
}

/** The state of one Amazon Drive server, shared by all its requests. */
export class DriveService {
  readonly faults = driveFaults();
  readonly log: RequestLog<LoggedDriveRequest>;
  readonly pages: ListPages;
  readonly links: TempLinks;
  readonly drives = new Map<string, DriveStore>();
  /** `http://127.0.0.1:PORT`, once the port is known. */
  origin = '';
  private readonly memory = new ContentStore();
  private readonly timers = new Set<NodeJS.Timeout>();
  private lagMs: number;

  constructor(readonly options: DriveServiceOptions) {
    this.log = new RequestLog(options.log);
    this.pages = new ListPages(options.now);
    this.links = new TempLinks(options.now);
    this.lagMs = options.indexLagMs;
  }

  /** The drive of an account, created on first use. */
  drive(account: string): DriveStore {
    const known = this.drives.get(account);
    if (known !== undefined) return known;
    const { folder, now } = this.options;
    // A digest, because an account is free text.
    const place =
      folder && path.join(folder, createHash('sha256').update(account).digest('hex').slice(0, 16));
    const contents = place ? new ContentStore(path.join(place, 'content')) : this.memory;
    const journal = place ? new Journal(place) : undefined;
    const made = new DriveStore({ account, owner: appNameFor(account), now, contents, journal });
    made.search.lagMs = this.lagMs;
    this.drives.set(account, made);
    return made;
  }

  setIndexLag(milliseconds: number): void {
    this.lagMs = milliseconds;
    for (const drive of this.drives.values()) drive.search.lagMs = milliseconds;
  }

  /** Runs the action after so many milliseconds, unless the server stops earlier. */
  later(milliseconds: number, action: () => void): void {
    if (milliseconds <= 0) {
      action();
      return;
    }
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      action();
    }, milliseconds);
    this.timers.add(timer);
  }

  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
    for (const drive of this.drives.values()) drive.flush();
    this.memory.close();
  }

  /** Responds to one request. Never throws. */
  answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const visit = new DriveVisit(this, message);
    this.log.add(visit.entry);
    return answer(visit, this.faults, response);
  }
}

/** One request to the Amazon Drive server. */
class DriveVisit implements Visit<DriveTarget, DriveFault> {
  readonly body: RequestBody;
  readonly entry: LoggedDriveRequest;
  private readonly request: DriveRequest;
  /** The body of every request but uploads, GET and HEAD. */
  private text: string | undefined;
  private json: unknown;
  private upload: UploadBody | undefined;

  constructor(
    private readonly service: DriveService,
    readonly message: IncomingMessage,
  ) {
    const url = message.url ?? '/';
    this.body = new RequestBody(message);
    this.request = parseDriveRequest(message.method ?? '', url);
    const account = service.options.accounts.ownerOf(bearerOf(message.headers.authorization) ?? '');
    this.entry = {
      operation: this.request.operation,
      method: this.request.method,
      url: harmlessUrl(url),
      status: 0,
      bytesIn: 0,
      bytesOut: 0,
      headers: harmlessHeaders(message.headers),
      at: Date.now(),
      ...(account !== undefined && { account }),
    };
  }

  async begin(): Promise<DriveTarget> {
    await this.readBeginning();
    const { operation, method, account, node } = this.entry;
    return { operation, method, url: this.message.url ?? '/', account, node, json: this.json };
  }

  async reply(fault: Active<DriveFault> | undefined): Promise<Reply> {
    const early = fault && (await this.earlyReply(fault));
    let reply = early ?? (await this.perform(fault));
    if (fault?.afterDoing) reply = faultReply(fault);
    if (fault?.answerAfterRequestBytes === undefined) await this.body.drain();
    return stamped(reply);
  }

  async refusal(error: unknown): Promise<Reply> {
    await this.body.drain().catch(() => undefined);
    const { status, body, headers } =
      error instanceof DriveError
        ? error
        : new DriveError(500, { message: `Internal failure: ${(error as Error).stack ?? error}` });
    return stamped({
      status,
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      body: body === undefined ? '' : driveJson(body),
    });
  }

  /** Reads the part of the body that names the node, and adds the name to the log. */
  private async readBeginning(): Promise<void> {
    const { entry, message, body } = this;
    const { operation, method, names } = this.request;
    const drive = entry.account === undefined ? undefined : this.service.drive(entry.account);
    drive?.purgeOld();
    const id = operation === 'addChild' || operation === 'removeChild' ? names[1] : names[0];
    if (operation !== 'tempLink') this.enterNode(drive?.get(id ?? '')?.name);
    if (operation === 'upload' || operation === 'overwrite') {
      this.upload = await uploadBody(message.headers['content-type'], body, operation === 'upload');
      this.enterNode(objectOf(parsed(this.upload.metadata ?? ''))?.['name']);
      return;
    }
    if (method === 'GET') return;
    const bytes = await wholeOf(body, MAX_TEXT_BYTES);
    if (bytes === undefined) throw bodyTooLarge();
    const text = bytes.toString();
    this.text = text;
    if (operation === 'authorize') return;
    if (operation === 'token') {
      const grantType = new URLSearchParams(text).get('grant_type');
      if (grantType !== null) entry.grantType = grantType;
      return;
    }
    this.json = text.trim() === '' ? undefined : parsed(text);
    if (this.json !== undefined) entry.json = this.json;
    const facts = objectOf(this.json);
    if (operation === 'createFolder') this.enterNode(facts?.['name']);
    if (operation === 'moveChild') this.enterNode(drive?.get(String(facts?.['childId']))?.name);
  }

  private enterNode(name: unknown): void {
    if (typeof name === 'string') this.entry.node = name;
  }

  /** The reply of a fault that prevents the operation. */
  private async earlyReply(fault: DriveFault): Promise<Reply | undefined> {
    const answers = fault.status !== undefined || fault.sporadic403;
    if (!answers || fault.afterDoing || fault.appearsAfterMs !== undefined) return undefined;
    await this.body.drain(fault.answerAfterRequestBytes);
    return faultReply(fault);
  }

  private perform(fault: Active<DriveFault> | undefined): Reply | Promise<Reply> {
    const { message, request, service, text, json, upload } = this;
    const { signIn, accounts, now, redirectDownloads, pageSize } = service.options;
    const { authorization, range } = message.headers;
    switch (request.operation) {
      case 'authorize':
        return signIn.authorize(request, text === undefined ? undefined : new URLSearchParams(text));
      case 'token':
        return signIn.token(new URLSearchParams(text), authorization);
      case 'profile':
        return signIn.profile(authorization);
      case 'tokenInfo':
        return signIn.tokenInfo(request.query);
      case 'tempLink':
        return this.linkedContent(authorization, range);
    }
    const grant = accounts.accessGrant(bearerOf(authorization) ?? '');
    if (grant === undefined) throw tokenExpired();
    const found = HANDLERS[request.operation];
    if (found === undefined) throw new DriveError(404, { message: 'Unknown operation' });
    const { handler, scope } = found;
    const needed = { read: 'clouddrive:read_all', write: 'clouddrive:write' };
    if (scope !== undefined && !grant.scopes.includes(needed[scope])) throw notPermitted(request.operation);
    if (text !== undefined && text.trim() !== '' && json === undefined) throw badBody('it is not JSON');
    return handler({
      request,
      drive: service.drive(grant.account),
      json,
      upload,
      pages: service.pages,
      links: service.links,
      now: now(),
      range,
      fault,
      redirectDownloads,
      pageSize,
      origin: service.origin,
      later: (milliseconds, action) => service.later(milliseconds, action),
    });
  }

  /** The content behind a link. Errors are in XML, like those of S3. */
  private linkedContent(authorization: string | undefined, range: string | undefined): Reply {
    const { names, query } = this.request;
    if (authorization !== undefined)
      return xmlError(
        400,
        'InvalidArgument',
        'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter or the Authorization header should be specified',
      );
    const opened = this.service.links.open(names, query);
    if (opened === 'wrong')
      return xmlError(403, 'SignatureDoesNotMatch', 'The request signature does not match.');
    if (opened === 'expired') return xmlError(403, 'AccessDenied', 'Request has expired');
    const node = this.service.drive(opened.account).get(opened.id);
    if (node?.content === undefined) return xmlError(404, 'NoSuchKey', 'The specified key does not exist.');
    return contentReply(node, range, query.get('download') === 'true');
  }
}

/** Adds the header that all responses have. */
function stamped(reply: Reply): Reply {
  return { ...reply, headers: { 'x-amzn-RequestId': randomUUID(), ...reply.headers } };
}

function xmlError(status: number, code: string, text: string): Reply {
  return {
    status,
    headers: { 'Content-Type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${text}</Message></Error>`,
  };
}

/** Undefined for a text that is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
