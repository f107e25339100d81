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

/** Longest name that the service accepted, in UTF-16 units (7.1). */
const LONGEST_NAME = 280;
const LONGEST_TEXT = 500;
const MOST_PROPERTIES = 10;

/** Throws 400 when a node would have too many properties of one owner, or too long values (4.13). */
export function checkProperties(properties: PropertiesByOwner, node?: DriveNode): void {
  for (const [owner, values] of Object.entries(properties)) {
    const keys = new Set([...Object.keys(node?.properties[owner] ?? {}), ...Object.keys(values)]);
    if (keys.size > MOST_PROPERTIES)
      throw badRequest(`A node can have at most ${MOST_PROPERTIES} properties of one owner`);
    for (const value of Object.values(values))
      if (typeof value !== 'string' || value.length > LONGEST_TEXT)
        throw badRequest(`A property's value must be a text of at most ${LONGEST_TEXT} characters`);
  }
}

/** Throws 400 for an empty or too long name (7.1). */
export function checkName(name: string): void {
  if (typeof name === 'string' && name.length > 0 && name.length <= LONGEST_NAME) return;
  const rule =
    typeof name === 'string' && name.length > 0
      ? `less than or equal to ${LONGEST_NAME}`
      : 'greater than or equal to 1';
  throw badRequest(
    `1 validation error detected: Value '${name}' at 'name' failed to satisfy constraint: Member must have length ${rule}`,
  );
}

export function checkDescription(text: string): void {
  if (text.length > LONGEST_TEXT) throw badRequest(`A description has at most ${LONGEST_TEXT} characters`);
}

/** 400 for a body that the service does not understand. */
export function badBody(what: string): DriveError {
  return badRequest(`The request's body is not understood: ${what}`);
}
