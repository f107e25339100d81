import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { contentReply } from './operations/contentOperations';
import { HANDLERS } from './operations/handlers';
import { ListPages } from './operations/listPages';
import { TempLinks } from './operations/tempLinks';
import { DriveError, driveJson, notPermitted, tokenExpired } from './requests/driveError';
import { type DriveRequest, parseDriveRequest } from './requests/driveRequest';
import type { Reply, UploadBody } from './requests/exchange';
import { objectOf } from './requests/exchange';
import { faultReply } from './requests/faultReply';
import { type ActiveDriveFault, DriveFaults } from './requests/faults';
import { RequestBody } from './requests/requestBody';
import {
  DriveRequestLog,
  harmlessHeaders,
  harmlessUrl,
  type LoggedDriveRequest,
} from './requests/requestLog';
import { sendReply } from './requests/sendReply';
import { uploadBody } from './requests/uploadBody';
import type { Accounts } from './signIn/accounts';
import { appNameFor } from './signIn/accounts';
import { bearerOf, type SignInService } from './signIn/signInService';
import { DriveStore } from './store/driveStore';
import { Journal } from './store/journal';
import { badBody } from './store/nodeRules';
import { ContentStore } from './store/storedBytes';

/** Largest JSON or form body, in bytes. */
const LARGEST_TEXT = 4 << 20;

export interface DriveServiceOptions {
  readonly now: () => number;
  readonly accounts: Accounts;
  readonly signIn: SignInService;
  readonly folder: string | undefined;
  readonly redirectDownloads: boolean;
  readonly pageSize: number;
  readonly indexLagMs: number;
  /** How many requests the log keeps at least. */
  readonly log: number;
}

/** One request while it is answered. */
interface Visit {
  readonly message: IncomingMessage;
  readonly request: DriveRequest;
  readonly text: string | undefined;
  readonly json: unknown;
  readonly upload: UploadBody | undefined;
  readonly fault: ActiveDriveFault | undefined;
}

/** The way of every request: parse, body's beginning, fault, token, handler, answer, log. */
export class DriveService {
  readonly faults = new DriveFaults();
  readonly log: DriveRequestLog;
  readonly pages: ListPages;
  readonly drives = new Map<string, DriveStore>();
  /** `http://127.0.0.1:PORT`, once the port is known. */
  origin = '';
  private readonly links: TempLinks;
  private readonly contents = new Map<string, ContentStore>();
  private readonly memory = new ContentStore();
  private readonly timers = new Set<NodeJS.Timeout>();
  private lagMs: number;

  constructor(private readonly options: DriveServiceOptions) {
    this.log = new DriveRequestLog(options.log);
    this.pages = new ListPages(options.now);
    this.links = new TempLinks(options.now);
    this.lagMs = options.indexLagMs;
  }

  /** The drive of an account, made on first use. */
  drive(account: string): DriveStore {
    const there = this.drives.get(account);
    if (there !== undefined) return there;
    const { folder, now } = this.options;
    // A digest, because an account is free text.
    const place =
      folder && path.join(folder, createHash('sha256').update(account).digest('hex').slice(0, 16));
    const contents = place ? new ContentStore(path.join(place, 'content')) : this.memory;
    this.contents.set(account, contents);
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

  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
    for (const drive of this.drives.values()) drive.flush();
    this.memory.close();
  }

