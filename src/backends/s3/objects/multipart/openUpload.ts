import { createHash } from 'node:crypto';
import type { ResumableWrite } from '../../../../remote/remote';
import { isRemoteError } from '../../../../remote/remoteError';
import type { BegunUpload } from '../../http/requestTypes';
import type { S3Api } from '../../http/s3Api';
import { md5OfEtag, unquotedEtag } from '../../model/objectInfo';
import { aboutObject, type ObjectLocation } from '../../model/objectKey';

/** A part that the service holds. */
interface HeldPart {
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
}

/** The parts of an upload that an interrupted attempt sent, and the means to record more. */
export class SentBefore {
  /** How often a process ended in the middle of the upload, without a cancel. */
  readonly crashes: number;
  /** The MD5 of each part whose response arrived, with its ETag. */
  private readonly recorded = new Map<unknown, { readonly etag: unknown; readonly md5: unknown }>();

  constructor(
    private readonly resume: ResumableWrite | undefined,
    private readonly held: ReadonlyMap<number, HeldPart> = new Map(),
  ) {
    const facts = resume?.recorded ?? [];
    const count = (name: string) => facts.filter((fact) => name in fact).length;
    this.crashes = Math.max(0, count('continued') - count('cancelled'));
    for (const { part, etag, md5 } of facts) this.recorded.set(part, { etag, md5 });
  }

  /** The ETag of part `number` with quotes, if the service holds it with exactly this content. `md5` is lower-case hex. */
  etagOf(number: number, size: number, md5: string): string | undefined {
    const held = this.held.get(number);
    if (held?.size !== size) return undefined;
    const known = this.recorded.get(number);
    // With some encryptions the ETag is no MD5; then it must be the ETag that came with this content.
    const isSame = md5OfEtag(held.etag) === md5 || (known?.etag === held.etag && known.md5 === md5);
    return isSame ? `"${held.etag}"` : undefined;
  }

  /** The user stopped the upload. */
  cancelled(): void {
    this.resume?.record({ cancelled: true });
  }

  sent(part: number, etag: string, md5: string): void {
    this.resume?.record({ part, etag: unquotedEtag(etag), md5 });
  }
}

/** Identifies everything that the parts of an upload depend on; any other upload can't be continued. */
export function uploadMark(...facts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

interface FoundUpload {
  readonly begun: BegunUpload;
  readonly sentBefore: SentBefore;
}

/** Records an upload that was begun now. */
export function recordBegun(resume: ResumableWrite, mark: string, begun: BegunUpload): void {
  const { uploadId, serverSideEncryption } = begun;
  resume.record({ uploadId, mark, ...(serverSideEncryption && { serverSideEncryption }) });
}

/** The id of the upload that was recorded last. */
export function recordedUpload({ recorded }: Pick<ResumableWrite, 'recorded'>): string | undefined {
  const { uploadId } = recorded.findLast((fact) => 'uploadId' in fact) ?? {};
  return typeof uploadId === 'string' ? uploadId : undefined;
}

/**
 * The upload that was recorded last, if it is of this `mark` and the service still has it. Undefined also where its parts can't be listed.
 * Throws errors of the connection.
 */
export async function findUpload(
  requests: S3Api,
  place: ObjectLocation,
  resume: ResumableWrite,
  mark: string,
  signal: AbortSignal,
): Promise<FoundUpload | undefined> {
  const fact = resume.recorded.findLast((one) => 'uploadId' in one);
  const { uploadId, serverSideEncryption } = fact ?? {};
  if (typeof uploadId !== 'string' || fact?.['mark'] !== mark) return undefined;
  try {
    const held = await heldParts(requests, place, uploadId, signal);
    resume.record({ continued: uploadId });
    const encryption = typeof serverSideEncryption === 'string' ? serverSideEncryption : undefined;
    return {
      begun: { uploadId, serverSideEncryption: encryption, dateMs: undefined },
      sentBefore: new SentBefore(resume, held),
    };
  } catch (error) {
    const isGone = isRemoteError(error) && error.code?.startsWith('NoSuchUpload');
    if (isGone || isRemoteError(error, 'notFound', 'forbidden', 'unsupported', 'other', 'corrupted'))
      return undefined;
    throw error;
  }
}

async function heldParts(
  requests: S3Api,
  { bucket, key }: ObjectLocation,
  uploadId: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, HeldPart>> {
  const held = new Map<number, HeldPart>();
  for (let marker: string | undefined; ; ) {
    const input = { Bucket: bucket, Key: key, UploadId: uploadId, PartNumberMarker: marker };
    const page = await requests.sendCommand(
      aboutObject({ bucket, key }),
      (sdk) => new sdk.ListPartsCommand(input),
      signal,
    );
    for (const { PartNumber, Size, ETag } of page.Parts ?? []) {
      const etag = unquotedEtag(ETag);
      if (PartNumber !== undefined && Size !== undefined && etag) held.set(PartNumber, { size: Size, etag });
    }
    const next = page.NextPartNumberMarker;
    // A store that repeats its marker would loop.
    if (!page.IsTruncated || next === undefined || next === marker) return held;
    marker = next;
  }
}
