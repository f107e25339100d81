import { randomBytes } from 'node:crypto';
import type { Reply } from '../../http/reply';
import { type ChecksumAlgorithm, checksumOf } from '../requests/checksums';
import { badChecksum } from '../requests/receivedBody';
import { invalidArgument, S3Error } from '../requests/s3Error';
import { headerOf } from '../requests/s3Request';
import { childText, element, malformedXml, type XmlElement, xmlDocument } from '../requests/xml';
import { md5, type StoredChecksum, StoredObject } from '../store/objectStore';
import { compareUtf8 } from '../store/sortedKeys';
import type { Part, Upload } from '../store/uploads';
import { checkWriteConditions } from './conditions';
import { copySourceOf } from './copyOperations';
import {
  bucketOf,
  documentOf,
  type Exchange,
  emptyReply,
  isoTime,
  keyOf,
  OWNER,
  OWNER_ID,
  xmlReply,
} from './exchange';
import { readListQuery } from './listOperations';
import { checksumElements, factsOf, namedAlgorithm } from './objectHeaders';
import { etagOf, writtenHeaders } from './objectOperations';
import { rangeOf, slice } from './ranges';

export function createUpload(exchange: Exchange): Reply {
  const { request, uploads, now } = exchange;
  const bucket = bucketOf(exchange);
  const key = keyOf(exchange);
  const algorithm = namedAlgorithm(request);
  const type = checksumType(headerOf(request, 'x-amz-checksum-type'), algorithm);
  const id = randomBytes(32).toString('base64url');
  const facts = factsOf(request, bucket);
  uploads.set(id, {
    id,
    bucket: bucket.name,
    key,
    started: now,
    facts,
    checksum: algorithm && { algorithm, type },
    parts: new Map(),
  });
  const inner = element('Bucket', bucket.name) + element('Key', key) + element('UploadId', id);
  return xmlReply(xmlDocument('InitiateMultipartUploadResult', inner), {
    ...facts.encryption,
    ...(algorithm && { 'x-amz-checksum-algorithm': algorithm.toUpperCase(), 'x-amz-checksum-type': type }),
  });
}

/** UploadPart; replaces a part of the same number. */
export function uploadPart(exchange: Exchange): Reply {
  const { body, now } = exchange;
  const upload = uploadOf(exchange);
  const number = partNumberOf(exchange);
  const wanted = upload.checksum?.algorithm;
  if (wanted !== undefined && body.checksum !== undefined && body.checksum.algorithm !== wanted)
    throw checksumMismatch(wanted, body.checksum.algorithm);
  if (wanted !== undefined && body.checksum === undefined && upload.checksum?.type === 'COMPOSITE')
    throw checksumMismatch(wanted, 'null');
  const etag = etagOf(body.md5, upload.facts.encryption, upload.bucket);
  upload.parts.set(number, {
    number,
    chunks: body.chunks,
    size: body.size,
    digest: body.md5,
    etag,
    lastModified: now,
    checksum: body.checksum,
  });
  return emptyReply(200, {
    ETag: `"${etag}"`,
    ...(body.checksum ? { [`x-amz-checksum-${body.checksum.algorithm}`]: body.checksum.value } : {}),
    ...upload.facts.encryption,
  });
}

/** UploadPartCopy, of a whole object or a range of it. */
export function uploadPartCopy(exchange: Exchange): Reply {
  const { request, now } = exchange;
  const upload = uploadOf(exchange);
  const number = partNumberOf(exchange);
  const { object: source, headers } = copySourceOf(exchange);
  const rangeHeader = headerOf(request, 'x-amz-copy-source-range');
  const exact = rangeHeader === undefined || /^bytes=\d+-\d+$/.test(rangeHeader);
  const range = rangeOf(rangeHeader, source.size);
  const lastByte = Number(/-(\d+)$/.exec(rangeHeader ?? '')?.[1] ?? -1);
  if (!exact || lastByte >= source.size)
    throw new S3Error('InvalidArgument', 'x-amz-copy-source-range must be bytes=first-last.');
  const chunks = range ? slice(source.chunks, range) : source.chunks;
  const digest = md5(chunks);
  const etag = etagOf(digest, upload.facts.encryption, upload.bucket);
  const algorithm = upload.checksum?.algorithm;
  const checksum = algorithm && { algorithm, value: checksumOf(algorithm, chunks) };
  upload.parts.set(number, {
    number,
    chunks,
    size: chunks.reduce((sum, chunk) => sum + chunk.length, 0),
    digest,
    etag,
    lastModified: now,
    checksum,
  });
  const inner =
    element('ETag', `"${etag}"`) + element('LastModified', isoTime(now)) + checksumElements(checksum);
  return xmlReply(xmlDocument('CopyPartResult', inner), headers);
}

