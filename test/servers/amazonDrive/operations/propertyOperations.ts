import type { Reply } from '../../http/reply';
import { DriveError, nodeNotFound, notPermitted } from '../requests/driveError';
import { badBody } from '../store/nodeRules';
import { type Exchange, jsonReply, objectOf } from './exchange';

/** PUT nodes/{id}/properties/{owner}/{key}. */
export function putProperty(exchange: Exchange): Reply {
  const [id = '', owner = '', key = ''] = exchange.request.names;
  const value = objectOf(exchange.json)?.['value'];
  if (typeof value !== 'string') throw badBody('value must be a text');
  exchange.drive.require(id);
  if (owner !== exchange.drive.owner) throw notPermitted('putProperty');
  exchange.drive.setProperty(id, owner, key, value);
  return jsonReply(201, property(exchange, key, value));
}

/** GET nodes/{id}/properties/{owner}/{key}. */
export function getProperty(exchange: Exchange): Reply {
  const [, , key = ''] = exchange.request.names;
  const own = ownProperties(exchange);
  const value = Object.hasOwn(own, key) ? own[key] : undefined;
  if (value === undefined) throw noSuchProperty(key);
  return jsonReply(200, property(exchange, key, value));
}

/** GET nodes/{id}/properties/{owner}. */
export function listProperties(exchange: Exchange): Reply {
  const data = ownProperties(exchange);
  return jsonReply(200, { count: Object.keys(data).length, data });
}

/** DELETE nodes/{id}/properties/{owner}/{key}. */
export function deleteProperty(exchange: Exchange): Reply {
  const [id = '', owner = '', key = ''] = exchange.request.names;
  if (owner !== exchange.drive.owner || !exchange.drive.deleteProperty(id, owner, key))
    throw noSuchProperty(key);
  return { status: 204, headers: {}, body: '' };
}

/** The properties of the app itself; another app's properties read as empty. */
function ownProperties({ drive, request }: Exchange): Record<string, string> {
  const [id = '', owner = ''] = request.names;
  const node = drive.get(id);
  if (node === undefined) throw nodeNotFound(id);
  return owner === drive.owner ? (node.properties[owner] ?? {}) : {};
}

function property({ origin, request }: Exchange, key: string, value: string): Record<string, string> {
  const [id = '', owner = ''] = request.names;
  return { key, location: `${origin}/drive/v1/nodes/${id}/properties/${owner}/${key}`, value };
}

function noSuchProperty(key: string): DriveError {
  return new DriveError(404, { message: `Property does not exist: ${key}` });
}
