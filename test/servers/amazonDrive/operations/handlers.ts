import type { DriveOperation } from '../requests/driveRequest';
import * as account from './accountOperations';
import { changes } from './changesOperation';
import * as content from './contentOperations';
import type { Handler } from './exchange';
import * as lists from './listOperations';
import * as nodes from './nodeOperations';
import * as properties from './propertyOperations';

/** Each operation's handler and the scope that the token must have; `endpoint` needs only a valid token. */
export const HANDLERS: Readonly<
  Partial<Record<DriveOperation, { handler: Handler; scope: 'read' | 'write' | undefined }>>
> = {
  endpoint: { handler: account.endpoint, scope: undefined },
  accountInfo: { handler: account.accountInfo, scope: 'read' },
  quota: { handler: account.quota, scope: 'read' },
  usage: { handler: account.usage, scope: 'read' },
  listNodes: { handler: lists.listNodes, scope: 'read' },
  listChildren: { handler: lists.listChildren, scope: 'read' },
  listTrash: { handler: lists.listTrash, scope: 'read' },
  getNode: { handler: nodes.getNode, scope: 'read' },
  createFolder: { handler: nodes.createFolder, scope: 'write' },
  patchNode: { handler: nodes.patchNode, scope: 'write' },
  moveChild: { handler: nodes.moveChild, scope: 'write' },
  addChild: { handler: nodes.addChild, scope: 'write' },
  removeChild: { handler: nodes.removeChild, scope: 'write' },
  trashNode: { handler: nodes.trashNode, scope: 'write' },
  restoreNode: { handler: nodes.restoreNode, scope: 'write' },
  purgeNode: { handler: nodes.purgeNode, scope: 'write' },
  changes: { handler: changes, scope: 'read' },
  putProperty: { handler: properties.putProperty, scope: 'write' },
  getProperty: { handler: properties.getProperty, scope: 'read' },
  listProperties: { handler: properties.listProperties, scope: 'read' },
  deleteProperty: { handler: properties.deleteProperty, scope: 'write' },
  upload: { handler: content.upload, scope: 'write' },
  overwrite: { handler: content.overwrite, scope: 'write' },
  download: { handler: content.download, scope: 'read' },
};