/** CompleteMultipartUpload. The upload stays open when the completion is refused. */
export function completeUpload(exchange: Exchange): Reply {
  const { request, uploads, settings } = exchange;
  const upload = uploadOf(exchange);
  const bucket = bucketOf(exchange);
  const root = documentOf(exchange);
  const wanted = root.children.filter((c) => c.name === 'Part');
  if (root.name !== 'CompleteMultipartUpload' || wanted.length === 0 || wanted.length > 10_000)
    throw malformedXml();
  const parts = wanted.map((item) => chosenPart(upload, item));
  parts.forEach((part, index) => {
    const next = parts[index + 1];
    if (next === undefined) return;
    if (next.number <= part.number)
      throw new S3Error('InvalidPartOrder', 'The list of parts was not in ascending order.');
    if (part.size < settings.minPartSize)
      throw new S3Error('EntityTooSmall', 'The part is too small.', {
        ProposedSize: String(part.size),
        MinSizeAllowed: String(settings.minPartSize),
        PartNumber: String(part.number),
        ETag: part.etag,
      });
  });
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const claimedSize = headerOf(request, 'x-amz-mp-object-size');
  if (claimedSize !== undefined && Number(claimedSize) !== size)
    throw new S3Error('InvalidRequest', 'x-amz-mp-object-size is not the size of the parts.');
  const chunks = parts.flatMap((part) => part.chunks);
  const checksum = wholeChecksum(exchange, upload, parts, chunks);
  checkWriteConditions(request, bucket.current(upload.key) ?? bucket.folder(upload.key));
  const object = new StoredObject(upload.key, {
    ...upload.facts,
    body: chunks,
    etag: `${md5(parts.map((part) => Buffer.from(part.etag, 'hex'))).toString('hex')}-${parts.length}`,
    lastModified: exchange.now,
    checksum,
    partSizes: parts.map((part) => part.size),
  });
  bucket.put(object);
  uploads.delete(upload.id);
  const inner =
    element('Location', `http://${headerOf(request, 'host') ?? ''}${request.rawPath}`) +
    element('Bucket', bucket.name) +
    element('Key', upload.key) +
    element('ETag', `"${object.etag}"`) +
    checksumElements(checksum);
  const { ETag: _inTheDocument, ...written } = writtenHeaders(bucket, object);
  return xmlReply(xmlDocument('CompleteMultipartUploadResult', inner), written);
}

export function abortUpload(exchange: Exchange): Reply {
  exchange.uploads.delete(uploadOf(exchange).id);
  return emptyReply(204);
}

export function listParts(exchange: Exchange): Reply {
  const { request } = exchange;
  const upload = uploadOf(exchange);
  const q = readListQuery(request, 'max-parts');
  const marker = Number(request.query.get('part-number-marker') ?? 0);
  const behind = [...upload.parts.values()]
    .filter((p) => p.number > marker)
    .sort((a, b) => a.number - b.number);
  const page = behind.slice(0, q.maxKeys);
  const inner =
    element('Bucket', upload.bucket) +
    element('Key', q.encode(upload.key)) +
    element('UploadId', upload.id) +
    element('PartNumberMarker', marker) +
    element('NextPartNumberMarker', page.at(-1)?.number ?? 0) +
    element('MaxParts', q.maxKeys) +
    element('EncodingType', q.encodingType) +
    element('IsTruncated', behind.length > page.length) +
    page
      .map(
        (part) =>
          `<Part>${element('PartNumber', part.number)}${element('LastModified', isoTime(part.lastModified))}${element('ETag', `"${part.etag}"`)}${element('Size', part.size)}${checksumElements(part.checksum)}</Part>`,
      )
      .join('') +
    element('StorageClass', upload.facts.storageClass) +
    `<Initiator><ID>${OWNER_ID}</ID></Initiator>${OWNER}`;
  return xmlReply(xmlDocument('ListPartsResult', inner));
}

