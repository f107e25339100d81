import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { type App, createApp } from '../../../../../src/app';
import type { RemoteSettings } from '../../../../../src/backends/backend';
import { silentLog } from '../../../../../src/base/log';
import type { Place } from '../../../../../src/plan/model/plan';
import { defaultPlanOptions } from '../../../../../src/plan/model/planOptions';
import { isRemoteError, type RemoteErrorKind } from '../../../../../src/remote/remoteError';
import { parsePath } from '../../../../../src/remote/remotePath';
import { type NotS3, startNotS3 } from '../../../../servers/notS3/notS3Server';
import { type S3TestServer, startS3Server } from '../../../../servers/s3/s3Server';
import { calm, noPrecondition, pagesOf, wholeBody } from '../../../../support/remoteCalls';
import { inTemporaryFolder, settingsFor } from '../s3Fixture';

// Every use of a misconfigured remote fails with the same message, and changes nothing on either side.

let server: S3TestServer;
before(async () => {
  server = await startS3Server({ buckets: ['demo'], strictRegions: true });
  server.store.put('demo', 'kept.txt', 'kept');
  server.store.createBucket('far', { location: 'eu-west-3' });
  // Each region has its own endpoint here, so no signature helps.
  server.addFault({
    bucket: 'far',
    status: 301,
    code: 'PermanentRedirect',
    headers: { 'x-amz-bucket-region': 'eu-west-3' },
    count: Number.POSITIVE_INFINITY,
  });
  server.store.put('far', 'kept.txt', 'kept');
});
after(() => server.stop());

interface BadRemote {
  readonly settings: Readonly<Record<string, unknown>> | undefined;
  readonly secret?: string;
  /** Default `demo`. */
  readonly bucket?: string;
  /** The kinds of errors, which depend on the use. */
  readonly kinds: readonly RemoteErrorKind[];
  readonly says: RegExp;
  /** The step at which the connection test fails; undefined = the settings are rejected before. */
  readonly fails?: string;
}

const elsewhere = (endpoint: string) => ({ endpoint });

const table: Readonly<Record<string, BadRemote>> = {
  'a remote that nobody configured': {
    settings: undefined,
    kinds: ['notFound'],
    says: /^There is no remote named "demo"\. Add it, or correct the name\.$/,
  },
  'an unknown setting': {
    settings: { colour: 'red' },
    kinds: ['badSettings'],
    says: /"colour" is not a setting of an S3 remote/,
  },
  'a setting of the wrong type': {
    settings: { region: 5 },
    kinds: ['badSettings'],
    says: /"region" must be a string/,
  },
  'an endpoint that is no address': {
    settings: elsewhere('not an address'),
    kinds: ['badSettings'],
    says: /"endpoint" is not a URL/,
  },
  'an unknown backend': {
    settings: { backend: 'ftp' },
    kinds: ['badSettings'],
    says: /Unknown backend "ftp"\. Known backends: .*"s3"/,
  },
  'a host that does not exist': {
    settings: elsewhere('http://no-such-host.invalid:9000'),
    kinds: ['unavailable'],
    says: /host no-such-host\.invalid can't be found\. Check the network and "endpoint"/,
    fails: 'Reached',
  },
  'a port where nothing listens': {
    settings: elsewhere('http://127.0.0.1:1'),
    kinds: ['unavailable'],
    says: /127\.0\.0\.1:1 refuses connections\. Is the service running, and is "endpoint" right/,
    fails: 'Reached',
  },
  'a wrong secret key': {
    settings: {},
    secret: 'wrong',
    kinds: ['unauthenticated', 'forbidden'],
    says: /(secret access key of "demo"\. Edit the remote and enter it again)|access denied/,
    fails: 'Signed in',
  },
  'an access key that is unknown': {
    settings: { accessKeyId: 'AKIANOBODY' },
    kinds: ['unauthenticated', 'forbidden'],
    says: /(does not know the access key of "demo"\. Edit the remote)|access denied/,
    fails: 'Signed in',
  },
  'no secret at all': {
    settings: {},
    secret: '',
    kinds: ['unauthenticated'],
    says: /secret access key of "demo" is missing\. Edit the remote and enter it/,
    fails: 'Signed in',
  },
  'a bucket that does not exist': {
    settings: { root: 'nobucket' },
    bucket: 'nobucket',
    kinds: ['notFound'],
    says: /no bucket "nobucket" at 127\.0\.0\.1|"nobucket\/\S+" does not exist/,
    fails: 'Can list',
  },
  'a bucket in another region': {
    settings: { root: 'far', region: 'us-east-1' },
    bucket: 'far',
    kinds: ['badSettings'],
    says: /is in the region "eu-west-3"\. Set "region" to that/,
    fails: 'Can list',
  },
};

