import { badRequest, type DriveError } from '../requests/driveError';
import type { DriveNode } from './driveNode';

/** Owner → key → value. */
export type PropertiesByOwner = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A node to be made. */
export interface NewNode {
  readonly name: string;
  /** Ids; none means the root. */
  readonly parents?: readonly string[] | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly properties?: PropertiesByOwner | undefined;
  /** The client's own id of the request; the service refuses a repeated one. */
  readonly localId?: string | undefined;
}

/** The fields that a PATCH changes; absent fields stay. */
export interface NodePatch {
  readonly name?: string | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly parents?: readonly string[] | undefined;
  readonly properties?: PropertiesByOwner | undefined;
  readonly status?: string | undefined;
}

/** In UTF-16 units. */
const MAX_NAME_LENGTH = 280;
const MAX_TEXT_LENGTH = 500;
const MAX_PROPERTIES = 10;

/** Throws 400 when a node would have too many properties of one owner, or too long values. */
export function checkProperties(properties: PropertiesByOwner, node?: DriveNode): void {
  for (const [owner, values] of Object.entries(properties)) {
    const keys = new Set([...Object.keys(node?.properties[owner] ?? {}), ...Object.keys(values)]);
    if (keys.size > MAX_PROPERTIES)
      throw badRequest(`A node can have at most ${MAX_PROPERTIES} properties of one owner`);
    for (const value of Object.values(values))
      if (typeof value !== 'string' || value.length > MAX_TEXT_LENGTH)
        throw badRequest(`A property's value must be a text of at most ${MAX_TEXT_LENGTH} characters`);
  }
}

/** Throws 400 for an empty or too long name. */
export function checkName(name: string): void {
  if (typeof name === 'string' && name.length > 0 && name.length <= MAX_NAME_LENGTH) return;
  const rule =
    typeof name === 'string' && name.length > 0
      ? `less than or equal to ${MAX_NAME_LENGTH}`
      : 'greater than or equal to 1';
  throw badRequest(
    `1 validation error detected: Value '${name}' at 'name' failed to satisfy constraint: Member must have length ${rule}`,
  );
}

export function checkDescription(text: string): void {
  if (text.length > MAX_TEXT_LENGTH)
    throw badRequest(`A description has at most ${MAX_TEXT_LENGTH} characters`);
}

/** 400 for a malformed body. */
export function badBody(what: string): DriveError {
  return badRequest(`The request's body is not understood: ${what}`);
}
