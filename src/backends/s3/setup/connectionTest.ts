import { isRemoteError, type RemoteError } from '../../../remote/remoteError';
import type { BackendHost, ConnectionFinding } from '../../backend';
import type { S3Config } from '../config/s3Config';
import { connectS3 } from '../http/connect';
import { S3Api } from '../http/s3Api';
import { answerDate } from '../http/sdkResponses';
import { isAnswerOfS3 } from '../http/signedRequests';
import { isArn } from '../model/bucketNames';
import { parseObjectPath, prefixOf } from '../model/objectKey';
import type { S3Remote } from '../s3Remote';
import { probeStore } from './storeProbe';
import { probeWrites } from './writeProbe';

/** Beyond this, services refuse requests (15 minutes); well before it, people should know. */
const clockWarningMs = 5 * 60_000;

/** What the first request showed. */
interface FirstResponse {
  readonly error?: RemoteError;
  readonly clockDifferenceMs?: number;
  readonly count?: number;
}

/**
 * Tries the connection step by step: reached, signed in, can list, addressing style, conditional writes, checksums,
 * order of listings, clock.
 * The steps that need to write use small objects under the root and remove them again; without a root nothing is written.
 * Throws only the signal's reason.
 */
export async function* testS3Connection(
  remote: S3Remote,
  config: S3Config,
  host: BackendHost,
  signal: AbortSignal,
): AsyncIterable<ConnectionFinding> {
  signal.throwIfAborted();
  const first = await sendFirstRequest(remote.requests, signal);
  const { error } = first;
  const service = config.endpoint === undefined ? 'AWS S3' : new URL(config.endpoint).host;

  const missesHost =
    error?.code === 'ENOTFOUND' &&
    !config.forcePathStyle &&
    config.root !== '' &&
    !isArn(parseObjectPath(config.root).bucket);
  if (missesHost) {
    yield* tryPathStyle(config, host, error, signal);
    return;
  }
  if (error && isNetworkError(error)) {
    yield { title: 'Reached', outcome: 'failed', detail: error.message, fields: addressFields };
    return;
  }
  const status = nonS3Status(error);
  if (status !== undefined) {
    yield {
      title: 'Reached',
      outcome: 'failed',
      detail: `${service} answers (${status}), but not as an S3 service does. Correct "endpoint".`,
      fields: addressFields,
    };
    return;
  }
  if (error?.kind === 'unauthenticated' && error.code === undefined) {
    // The credentials themselves are missing: no request was sent.
    yield {
      title: 'Reached',
      outcome: 'skipped',
      detail: `${service} was not asked: there are no credentials yet.`,
    };
    yield {
      title: 'Signed in',
      outcome: 'failed',
      detail: error.message,
      fields: signInFields(config, error),
    };
    return;
  }
  yield { title: 'Reached', outcome: 'ok', detail: `${service} answers.` };
  if (error?.kind === 'unauthenticated') {
    yield {
      title: 'Signed in',
      outcome: 'failed',
      detail: error.message,
      fields: signInFields(config, error),
    };
    yield* clockFinding(first);
    return;
  }
  if (error?.code?.startsWith('RequestTimeTooSkewed')) {
    yield { title: 'Clock', outcome: 'failed', detail: error.message };
    return;
  }
  yield* signedInFinding(config, error);
  if (error) {
    yield listFailure(config, error);
    yield* clockFinding(first);
    return;
  }
  yield { title: 'Can list', outcome: 'ok', detail: listDetail(config, first.count ?? 0) };
  yield { title: 'Addressing style', outcome: 'ok', detail: styleDetail(config) };
  if (yield* probeWrites(remote.requests, config, signal)) yield* probeStore(remote.requests, config, signal);
  yield* clockFinding(first);
}

/** What makes the address that is asked. */
const addressFields = ['endpoint', 'region', 'provider'];

/** Which part of the credentials a service refuses, as far as its code tells. */
function signInFields({ credentials }: S3Config, { code = '' }: RemoteError): readonly string[] {
  if (credentials === 'profile') return ['profile'];
  if (credentials !== 'keys') return ['credentials'];
  if (/^(ExpiredToken|InvalidToken|TokenRefresh)/.test(code)) return ['sessionToken'];
  return code.startsWith('InvalidAccessKeyId') ? ['accessKeyId'] : ['secretAccessKey'];
}

