import type { Reply } from '../../http/reply';
import { notPermitted } from '../requests/driveError';
import { badBody, type NewNode, type NodePatch } from '../store/nodeRules';
import { type Exchange, nodeReply, objectOf } from './exchange';

/** GET nodes/{id}. */
export function getNode(exchange: Exchange): Reply {
  return nodeReply(exchange, 200, exchange.drive.require(exchange.request.names[0] ?? ''));
}

/** POST nodes. */
export function createFolder(exchange: Exchange): Reply {
  const made = newNodeOf(exchange, exchange.json, 'FOLDER');
  return nodeReply(exchange, 201, exchange.drive.createFolder(made));
}

/** PATCH nodes/{id}. */
export function patchNode(exchange: Exchange): Reply {
  const body = objectOf(exchange.json);
  if (body === undefined) throw badBody('an object is needed');
  const patch: NodePatch = {
    name: textOf(body, 'name'),
    labels: textsOf(body, 'labels'),
    description: textOf(body, 'description'),
    parents: textsOf(body, 'parents'),
    properties: propertiesOf(exchange, body),
    status: textOf(body, 'status'),
  };
  return nodeReply(exchange, 200, exchange.drive.patch(exchange.request.names[0] ?? '', patch));
}

/** POST nodes/{newParentId}/children. */
export function moveChild(exchange: Exchange): Reply {
  const body = objectOf(exchange.json);
  const [childId, fromParent] = [body && textOf(body, 'childId'), body && textOf(body, 'fromParent')];
  if (childId === undefined || fromParent === undefined) throw badBody('fromParent and childId are needed');
  const { drive, request } = exchange;
  return nodeReply(exchange, 200, drive.moveChild(request.names[0] ?? '', childId, fromParent));
}

/** PUT nodes/{parentId}/children/{childId}. */
export function addChild(exchange: Exchange): Reply {
  const [parentId = '', childId = ''] = exchange.request.names;
  return nodeReply(exchange, 200, exchange.drive.addParent(parentId, childId));
}

/** DELETE nodes/{parentId}/children/{childId}. */
export function removeChild(exchange: Exchange): Reply {
  const [parentId = '', childId = ''] = exchange.request.names;
  return nodeReply(exchange, 200, exchange.drive.removeParent(parentId, childId));
}

/** PUT trash/{id}. */
export function trashNode(exchange: Exchange): Reply {
  return nodeReply(exchange, 200, exchange.drive.trashNode(exchange.request.names[0] ?? ''));
}

/** POST trash/{id}/restore. */
export function restoreNode(exchange: Exchange): Reply {
  return nodeReply(exchange, 200, exchange.drive.restoreNode(exchange.request.names[0] ?? ''));
}

/** DELETE nodes/{id}: not permitted to third parties. */
export function purgeNode(): Reply {
  throw notPermitted('purgeNode');
}

/** Reads a new node from JSON. Throws 400 for values of the wrong type. */
export function newNodeOf(exchange: Exchange, json: unknown, kind: 'FILE' | 'FOLDER'): NewNode {
  const body = objectOf(json);
  if (body === undefined) throw badBody('an object is needed');
  if (textOf(body, 'kind') !== kind) throw badBody(`kind must be ${kind}`);
  return {
    name: textOf(body, 'name') ?? '',
    parents: textsOf(body, 'parents'),
    labels: textsOf(body, 'labels'),
    description: textOf(body, 'description'),
    properties: propertiesOf(exchange, body),
    localId: exchange.request.query.get('localId') ?? undefined,
  };
}

function textOf(body: Record<string, unknown>, field: string): string | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw badBody(`${field} must be a text`);
  return value;
}

function textsOf(body: Record<string, unknown>, field: string): string[] | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.some((text) => typeof text !== 'string'))
    throw badBody(`${field} must be a list of texts`);
  return value;
}

/** Only the app's own properties can be written. */
function propertiesOf(
  exchange: Exchange,
  body: Record<string, unknown>,
): Record<string, Record<string, string>> | undefined {
  const value = body['properties'];
  if (value === undefined || value === null) return undefined;
  const owners = objectOf(value);
  if (owners === undefined) throw badBody('properties must be an object');
  for (const [owner, values] of Object.entries(owners)) {
    if (owner !== exchange.drive.owner) throw notPermitted('putProperty');
    if (objectOf(values) === undefined) throw badBody('properties must be an object of objects');
  }
  return owners as Record<string, Record<string, string>>;
}
