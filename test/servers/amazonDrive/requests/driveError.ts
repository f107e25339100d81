import { randomUUID } from 'node:crypto';

/** An error response of the service: an HTTP status and a JSON body. */
export class DriveError extends Error {
  constructor(
    readonly status: number,
    /** The JSON body; undefined sends an empty body. */
    readonly body: Record<string, unknown> | undefined,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(`${status} ${body === undefined ? '' : JSON.stringify(body)}`);
  }
}

/** The service's JSON, in which apostrophes are escaped. */
export function driveJson(value: unknown): string {
  return JSON.stringify(value).replaceAll("'", '\\u0027');
}

/** 400 with a text and an empty code, as the service sent it. */
export function badRequest(message: string): DriveError {
  return new DriveError(400, { logref: randomUUID(), message, code: '' });
}

/** 413 for a JSON body or a form's metadata that is too large. */
export function bodyTooLarge(): DriveError {
  return new DriveError(413, { message: 'Request entity too large' });
}

/** 404. The code is a guess, because no real body is on record. */
export function nodeNotFound(id: string): DriveError {
  return new DriveError(404, {
    logref: randomUUID(),
    message: `Node does not exist for the nodeId: ${id}`,
    code: 'NODE_NOT_FOUND',
  });
}

/** 409 for a name that an available sibling has; the service shows the name in lower case. */
export function nameTaken(name: string, parentId: string, nodeId: string): DriveError {
  return new DriveError(409, {
    logref: randomUUID(),
    message: `Node with the name ${name.toLowerCase()} already exists under parentId ${parentId} conflicting NodeId: ${nodeId}`,
    code: 'NAME_ALREADY_EXISTS',
    info: { nodeId },
  });
}

/** 409 for content that the account already holds. */
export function contentHeld(md5: string, nodeId: string): DriveError {
  return new DriveError(409, {
    logref: randomUUID(),
    message: `Content with the md5 ${md5} already exists conflicting NodeId: ${nodeId}`,
    code: 'MD5_DUPLICATE',
    info: { nodeId },
  });
}

/** 401 for an unknown or expired access token, as the gateway sends it: only `message`. */
export function tokenExpired(): DriveError {
  return new DriveError(401, { message: 'Token has expired' });
}

/** 403 for an operation outside of the token's scopes, or closed to third parties. */
export function notPermitted(operation: string): DriveError {
  return new DriveError(403, { message: `Insufficient permissions granted for operation: ${operation}` });
}

export const UNKNOWN_PARENT = "One of the parentId doesn't exists";
export const TRASHED_PARENT = 'A node cannot be added to trashed parent';
