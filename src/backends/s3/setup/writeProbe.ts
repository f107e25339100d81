import { randomBytes } from 'node:crypto';
import { isRemoteError, type RemoteError } from '../../../remote/remoteError';
import type { ConnectionFinding } from '../../backend';
import type { S3Config } from '../config/s3Config';
import type { S3Api } from '../http/s3Api';
import { unquoted } from '../model/objectInfo';
import { prefixOf } from '../model/objectKey';
import { digestsOf } from '../objects/digests';

const useChecked = {
  label: 'Check before each write instead',
  settings: { conditionalWrites: 'checked' },
} as const;
const useRequired = { label: 'Send Content-MD5 only', settings: { checksums: 'whenRequired' } } as const;

interface ProbeWrite {
  readonly IfMatch?: string;
  readonly IfNoneMatch?: string;
  readonly ChecksumCRC32?: string;
}

/**
 * Finds out by one small object under the root, removed again, whether the service enforces If-Match and If-None-Match
 * (a store that ignores them would let a save overwrite someone else's change) and takes CRC32 checksums. Returns whether it could write.
 */
export async function* probeWrites(
  requests: S3Api,
  config: S3Config,
  signal: AbortSignal,
): AsyncGenerator<ConnectionFinding, boolean> {
  const { bucket, key: prefix } = prefixOf(config.root);
  if (bucket === '') {
    const detail = 'Needs a bucket to try in. Set "root" to one to have this tested.';
    yield { title: 'Conditional writes', outcome: 'skipped', detail };
    yield { title: 'Checksums', outcome: 'skipped', detail };
    return false;
  }
  const key = `${prefix}.cloud-remotes-probe-${randomBytes(6).toString('hex')}`;
  const path = `${bucket}/${key}`;
  const body = Buffer.from('Written by a connection test; may be deleted.\n');
  const put = async (extra: ProbeWrite): Promise<string | RemoteError> => {
    try {
      return await requests.run({ bucket, path }, signal, async ({ client, sdk }) => {
        const answer = await client.send(
          new sdk.PutObjectCommand({
            ...extra,
            Bucket: bucket,
            Key: key,
            Body: body,
            ContentMD5: Buffer.from(digestsOf(body).md5, 'hex').toString('base64'),
          }),
          { abortSignal: signal },
        );
        return unquoted(answer.ETag) ?? '';
      });
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
          ? `Not tried: these credentials can't write below "${config.root}".`
          : `Not tried: a small object could not be written. ${etag.message}`;
      yield { title: 'Conditional writes', outcome: 'skipped', detail };
      yield { title: 'Checksums', outcome: 'skipped', detail };
      return false;
    }
    written = true;
    yield preconditionFinding(config, await probePreconditions(put, etag));
    yield checksumFinding(
      config,
      config.checksums === 'whenSupported' ? await put({ ChecksumCRC32: digestsOf(body).crc32 }) : undefined,
    );
    return true;
  } finally {
    if (written) yield* removeProbe(requests, bucket, key);
  }
}

interface PreconditionSupport {
  readonly absentRefused: boolean;
  readonly otherRefused: boolean;
  readonly rightAccepted: boolean;
  readonly unsupported: boolean;
}

async function probePreconditions(
  put: (extra: ProbeWrite) => Promise<string | RemoteError>,
  etag: string,
): Promise<PreconditionSupport> {
  const right = await put({ IfMatch: `"${etag}"` });
  const absent = await put({ IfNoneMatch: '*' });
  const other = await put({ IfMatch: '"00000000000000000000000000000000"' });
  const answers = [right, absent, other];
  return {
    rightAccepted: typeof right === 'string',
    absentRefused: typeof absent !== 'string' && absent.kind === 'changed',
    otherRefused: typeof other !== 'string' && (other.kind === 'changed' || other.kind === 'notFound'),
    unsupported: answers.some((answer) => typeof answer !== 'string' && answer.kind === 'unsupported'),
  };
}

function preconditionFinding(config: S3Config, answers: PreconditionSupport): ConnectionFinding {
  const title = 'Conditional writes';
  const enforced = answers.absentRefused && answers.otherRefused && answers.rightAccepted;
  if (enforced && config.conditionalWrites === 'enforced')
    return {
      title,
      outcome: 'ok',
      detail: "The service itself protects others' changes (If-Match, If-None-Match).",
    };
  if (enforced)
    return {
      title,
      outcome: 'warning',
      detail:
        "The service would protect others' changes itself, without the gap that a check before each write leaves.",
      fix: { label: 'Let the service enforce it', settings: { conditionalWrites: 'enforced' } },
    };
  if (config.conditionalWrites === 'checked')
    return {
      title,
      outcome: 'ok',
      detail: "The service doesn't enforce conditions; each write is preceded by a check, as set.",
    };
  const what = answers.unsupported
    ? 'does not support conditional writes'
    : !answers.rightAccepted
      ? 'refuses conditional writes even when nothing has changed'
      : 'ignores the conditions of writes';
  return {
    title,
    outcome: 'warning',
    detail: `The service ${what}, so a save could overwrite someone else's change. A check before each write leaves only a moment for that.`,
    fix: useChecked,
  };
}

function checksumFinding(config: S3Config, answer: string | RemoteError | undefined): ConnectionFinding {
  const title = 'Checksums';
  if (answer === undefined)
    return { title, outcome: 'ok', detail: 'Uploads are checked by Content-MD5, as set ("checksums").' };
  if (typeof answer === 'string')
    return {
      title,
      outcome: 'ok',
      detail: 'The service takes CRC32 checksums; downloads are checked by them.',
    };
  return {
    title,
    outcome: 'warning',
    detail: `The service refuses CRC32 checksums (${answer.code ?? answer.kind}). Uploads to "${config.name}" would fail.`,
    fix: useRequired,
  };
}

/** Removes the probe also after a cancellation; says so when it can't. */
async function* removeProbe(requests: S3Api, bucket: string, key: string): AsyncIterable<ConnectionFinding> {
  const limit = AbortSignal.timeout(15_000);
  try {
    await requests.run({ bucket, path: `${bucket}/${key}` }, limit, ({ client, sdk }) =>
      client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: limit }),
    );
  } catch (error) {
    yield {
      title: 'Conditional writes',
      outcome: 'warning',
      detail: `The object "${bucket}/${key}" that the test wrote could not be removed. ${error instanceof Error ? error.message : ''}`,
    };
  }
}
