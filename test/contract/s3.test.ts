import { after } from 'node:test';
import type { BackendHost, RemoteSettings } from '../../src/backends/backend';
import { HeadObjectCommand, PutObjectCommand } from '../../src/backends/s3/awsSdk';
import type { S3Remote } from '../../src/backends/s3/s3Remote';
import { joinPath, parsePath } from '../../src/remote/remotePath';
import { type S3TestServer, startS3Server } from '../servers/s3/s3Server';
import { calm } from '../support/remoteCalls';
import { editorOnly } from '../support/transports';
import { hostWith, openS3, randomName, settingsFor } from '../unit/backends/s3/s3Fixture';
import { type OpenedRemote, remoteContract } from './remoteContract';

const mebi = 1024 * 1024;
/** Beyond the cutoff set below, so that it goes in parts: two whole ones and a short one. */
const largeSize = 10 * mebi + 17;
const inParts = { uploadCutoff: '5Mi', chunkSize: '5Mi' };

let shared: Promise<S3TestServer> | undefined;
const server = () => {
  shared ??= startS3Server({ buckets: ['demo'] });
  return shared;
};
after(async () => (await shared)?.stop());

function onServer(
  more: Readonly<Record<string, unknown>>,
  hostMore: Partial<BackendHost> = {},
): () => Promise<OpenedRemote> {
  return async () => {
    const running = await server();
    const host = hostWith({ secretAccessKey: running.secretAccessKey }, hostMore);
    const remote = await openS3(settingsFor(running, more), host);
    return {
      ...attributesOf(remote),
      remote,
      root: parsePath(`demo/${randomName()}`),
      requests: () => running.requests.length,
      dispose: () => remote.close(),
    };
  };
}

/** Looks at and puts objects past the Remote. */
function attributesOf(remote: S3Remote): Pick<OpenedRemote, 'attributes' | 'putWithAttributes'> {
  const sdkFor = () => remote.requests.connection.sdkFor(undefined);
  const place = (path: string) => {
    const slash = path.indexOf('/');
    return { Bucket: path.slice(0, slash), Key: path.slice(slash + 1) };
  };
  return {
    async attributes(path) {
      const { client } = await sdkFor();
      const found = await client.send(new HeadObjectCommand(place(path)));
      return { 'content-type': found.ContentType ?? '' };
    },
    async putWithAttributes(path, content, attributes) {
      const { client } = await sdkFor();
      await client.send(
        new PutObjectCommand({
          ...place(path),
          Body: Buffer.from(content),
          ContentType: attributes['content-type'],
        }),
      );
    },
  };
}

remoteContract('s3', onServer(inParts), { largeSize });
remoteContract("s3 by the editor's client", onServer(inParts, editorOnly), { largeSize });
remoteContract('s3 with checks before writes', onServer({ ...inParts, conditionalWrites: 'checked' }), {
  largeSize,
});
remoteContract('s3 with CRC32 checksums', onServer({ ...inParts, checksums: 'whenSupported' }), {
  largeSize,
});
remoteContract('s3 with large single requests', onServer({ uploadCutoff: '1Gi' }), { largeSize });

/**
 * A real service: S3_ENDPOINT (not for AWS), S3_REGION, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY, S3_BUCKET, and S3_SETTINGS with more
 * settings as JSON. S3_EXCEPTIONS, JSON too, names sentences that this service is known to break, each with the reason. Everything is written below a folder of its own in the bucket and removed again.
 */
const {
  S3_ENDPOINT,
  S3_REGION,
  S3_ACCESS_KEY_ID,
  S3_SECRET_ACCESS_KEY,
  S3_BUCKET,
  S3_SETTINGS,
  S3_EXCEPTIONS,
} = process.env;
if (S3_BUCKET && S3_ACCESS_KEY_ID && S3_SECRET_ACCESS_KEY) {
  const settings: RemoteSettings = {
    name: 'real',
    backend: 's3',
    accessKeyId: S3_ACCESS_KEY_ID,
    ...(S3_ENDPOINT ? { endpoint: S3_ENDPOINT } : {}),
    ...(S3_REGION ? { region: S3_REGION } : {}),
    ...inParts,
    ...JSON.parse(S3_SETTINGS ?? '{}'),
  };
  remoteContract(
    `s3 at ${S3_ENDPOINT ?? 'AWS'}`,
    async () => {
      const remote = await openS3(settings, hostWith({ secretAccessKey: S3_SECRET_ACCESS_KEY }));
      const root = joinPath(parsePath(S3_BUCKET), `cloud-remotes-${randomName()}`);
      return {
        ...attributesOf(remote),
        remote,
        root,
        async dispose() {
          for await (const page of remote.listRecursive(root, {}, calm))
            for (const entry of page) {
              const key = entry.kind === 'unusable' ? entry.name : entry.path.slice(S3_BUCKET.length + 1);
              const input = { Bucket: S3_BUCKET, Key: key };
              await remote.requests.sendCommand({}, (sdk) => new sdk.DeleteObjectCommand(input), calm);
            }
          await remote.close();
        },
      };
    },
    { largeSize, exceptions: JSON.parse(S3_EXCEPTIONS ?? '{}') },
  );
}
