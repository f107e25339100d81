import { S3Error } from '../requests/s3Error';
import { headerOf, type S3Request } from '../requests/s3Request';
import type { StoredObject } from '../store/objectStore';

/** The four preconditions of HTTP, as sent. */
interface Conditions {
  ifMatch: string | undefined;
  ifNoneMatch: string | undefined;
  ifModifiedSince: string | undefined;
  ifUnmodifiedSince: string | undefined;
}

function readConditions(request: S3Request, prefix = ''): Conditions {
  return {
    ifMatch: headerOf(request, `${prefix}if-match`),
    ifNoneMatch: headerOf(request, `${prefix}if-none-match`),
    ifModifiedSince: headerOf(request, `${prefix}if-modified-since`),
    ifUnmodifiedSince: headerOf(request, `${prefix}if-unmodified-since`),
  };
}

/**
 * Preconditions of GET and HEAD, in the order of RFC 9110 §13.2.2.
 * @returns `notModified` for a 304; throws S3Error PreconditionFailed
 */
export function checkReadConditions(request: S3Request, object: StoredObject): 'proceed' | 'notModified' {
  return evaluate(readConditions(request), object);
}

/** `x-amz-copy-source-if-*`; "not modified" is PreconditionFailed here. */
export function checkCopySourceConditions(request: S3Request, source: StoredObject): void {
  const conditions = readConditions(request, 'x-amz-copy-source-');
  if (evaluate(conditions, source) === 'notModified') {
    const failed = conditions.ifNoneMatch === undefined ? 'If-Modified-Since' : 'If-None-Match';
    throw preconditionFailed(`x-amz-copy-source-${failed}`);
  }
}

/**
 * If-Match and If-None-Match of PutObject, CopyObject and CompleteMultipartUpload against the current object.
 * Throws PreconditionFailed; NoSuchKey for If-Match without an object; NotImplemented for conditions that S3 does not have.
 */
export function checkWriteConditions(request: S3Request, current: StoredObject | undefined): void {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = readConditions(request);
  if (ifModifiedSince !== undefined || ifUnmodifiedSince !== undefined)
    throw notImplemented('If-Modified-Since');
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() !== '*') throw notImplemented('If-None-Match');
    if (current !== undefined) throw preconditionFailed('If-None-Match');
  }
  if (ifMatch !== undefined) {
    if (current === undefined) throw new S3Error('NoSuchKey', 'The specified key does not exist.');
    if (!matches(ifMatch, current)) throw preconditionFailed('If-Match');
  }
}

/** If-Match of DeleteObject, `*` included; fails also without an object. */
export function checkDeleteCondition(ifMatch: string | undefined, current: StoredObject | undefined): void {
  if (ifMatch === undefined) return;
  if (current === undefined || !matches(ifMatch, current)) throw preconditionFailed('If-Match');
}

function evaluate(conditions: Conditions, object: StoredObject): 'proceed' | 'notModified' {
  const { ifMatch, ifNoneMatch } = conditions;
  const modifiedSince = parseDate(conditions.ifModifiedSince);
  const unmodifiedSince = parseDate(conditions.ifUnmodifiedSince);
  const changed = Math.floor(object.lastModified / 1000) * 1000;
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, object)) throw preconditionFailed('If-Match');
  } else if (unmodifiedSince !== undefined && changed > unmodifiedSince) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, object) ? 'notModified' : 'proceed';
  return modifiedSince !== undefined && changed <= modifiedSince ? 'notModified' : 'proceed';
}

/** Whether the list of ETags (quoted or not, or `*`) includes the object's. */
function matches(list: string, object: StoredObject): boolean {
  if (list.trim() === '*') return true;
  return list
    .split(',')
    .some((etag) => etag.trim().replace(/^W\//, '').replace(/^"|"$/g, '') === object.etag);
}

function parseDate(text: string | undefined): number | undefined {
  const date = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(date) ? undefined : date;
}

function preconditionFailed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', 'A precondition did not hold.', { Condition: condition });
}

function notImplemented(header: string): S3Error {
  return new S3Error('NotImplemented', 'This header is not implemented.', { Header: header });
}