/** ListMultipartUploads, by key and then by start time. */
export function listUploads(exchange: Exchange): Reply {
  const { request, uploads } = exchange;
  const bucket = bucketOf(exchange);
  const q = readListQuery(request, 'max-uploads');
  const keyMarker = request.query.get('key-marker') ?? '';
  const idMarker = request.query.get('upload-id-marker') ?? '';
  const all = [...uploads.values()]
    .filter((u) => u.bucket === bucket.name && u.key.startsWith(q.prefix))
    .sort((a, b) => compareUtf8(a.key, b.key) || a.started - b.started || compareUtf8(a.id, b.id));
  const markerAt = all.findIndex((u) => u.key === keyMarker && u.id === idMarker);
  const behind =
    idMarker !== '' && markerAt >= 0
      ? all.slice(markerAt + 1)
      : all.filter((u) => keyMarker === '' || compareUtf8(u.key, keyMarker) > 0);
  let inner = '';
  let count = 0;
  let truncated = false;
  let last: Upload | undefined;
  const prefixes = new Set<string>();
  for (const upload of behind) {
    const cut = q.delimiter === '' ? -1 : upload.key.indexOf(q.delimiter, q.prefix.length);
    const prefix = cut < 0 ? undefined : upload.key.slice(0, cut + q.delimiter.length);
    if (prefix !== undefined && prefixes.has(prefix)) {
      last = upload;
      continue;
    }
    if (count >= q.maxKeys) {
      truncated = q.maxKeys > 0;
      break;
    }
    if (prefix !== undefined) prefixes.add(prefix);
    else {
      inner += `<Upload>${element('Key', q.encode(upload.key))}${element('UploadId', upload.id)}<Initiator><ID>${OWNER_ID}</ID></Initiator>${OWNER}${element('StorageClass', upload.facts.storageClass)}${element('Initiated', isoTime(upload.started))}</Upload>`;
    }
    count++;
    last = upload;
  }
  inner += [...prefixes]
    .map((p) => `<CommonPrefixes>${element('Prefix', q.encode(p))}</CommonPrefixes>`)
    .join('');
  const head =
    element('Bucket', bucket.name) +
    element('KeyMarker', q.encode(keyMarker)) +
    element('UploadIdMarker', idMarker) +
    element('NextKeyMarker', truncated && last ? q.encode(last.key) : undefined) +
    element('NextUploadIdMarker', truncated ? last?.id : undefined) +
    element('Prefix', q.encode(q.prefix)) +
    element('Delimiter', request.query.has('delimiter') ? q.encode(q.delimiter) : undefined) +
    element('EncodingType', q.encodingType) +
    element('MaxUploads', q.maxKeys) +
    element('IsTruncated', truncated);
  return xmlReply(xmlDocument('ListMultipartUploadsResult', head + inner));
}

function uploadOf(exchange: Exchange): Upload {
  const bucket = bucketOf(exchange);
  const key = keyOf(exchange);
  const upload = exchange.uploads.get(exchange.request.query.get('uploadId') ?? '');
  if (upload !== undefined && upload.bucket === bucket.name && upload.key === key) return upload;
  throw new S3Error('NoSuchUpload', 'The upload does not exist.', {
    UploadId: exchange.request.query.get('uploadId') ?? '',
  });
}

function partNumberOf(exchange: Exchange): number {
  const text = exchange.request.query.get('partNumber') ?? '';
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= 10_000) return number;
  throw invalidArgument('partNumber', text);
}

function chosenPart(upload: Upload, item: XmlElement): Part {
  const number = Number(childText(item, 'PartNumber'));
  const etag = (childText(item, 'ETag') ?? '').trim().replace(/^"|"$/g, '');
  const part = upload.parts.get(number);
  if (part === undefined || part.etag !== etag)
    throw new S3Error('InvalidPart', 'A specified part could not be found.', {
      UploadId: upload.id,
      PartNumber: String(number),
      ETag: etag,
    });
  const algorithm = upload.checksum?.algorithm;
  const given = algorithm && childText(item, `Checksum${algorithm.toUpperCase()}`);
  if (algorithm !== undefined && given === undefined && upload.checksum?.type === 'COMPOSITE')
    throw new S3Error('InvalidRequest', `The ${algorithm} checksum of part ${number} is missing.`);
  if (given !== undefined && part.checksum !== undefined && given !== part.checksum.value)
    throw new S3Error('InvalidPart', 'The checksum of a part differs.', { PartNumber: String(number) });
  return part;
}

function wholeChecksum(
  exchange: Exchange,
  upload: Upload,
  parts: readonly Part[],
  chunks: readonly Buffer[],
): StoredChecksum | undefined {
  if (upload.checksum === undefined) return undefined;
  const { algorithm, type } = upload.checksum;
  let value: string;
  if (type === 'FULL_OBJECT') value = checksumOf(algorithm, chunks);
  else {
    const digests = parts.map((part) => Buffer.from(part.checksum?.value ?? '', 'base64'));
    value = `${checksumOf(algorithm, digests)}-${parts.length}`;
  }
  const claimed = headerOf(exchange.request, `x-amz-checksum-${algorithm}`);
  if (claimed !== undefined && claimed !== value && `${claimed}-${parts.length}` !== value)
    throw badChecksum(algorithm);
  return { algorithm, value, type };
}

function checksumType(
  header: string | undefined,
  algorithm: ChecksumAlgorithm | undefined,
): StoredChecksum['type'] {
  const type = header ?? (algorithm === 'crc64nvme' ? 'FULL_OBJECT' : 'COMPOSITE');
  const allowed =
    type === 'COMPOSITE'
      ? algorithm !== 'crc64nvme'
      : type === 'FULL_OBJECT' && !algorithm?.startsWith('sha');
  if (allowed) return type as StoredChecksum['type'];
  throw new S3Error('InvalidRequest', `The checksum type ${type} does not fit ${algorithm}.`);
}

function checksumMismatch(expected: string, actual: string): S3Error {
  return new S3Error('InvalidRequest', `Expected the checksum ${expected} instead of ${actual}.`);
}
