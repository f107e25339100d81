import type { Reply } from '../../http/reply';
import { S3Error } from '../requests/s3Error';
import { childText, element, malformedXml, xmlDocument } from '../requests/xml';
import {
  bucketOf,
  documentOf,
  type Exchange,
  emptyReply,
  isoTime,
  OWNER,
  OWNER_ID,
  xmlReply,
} from './exchange';
import { findObject } from './objectOperations';

export function listBuckets(exchange: Exchange): Reply {
  const prefix = exchange.request.query.get('prefix') ?? '';
  const buckets = exchange.store.buckets
    .filter((b) => b.name.startsWith(prefix))
    .map((b) => `<Bucket>${element('Name', b.name)}${element('CreationDate', isoTime(b.created))}</Bucket>`)
    .join('');
  return xmlReply(xmlDocument('ListAllMyBucketsResult', `${OWNER}<Buckets>${buckets}</Buckets>`));
}

/** CreateBucket, with an optional LocationConstraint. */
export function createBucket(exchange: Exchange): Reply {
  const { store, body, request } = exchange;
  const name = request.bucket ?? '';
  if (
    !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) ||
    name.includes('..') ||
    /^\d+(\.\d+){3}$/.test(name)
  ) {
    throw new S3Error('InvalidBucketName', 'The specified bucket is not valid.', { BucketName: name });
  }
  let location = '';
  if (body.size > 0) {
    const root = documentOf(exchange);
    location = childText(root, 'LocationConstraint') ?? '';
    if (location === 'us-east-1')
      throw new S3Error('InvalidLocationConstraint', 'Invalid location constraint.', {
        LocationConstraint: location,
      });
  }
  if (store.findBucket(name))
    throw new S3Error('BucketAlreadyOwnedByYou', 'You already own this bucket.', { BucketName: name });
  store.createBucket(name, { location });
  return emptyReply(200, { Location: `/${name}` });
}

/** DeleteBucket: refused for a bucket with objects or old versions. */
export function deleteBucket(exchange: Exchange): Reply {
  const bucket = bucketOf(exchange);
  if (!bucket.isEmpty) {
    const message = bucket.versioning
      ? 'The bucket you tried to delete is not empty. You must delete all versions in the bucket.'
      : 'The bucket you tried to delete is not empty';
    throw new S3Error('BucketNotEmpty', message, { BucketName: bucket.name });
  }
  exchange.store.deleteBucket(bucket.name);
  for (const [id, upload] of exchange.uploads) if (upload.bucket === bucket.name) exchange.uploads.delete(id);
  return emptyReply(204);
}

export function headBucket(exchange: Exchange): Reply {
  return emptyReply(200, { 'x-amz-bucket-region': bucketOf(exchange).location || 'us-east-1' });
}

/** GetBucketLocation: empty for us-east-1. */
export function getLocation(exchange: Exchange): Reply {
  return xmlReply(xmlDocument('LocationConstraint', element('L', bucketOf(exchange).location).slice(3, -4)));
}

/** GetBucketVersioning: without Status until versioning is first enabled. */
export function getVersioning(exchange: Exchange): Reply {
  return xmlReply(xmlDocument('VersioningConfiguration', element('Status', bucketOf(exchange).versioning)));
}

export function putVersioning(exchange: Exchange): Reply {
  const status = childText(documentOf(exchange), 'Status');
  if (status !== 'Enabled' && status !== 'Suspended') throw malformedXml();
  bucketOf(exchange).versioning = status;
  return emptyReply(200);
}

/** GetBucketAcl and GetObjectAcl: always full control for the owner. */
export function getAcl(exchange: Exchange): Reply {
  requireTarget(exchange);
  const grantee = `<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>${OWNER_ID}</ID></Grantee>`;
  const grant = `<Grant>${grantee}<Permission>FULL_CONTROL</Permission></Grant>`;
  return xmlReply(
    xmlDocument('AccessControlPolicy', `${OWNER}<AccessControlList>${grant}</AccessControlList>`),
  );
}

/** PutBucketAcl and PutObjectAcl: accepted, without effect. */
export function putAcl(exchange: Exchange): Reply {
  requireTarget(exchange);
  return emptyReply(200);
}

function requireTarget(exchange: Exchange): void {
  const bucket = bucketOf(exchange);
  const { key, query } = exchange.request;
  if (key !== undefined) findObject(bucket, key, query.get('versionId'));
}