/** One request that lists: buckets, or below the root. */
async function sendFirstRequest(requests: S3Api, signal: AbortSignal): Promise<FirstResponse> {
  const { root } = requests.config;
  const { bucket, key } = prefixOf(root);
  try {
    return await requests.run(bucket === '' ? {} : { bucket }, signal, async ({ client, sdk }) => {
      const options = { abortSignal: signal };
      const answer =
        bucket === ''
          ? await client.send(new sdk.ListBucketsCommand({}), options)
          : await client.send(
              new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: key, MaxKeys: 1 }),
              options,
            );
      const count =
        'Buckets' in answer
          ? (answer.Buckets?.length ?? 0)
          : 'Contents' in answer
            ? (answer.Contents?.length ?? 0)
            : 0;
      const date = answerDate(answer);
      return { count, ...(date === undefined ? {} : { clockDifferenceMs: Date.now() - date }) };
    });
  } catch (error) {
    if (signal.aborted || !isRemoteError(error)) throw error;
    return { error };
  }
}

/** Whether no S3 service answered at all. */
function isNetworkError(error: RemoteError): boolean {
  if (error.kind === 'corrupted') return true;
  if (error.kind !== 'unavailable' && error.kind !== 'badSettings') return false;
  return error.code === undefined || /^(E[A-Z]|ERR_|HPE_|CERT|DEPTH|SELF|UNABLE)/.test(error.code);
}

/** The status of a refusal that isn't an S3 service's: no error document came with it. Undefined for those that are, and for none. */
function nonS3Status(error: RemoteError | undefined): number | undefined {
  const { name, $metadata } = (error?.cause ?? {}) as {
    name?: unknown;
    $metadata?: { httpStatusCode?: number };
  };
  // What a sign-in service refuses says nothing about the storage.
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') return undefined;
  const status = $metadata?.httpStatusCode;
  return status === undefined || isAnswerOfS3(error?.cause) ? undefined : status;
}

async function* tryPathStyle(
  config: S3Config,
  host: BackendHost,
  error: RemoteError,
  signal: AbortSignal,
): AsyncIterable<ConnectionFinding> {
  const connection = await connectS3({ ...config, forcePathStyle: true }, host);
  try {
    const again = await sendFirstRequest(new S3Api({ ...config, forcePathStyle: true }, connection), signal);
    if (again.error && (isNetworkError(again.error) || nonS3Status(again.error) !== undefined)) {
      yield { title: 'Reached', outcome: 'failed', detail: error.message, fields: addressFields };
      return;
    }
    yield {
      title: 'Addressing style',
      outcome: 'failed',
      detail: 'The service has no host per bucket, but it answers in path style.',
      fix: { label: 'Use path style', settings: { forcePathStyle: true } },
    };
  } finally {
    connection.close();
  }
}

function* signedInFinding(config: S3Config, error: RemoteError | undefined): Iterable<ConnectionFinding> {
  if (config.credentials === 'anonymous')
    yield { title: 'Signed in', outcome: 'skipped', detail: 'Requests are anonymous.' };
  else if (error?.kind === 'forbidden' && !error.code?.startsWith('AccessDenied'))
    yield {
      title: 'Signed in',
      outcome: 'warning',
      detail: 'The service refuses without saying whether the credentials are wrong.',
    };
  else yield { title: 'Signed in', outcome: 'ok', detail: 'The credentials are accepted.' };
}

function listFailure(config: S3Config, error: RemoteError): ConnectionFinding {
  const region = error.kind === 'badSettings' ? /region "([a-z0-9-]+)"/.exec(error.message)?.[1] : undefined;
  const detail =
    error.kind === 'forbidden' && config.root === ''
      ? 'These credentials may not list all buckets. Set "root" to a bucket that they may use.'
      : error.message;
  return {
    title: 'Can list',
    outcome: 'failed',
    detail,
    fields: region ? ['region'] : ['root'],
    ...(region && { fix: { label: `Use the region ${region}`, settings: { region } } }),
  };
}

function listDetail(config: S3Config, count: number): string {
  if (config.root === '') return count === 1 ? 'One bucket.' : `${count} buckets.`;
  return count === 0 ? `"${config.root}" can be listed and is empty.` : `"${config.root}" can be listed.`;
}

function styleDetail(config: S3Config): string {
  const bucket = parseObjectPath(config.root).bucket;
  if (isArn(bucket)) return 'The host of the access point works.';
  if (bucket === '')
    return config.forcePathStyle ? 'Path style is set.' : 'A host per bucket is set; buckets were not tried.';
  return config.forcePathStyle ? 'Path style works.' : 'A host per bucket works.';
}

function* clockFinding({ clockDifferenceMs }: FirstResponse): Iterable<ConnectionFinding> {
  if (clockDifferenceMs === undefined) return;
  const minutes = Math.round(Math.abs(clockDifferenceMs) / 60_000);
  yield Math.abs(clockDifferenceMs) < clockWarningMs
    ? { title: 'Clock', outcome: 'ok', detail: "This computer's clock agrees with the service's." }
    : {
        title: 'Clock',
        outcome: 'warning',
        detail: `This computer's clock is ${minutes} minutes ${clockDifferenceMs > 0 ? 'ahead of' : 'behind'} the service's. Set it right: services refuse requests that are off by 15 minutes.`,
      };
}
