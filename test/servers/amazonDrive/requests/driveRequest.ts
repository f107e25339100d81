/** Path patterns; `*` stands for one name. */
const ROUTES = [
  ['GET', '/ap/oa', 'authorize'],
  ['POST', '/ap/oa', 'authorize'],
  ['POST', '/auth/o2/token', 'token'],
  ['GET', '/auth/o2/tokeninfo', 'tokenInfo'],
  ['GET', '/user/profile', 'profile'],
  ['GET', '/drive/v1/account/endpoint', 'endpoint'],
  ['GET', '/drive/v1/account/info', 'accountInfo'],
  ['GET', '/drive/v1/account/quota', 'quota'],
  ['GET', '/drive/v1/account/usage', 'usage'],
  ['GET', '/drive/v1/nodes', 'listNodes'],
  ['POST', '/drive/v1/nodes', 'createFolder'],
  ['GET', '/drive/v1/nodes/*', 'getNode'],
  ['PATCH', '/drive/v1/nodes/*', 'patchNode'],
  ['DELETE', '/drive/v1/nodes/*', 'purgeNode'],
  ['GET', '/drive/v1/nodes/*/children', 'listChildren'],
  ['POST', '/drive/v1/nodes/*/children', 'moveChild'],
  ['PUT', '/drive/v1/nodes/*/children/*', 'addChild'],
  ['DELETE', '/drive/v1/nodes/*/children/*', 'removeChild'],
  ['GET', '/drive/v1/nodes/*/properties/*', 'listProperties'],
  ['GET', '/drive/v1/nodes/*/properties/*/*', 'getProperty'],
  ['PUT', '/drive/v1/nodes/*/properties/*/*', 'putProperty'],
  ['DELETE', '/drive/v1/nodes/*/properties/*/*', 'deleteProperty'],
  ['GET', '/drive/v1/trash', 'listTrash'],
  ['PUT', '/drive/v1/trash/*', 'trashNode'],
  ['POST', '/drive/v1/trash/*/restore', 'restoreNode'],
  ['POST', '/drive/v1/changes', 'changes'],
  ['POST', '/cdproxy/nodes', 'upload'],
  ['PUT', '/cdproxy/nodes/*/content', 'overwrite'],
  ['GET', '/cdproxy/nodes/*/content', 'download'],
  ['GET', '/templink/*/*', 'tempLink'],
] as const;

/** The names of the service's operations in the log and in faults. */
export type DriveOperation = (typeof ROUTES)[number][2] | 'unknown';

/** The request line, parsed. */
export interface DriveRequest {
  readonly operation: DriveOperation;
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The decoded names in the path, in order: node, child, owner, key. */
  readonly names: readonly string[];
}

const COMPILED = ROUTES.map(([method, pattern, operation]) => ({
  method,
  operation,
  pattern: new RegExp(`^${pattern.replaceAll('*', '([^/]+)')}/?$`),
}));

/** @param url the request's target as it came, such as `/drive/v1/nodes?filters=…` */
export function parseDriveRequest(method: string, url: string): DriveRequest {
  const [path = '', ...rest] = url.split('?');
  const query = new URLSearchParams(rest.join('?'));
  for (const route of COMPILED) {
    const match = route.method === method ? route.pattern.exec(path) : null;
    if (match === null) continue;
    const names = match.slice(1).map(decoded);
    return { operation: route.operation, method, path: decoded(path), query, names };
  }
  return { operation: 'unknown', method, path: decoded(path), query, names: [] };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
