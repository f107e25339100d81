import { randomBytes } from 'node:crypto';
import { isRemoteError, type RemoteError } from '../../../remote/remoteError';
import type { ConnectionFinding } from '../../backend';
import type { S3Config } from '../config/s3Config';
import type { WriteCondition } from '../http/requestTypes';
import type { S3Api } from '../http/s3Api';
import { unquotedEtag } from '../model/objectInfo';
import { aboutObject, prefixOf } from '../model/objectKey';
import { deleteKey } from '../objects/deleting';
import { base64OfHex, digestsOf } from '../objects/digests';

const useChecked = {
  label: 'Check before each write instead',
  settings: { conditionalWrites: 'checked' },
} as const;
const useRequired = { label: 'Send Content-MD5 only', settings: { checksums: 'whenRequired' } } as const;

interface ProbeWrite extends WriteCondition {
  readonly ChecksumCRC32?: string;
}

/**
 * Tests with one small object below the root, removed afterwards, whether the service enforces If-Match and If-None-Match (otherwise a
 * save could overwrite another user's change) and accepts CRC32 checksums. Returns whether it could write.
 */
export async function* probeWrites(
  requests: S3Api,
  config: S3Config,
  signal: AbortSignal,
): AsyncGenerator<ConnectionFinding, boolean> {
  const { bucket, key: prefix } = prefixOf(config.root);
  if (bucket === '') {
    const detail = 'This test needs a bucket. Set "root" to one to run the test.';
    yield { title: 'Conditional writes', outcome: 'skipped', detail };
    yield { title: 'Checksums', outcome: 'skipped', detail };
    return false;
  }
  const key = probeKey(prefix);
  const digests = digestsOf(probeContent);
  const put = async (extra: ProbeWrite): Promise<string | RemoteError> => {
    try {
      const content = { Body: probeContent, ContentMD5: base64OfHex(digests.md5) };
      const input = { ...extra, ...content, Bucket: bucket, Key: key };
      const about = aboutObject({ bucket, key });
      const { ETag } = await requests.sendCommand(about, (sdk) => new sdk.PutObjectCommand(input), signal);
      return unquotedEtag(ETag) ?? '';
    } catch (error) {
      if (signal.aborted || !isRemoteError(error)) throw error;
      return error;
    }
  };
  let written = false;
  try {
    const etag = await put({});
    if (typeof etag !== 'string') {
      const detail =
        etag.kind === 'forbidden' || etag.kind === 'unauthenticated'
          ? `Not tested: these credentials can't write below "${config.root}".`
          : `Not tested: a small object could not be written. ${etag.message}`;
      yield { title: 'Conditional writes', outcome: 'skipped', detail };
      yield { title: 'Checksums', outcome: 'skipped', detail };
      return false;
    }
    written = true;
    yield preconditionFinding(config, await probePreconditions(put, etag));
    const sendsCrc = config.checksums === 'whenSupported';
    yield checksumFinding(config, sendsCrc ? await put({ ChecksumCRC32: digests.crc32 }) : undefined);
    return true;
  } finally {
    if (written) yield* removeProbes(requests, 'Conditional writes', bucket, [key]);
  }
}

interface PreconditionSupport {
  readonly ifNoneMatchWorks: boolean;
  readonly wrongEtagRejected: boolean;
  readonly rightEtagAccepted: boolean;
  readonly unsupported: boolean;
}

async function probePreconditions(
  put: (extra: ProbeWrite) => Promise<string | RemoteError>,
  etag: string,
): Promise<PreconditionSupport> {
  const right = await put({ IfMatch: `"${etag}"` });
  const absent = await put({ IfNoneMatch: '*' });
  const other = await put({ IfMatch: '"00000000000000000000000000000000"' });
  const results = [right, absent, other];
  return {
    rightEtagAccepted: typeof right === 'string',
    ifNoneMatchWorks: typeof absent !== 'string' && absent.kind === 'changed',
    wrongEtagRejected: typeof other !== 'string' && (other.kind === 'changed' || other.kind === 'notFound'),
    unsupported: results.some((result) => typeof result !== 'string' && result.kind === 'unsupported'),
  };
}

function preconditionFinding(config: S3Config, support: PreconditionSupport): ConnectionFinding {
  const title = 'Conditional writes';
  const enforced = support.ifNoneMatchWorks && support.wrongEtagRejected && support.rightEtagAccepted;
  if (enforced && config.conditionalWrites === 'enforced')
    return {
      title,
      outcome: 'ok',
      detail: "The service itself protects other users' changes (If-Match, If-None-Match).",
    };
  if (enforced)
    return {
      title,
      outcome: 'warning',
      detail:
        "The service can protect other users' changes itself, without the short gap of a check before each write.",
      fix: { label: 'Let the service enforce it', settings: { conditionalWrites: 'enforced' } },
    };
  if (config.conditionalWrites === 'checked')
    return {
      title,
      outcome: 'ok',
      detail: "The service doesn't enforce preconditions; a check precedes each write, as set.",
    };
  const what = support.unsupported
    ? 'does not support conditional writes'
    : !support.rightEtagAccepted
      ? 'rejects conditional writes even when nothing has changed'
      : 'ignores preconditions of writes';
  return {
    title,
    outcome: 'warning',
    detail: `The service ${what}, so a save could overwrite another user's change. A check before each write reduces that risk to a moment.`,
    fix: useChecked,
  };
}

function checksumFinding(config: S3Config, result: string | RemoteError | undefined): ConnectionFinding {
  const title = 'Checksums';
  if (result === undefined)
    return { title, outcome: 'ok', detail: 'Uploads are verified by Content-MD5, as set ("checksums").' };
  if (typeof result === 'string')
    return {
      title,
      outcome: 'ok',
      detail: 'The service accepts CRC32 checksums; downloads are verified with them.',
    };
  return {
    title,
    outcome: 'warning',
    detail: `The service rejects CRC32 checksums (${result.code ?? result.kind}). Uploads to "${config.name}" would fail.`,
    fix: useRequired,
  };
}

export const probeContent = Buffer.from('Written by a connection test; may be deleted.\n');

export function probeKey(prefix: string): string {
  return `${prefix}.cloud-remotes-probe-${randomBytes(6).toString('hex')}`;
}

/** Removes the objects, even after a cancellation; reports a failure. */
export async function* removeProbes(
  requests: S3Api,
  title: string,
  bucket: string,
  keys: readonly string[],
): AsyncIterable<ConnectionFinding> {
  const limit = AbortSignal.timeout(15_000);
  const errors = new Map<string, unknown>();
  for (const key of keys)
    await deleteKey(requests, { bucket, key }, limit).catch((error: unknown) => {
      if (!isRemoteError(error, 'notFound')) errors.set(key, error);
    });
  const [first] = errors;
  if (!first) return;
  const [key, error] = first;
  const objects = `${errors.size === 1 ? 'The object' : `${errors.size} objects such as`} "${bucket}/${key}"`;
  const reason = error instanceof Error ? error.message : '';
  yield { title, outcome: 'warning', detail: `${objects} of the test could not be removed. ${reason}` };
}