  /** Answers one request; never throws. */
  async answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = message.url ?? '/';
    const request = parseDriveRequest(message.method ?? '', url);
    const entry: LoggedDriveRequest = {
      operation: request.operation,
      method: request.method,
      url: harmlessUrl(url),
      status: 0,
      bodyBytes: 0,
      responseBytes: 0,
      headers: harmlessHeaders(message.headers),
      at: Date.now(),
    };
    const account = this.options.accounts.ownerOf(bearerOf(message.headers.authorization) ?? '');
    if (account !== undefined) entry.account = account;
    this.log.add(entry);
    const body = new RequestBody(message);
    let fault: ActiveDriveFault | undefined;
    let reply: Reply;
    try {
      const begun = await this.begin(message, request, body, entry);
      fault = this.faults.take({
        operation: request.operation,
        method: request.method,
        url,
        account: entry.account,
        node: entry.node,
        json: begun.json,
      });
      const struck = await this.strike(fault, body, message);
      if (struck === 'gone') return;
      reply = struck ?? (await this.handle({ message, request, fault, ...begun }));
      if (fault?.afterDoing) reply = faultReply(fault);
      if (fault?.answerAfterRequestBytes === undefined) await body.drain();
    } catch (error) {
      if (body.broken) return; // nobody is left to be answered
      reply = refusal(error);
      await body.drain().catch(() => undefined);
    } finally {
      entry.bodyBytes = body.received;
    }
    if (fault?.loseResponse) {
      message.socket.destroy();
      return;
    }
    entry.status = reply.status;
    try {
      await sendReply(message, response, reply, fault, (bytes) => {
        entry.responseBytes += bytes;
      });
    } catch {
      // The content's file vanished, or the client went away: either way the answer can't be completed.
      message.socket.destroy();
    }
    // An answer that came early must not reset the connection of a client that still sends.
    body.drain().catch(() => undefined);
  }

  /** Reads the part of the body that tells what is meant, and enters that in the log. */
  private async begin(
    message: IncomingMessage,
    request: DriveRequest,
    body: RequestBody,
    entry: LoggedDriveRequest,
  ): Promise<{ text: string | undefined; json: unknown; upload: UploadBody | undefined }> {
    const { operation, method, names } = request;
    const drive = entry.account === undefined ? undefined : this.drive(entry.account);
    drive?.purgeOld();
    const meant = operation === 'addChild' || operation === 'removeChild' ? names[1] : names[0];
    if (operation !== 'tempLink') enterNode(entry, drive?.get(meant ?? '')?.name);
    if (operation === 'upload' || operation === 'overwrite') {
      const upload = await uploadBody(message.headers['content-type'], body, operation === 'upload');
      enterNode(entry, objectOf(parsed(upload.metadata ?? ''))?.['name']);
      return { text: undefined, json: undefined, upload };
    }
    if (method === 'GET') return { text: undefined, json: undefined, upload: undefined };
    const text = await body.text(LARGEST_TEXT);
    if (operation === 'token' || operation === 'authorize') {
      const grantType = operation === 'token' ? new URLSearchParams(text).get('grant_type') : null;
      if (grantType !== null) entry.grantType = grantType;
      return { text, json: undefined, upload: undefined };
    }
    const json = text.trim() === '' ? undefined : parsed(text);
    if (json !== undefined) entry.json = json;
    const facts = objectOf(json);
    if (operation === 'createFolder') enterNode(entry, facts?.['name']);
    if (operation === 'moveChild') enterNode(entry, drive?.get(String(facts?.['childId']))?.name);
    return { text, json, upload: undefined };
  }

  /** What a fault does before the operation: `gone` when there is nobody to be answered any more. */
  private async strike(
    fault: ActiveDriveFault | undefined,
    body: RequestBody,
    message: IncomingMessage,
  ): Promise<Reply | 'gone' | undefined> {
    if (fault === undefined) return undefined;
    if (fault.requestBytesPerSecond !== undefined) await body.slowDown(fault.requestBytesPerSecond);
    if (fault.delayMs !== undefined && !(await this.wait(fault.delayMs, message))) return 'gone';
    if (fault.cutRequestAfterBytes !== undefined) {
      await body.drain(fault.cutRequestAfterBytes);
      message.socket.destroy();
      return 'gone';
    }
    const answers = fault.status !== undefined || fault.sporadic403;
    if (!answers || fault.afterDoing || fault.appearsAfterMs !== undefined) return undefined;
    await body.drain(fault.answerAfterRequestBytes);
    return faultReply(fault);
  }

  private handle(visit: Visit): Reply | Promise<Reply> {
    const { message, request, text, json, fault, upload } = visit;
    const { signIn, accounts, now, redirectDownloads, pageSize } = this.options;
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
        return this.tempLink(request, authorization, range);
    }
    const grant = accounts.accessGrant(bearerOf(authorization) ?? '');
    if (grant === undefined) throw tokenExpired();
    const found = HANDLERS[request.operation];
    if (found === undefined) throw new DriveError(404, { message: 'Unknown operation' });
    const { handler, scope } = found;
    const may = { read: 'clouddrive:read_all', write: 'clouddrive:write' };
    if (scope !== undefined && !grant.scopes.includes(may[scope])) throw notPermitted(request.operation);
    if (text !== undefined && text.trim() !== '' && json === undefined) throw badBody('it is not JSON');
    const drive = this.drive(grant.account);
    return handler({
      request,
      drive,
      json,
      upload,
      contents: this.contents.get(grant.account) ?? this.memory,
      pages: this.pages,
      links: this.links,
      now: now(),
      range,
      fault,
      redirectDownloads,
      pageSize,
      origin: this.origin,
      later: (milliseconds, action) => this.later(milliseconds, action),
    });
  }

  /** The content behind a link (5.4); its refusals are S3's, in XML. */
  private tempLink(
    request: DriveRequest,
    authorization: string | undefined,
    range: string | undefined,
  ): Reply {
    if (authorization !== undefined)
      return xmlError(
        400,
        'InvalidArgument',
        'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter or the Authorization header should be specified',
      );
    const opened = this.links.open(request.names, request.query);
    if (opened === 'wrong')
      return xmlError(403, 'SignatureDoesNotMatch', 'The request signature does not match.');
    if (opened === 'expired') return xmlError(403, 'AccessDenied', 'Request has expired');
    const node = this.drive(opened.account).get(opened.id);
    if (node?.content === undefined) return xmlError(404, 'NoSuchKey', 'The specified key does not exist.');
    return contentReply(node, range, request.query.get('download') === 'true');
  }

  private later(milliseconds: number, action: () => void): void {
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

  /** False when the client or the server went away meanwhile. */
  private wait(milliseconds: number, message: IncomingMessage): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = Number.isFinite(milliseconds) ? setTimeout(() => done(true), milliseconds) : undefined;
      const closed = (): void => done(false);
      const done = (alive: boolean): void => {
        clearTimeout(timer);
        message.socket.off('close', closed);
        resolve(alive);
      };
      message.socket.once('close', closed);
    });
  }
}

function refusal(error: unknown): Reply {
  const { status, body, headers } =
    error instanceof DriveError
      ? error
      : new DriveError(500, { message: `Internal failure: ${(error as Error).stack ?? error}` });
  return {
    status,
    headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
    body: body === undefined ? '' : driveJson(body),
  };
}

function xmlError(status: number, code: string, text: string): Reply {
  return {
    status,
    headers: { 'Content-Type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${text}</Message></Error>`,
  };
}

function enterNode(entry: LoggedDriveRequest, name: unknown): void {
  if (typeof name === 'string') entry.node = name;
}

/** Undefined for what isn't JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
