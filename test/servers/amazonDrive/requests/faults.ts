import { agrees, Faults, type HttpFault } from '../../http/faults';
import type { DriveOperation } from './driveRequest';

/** What a fault can look at in a request. */
export interface DriveTarget {
  readonly operation: DriveOperation;
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  /** The account that the request's token belongs to. */
  readonly account: string | undefined;
  /** The name of the node in the path, of the node to be made, or of the child that is moved. */
  readonly node: string | undefined;
  /** The JSON body, where the operation has one. */
  readonly json: unknown;
}

/** A fault of the Amazon Drive server. A `status` is sent after the whole body of the request was read. */
export interface DriveFault extends HttpFault<DriveTarget> {
  method?: string;
  /** Matched against path and query as they came. */
  url?: RegExp;
  node?: string | RegExp;
  account?: string;

  /** The text beside the status, such as `GATEWAY_TIMEOUT`. */
  statusText?: string;
  /** An object goes out as JSON. Without a body the status's usual body is sent (6.2). */
  body?: string | object;
  /** Answer `status` after so many bytes of the request's body; 0 answers at once. */
  answerAfterRequestBytes?: number;
  /** Perform the operation first, then answer with `status`. */
  afterDoing?: boolean;
  /** For uploads: take the content, answer `status` (default 504), and make the file so many milliseconds later (5.6). */
  appearsAfterMs?: number;
  /** Show a wrong md5 in all nodes of the answer. */
  wrongMd5?: boolean;
  /** Show no md5 in any node of the answer. */
  lacksMd5?: boolean;
  /** For uploads: store the content with one bit flipped; the answer shows the md5 of the damaged content. */
  damageStored?: boolean;
  /** For uploads: store so many bytes: the first bytes of the content, or the content with zeros after it. */
  storesBytes?: number;
  /** For lists that continue from a page token: refuse the token as expired. */
  expirePageToken?: boolean;
  /** Answer 403 as the service sporadically did for good requests; a retry helps (6.2). */
  sporadic403?: boolean;
}

/** The faults of one Amazon Drive server. */
export function driveFaults(): Faults<DriveTarget, DriveFault> {
  return new Faults(
    ({ method, url, account, node }, target) =>
      agrees(method, target.method) &&
      agrees(url, target.url) &&
      agrees(account, target.account) &&
      agrees(node, target.node),
  );
}