const notS3: Readonly<Record<NotS3, RegExp>> = {
  webPage: /did not respond like an S3 service\. Correct "endpoint", or sign in to the network first/,
  empty: /did not respond like an S3 service\. Correct "endpoint"/,
  json: /did not respond like an S3 service\. Correct "endpoint"/,
  loginPage: /redirects to https:\/\/login\.test \(302\)\. Correct "endpoint"/,
  missingPage: /responds with a web page \(404\), not like an S3 service\. Correct "endpoint"/,
  forbiddenPage: /responds with a web page \(403\), not like an S3 service\. Correct "endpoint"/,
  otherText: /doesn't respond as a web server there\. Is the port in "endpoint" right/,
};

for (const [what, bad] of Object.entries(table))
  test(`${what}: the same message everywhere, and nothing changes`, () => check(bad));

for (const what of Object.keys(notS3) as NotS3[])
  test(`an endpoint that is no S3 service (${what}): the same message everywhere, and nothing changes`, async () => {
    const stranger = await startNotS3(what);
    try {
      await check({
        settings: elsewhere(stranger.endpoint),
        kinds: ['corrupted', 'badSettings'],
        says: notS3[what],
        fails: 'Reached',
      });
    } finally {
      await stranger.stop();
    }
  });

async function check(bad: BadRemote): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    await mkdir(path.join(folder, 'work'));
    await writeFile(path.join(folder, 'work/mine.txt'), 'mine');
    const settings: RemoteSettings | undefined = bad.settings && settingsFor(server, bad.settings);
    const secret = bad.secret ?? server.secretAccessKey;
    const before = contentOfServer();
    const app = createApp({
      log: silentLog,
      clock: { now: () => Date.now(), wait: async () => {} },
      env: { HOME: folder },
      remoteSettings: () => (settings ? [settings] : []),
      secret: async (_, field) => (field === 'secretAccessKey' && secret !== '' ? secret : undefined),
      mayRunPrograms: () => true,
      storageFolder: path.join(folder, 'state'),
    });
    try {
      for (const [name, use] of Object.entries(uses(app, bad.bucket ?? 'demo', path.join(folder, 'work')))) {
        const error = await use().then(
          () => assert.fail(`"${name}" succeeded`),
          (e: unknown) => e,
        );
        assert.ok(isRemoteError(error), `${name}: ${String(error)}`);
        assert.ok(bad.kinds.includes(error.kind), `${name}: ${error.kind}: ${error.message}`);
        assert.match(error.message, bad.says, name);
        assert.match(error.message, /^\S[^\n]*[.?]$/, name);
        assert.ok(
          !error.message.includes(server.secretAccessKey) && !error.message.includes('secret=1'),
          name,
        );
      }
      if (settings && bad.fails) {
        const findings = [];
        for await (const finding of app.testConnection(settings, {}, calm)) findings.push(finding);
        const failed = findings.filter(({ outcome }) => outcome === 'failed');
        assert.deepEqual(
          failed.map(({ title }) => title),
          [bad.fails],
          JSON.stringify(findings),
        );
        assert.match(failed[0]?.detail ?? '', bad.says);
      }
    } finally {
      await app.close();
    }
    assert.deepEqual(contentOfServer(), before);
    assert.deepEqual(await readdir(path.join(folder, 'work')), ['mine.txt']);
    assert.equal(await readFile(path.join(folder, 'work/mine.txt'), 'utf8'), 'mine');
  });
}

/** Every use of a remote, by name. */
function uses(app: App, bucket: string, folder: string): Readonly<Record<string, () => Promise<unknown>>> {
  const file = parsePath(`${bucket}/kept.txt`);
  const there: Place = { kind: 'remote', remote: 'demo', path: parsePath(bucket) };
  const here: Place = { kind: 'folder', path: folder };
  const options = { ...defaultPlanOptions, verb: 'sync' as const, deletes: 'after' as const };
  const opened = () => app.openRemote('demo');
  return {
    list: async () => pagesOf((await opened()).list(parsePath(bucket), {}, calm)),
    stat: async () => (await opened()).stat(file, calm),
    read: async () => (await opened()).read(file, {}, calm),
    write: async () => (await opened()).write(file, wholeBody('new'), {}, noPrecondition, calm),
    remove: async () => {
      const remote = await opened();
      const entry = { kind: 'file' as const, path: file, size: 4 };
      await remote.removeFile(file, { kind: 'ifMatch', entry }, calm);
    },
    'make a folder': async () => (await opened()).makeFolder(parsePath(`${bucket}/new`), calm),
    upload: () => app.planSync({ source: here, target: there, options }, calm),
    download: () => app.planSync({ source: there, target: here, options }, calm),
  };
}

function contentOfServer(): unknown {
  return server.store.buckets.map(({ name }) => [
    name,
    server.store.keys(name).map((key) => [key, server.store.get(name, key)?.text]),
  ]);
}
