import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, before } from 'node:test';
import type { BackendHost } from '../../../../../src/backends/backend';
import { silentLog } from '../../../../../src/base/log';
import { withRetry } from '../../../../../src/remote/layers/withRetry';
import type { Remote } from '../../../../../src/remote/remote';
import { isRemoteError, type RemoteError, type RemoteErrorKind } from '../../../../../src/remote/remoteError';
import { parsePath } from '../../../../../src/remote/remotePath';
import { type SignInServer, startSignInServer } from '../../../../servers/awsSignIn/signInServer';
import { type S3TestServer, startS3Server } from '../../../../servers/s3/s3Server';
import { calm, pagesOf } from '../../../../support/remoteCalls';
import { hostWith, inTemporaryFolder, openS3, settingsFor } from '../s3Fixture';

/** The servers of a test file that imports this: an S3 service with the object `demo/a.txt`, and the sign-in services. */
export let s3: S3TestServer;
export let signIn: SignInServer;
export const ssoToken = 'portal-token';
export const mfaCode = '123456';
const environmentBefore = { ...process.env };

before(async () => {
  s3 = await startS3Server({ buckets: ['demo'] });
  s3.store.put('demo', 'a.txt', 'a');
  signIn = await startSignInServer({ mfaCode, ssoToken, onGiven: (keys) => s3.addCredentials(keys) });
  // The SDK's clients for sign-in read these from the process.
  process.env['AWS_ENDPOINT_URL_STS'] = signIn.endpoint;
  process.env['AWS_ENDPOINT_URL_SSO'] = signIn.endpoint;
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
});

after(async () => {
  await s3.stop();
  await signIn.stop();
});

afterEach(() => {
  s3.setClock(undefined);
  s3.clearRequests();
  signIn.aheadMs = 0;
  for (const name of ['HOME', 'AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) {
    const value = environmentBefore[name];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

export interface AwsHome {
  readonly env: Record<string, string>;
  readonly folder: string;
  config(text: string): Promise<void>;
  credentials(text: string): Promise<void>;
  /** Puts a token into the cache of single sign-on, as `aws sso login` does. */
  signedOn(session: string, token: string, expiresInMs: number): Promise<void>;
  /** Creates a program that creates the file `ran`, then runs `script`. */
  program(script: string): Promise<{ readonly program: string; readonly ran: string }>;
}

/** Runs `work` with a home folder that the SDK finds too. */
export function inHome(work: (home: AwsHome) => Promise<void>): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    const env = {
      HOME: folder,
      AWS_CONFIG_FILE: path.join(folder, 'my-config'),
      AWS_SHARED_CREDENTIALS_FILE: path.join(folder, 'my-credentials'),
    };
    Object.assign(process.env, env);
    const cache = path.join(folder, '.aws/sso/cache');
    await mkdir(cache, { recursive: true });
    await work({
      env,
      folder,
      config: (text) => writeFile(env.AWS_CONFIG_FILE, text),
      credentials: (text) => writeFile(env.AWS_SHARED_CREDENTIALS_FILE, text),
      signedOn: (session, accessToken, expiresInMs) =>
        writeFile(
          path.join(cache, `${createHash('sha1').update(session).digest('hex')}.json`),
          JSON.stringify({
            startUrl: 'https://corp.awsapps.test/start',
            region: 'eu-west-1',
            accessToken,
            expiresAt: new Date(Date.now() + expiresInMs).toISOString(),
          }),
        ),
      program: async (script) => {
        const ran = path.join(folder, 'ran');
        const program = path.join(folder, 'give');
        await writeFile(program, `#!/bin/sh\ntouch ${ran}\n${script}\n`);
        await chmod(program, 0o755);
        return { program, ran };
      },
    });
  });
}

interface Opened {
  readonly remote: Remote;
  list(): Promise<unknown>;
}

/** Runs `work` with a remote that has retries and takes its credentials from a profile, or as `settings` say. */
export async function opened(
  home: AwsHome,
  settings: Readonly<Record<string, unknown>>,
  host: Partial<BackendHost>,
  work: (it: Opened) => Promise<void>,
): Promise<void> {
  const { accessKeyId: _, ...rest } = settingsFor(s3, settings);
  const full = hostWith({}, { env: home.env, ...host });
  const inner = await openS3({ ...rest, ...settings }, full);
  const remote = withRetry(inner, { clock: full.clock, log: silentLog, initialDelayMs: 1 });
  try {
    await work({ remote, list: () => pagesOf(remote.list(parsePath('demo'), {}, calm)) });
  } finally {
    await inner.close();
  }
}

export function signsIn(
  home: AwsHome,
  settings: Readonly<Record<string, unknown>>,
  host: Partial<BackendHost> = {},
): Promise<void> {
  return opened(home, settings, host, ({ list }) => list().then(() => {}));
}

/** Expects that a new remote can't sign in (`unauthenticated`), and returns the error. */
export async function cannotSignIn(
  home: AwsHome,
  settings: Readonly<Record<string, unknown>>,
  message: RegExp,
  host: Partial<BackendHost> = {},
): Promise<RemoteError> {
  const failing = opened(home, settings, host, ({ list }) => list().then(() => {}));
  return fails(failing, 'unauthenticated', message);
}

export async function fails(
  failing: Promise<unknown>,
  kind: RemoteErrorKind,
  message: RegExp,
): Promise<RemoteError> {
  const error = await failing.then(
    () => assert.fail('It should have failed'),
    (e: unknown) => e,
  );
  assert.ok(isRemoteError(error), String(error));
  assert.equal(error.kind, kind, error.message);
  assert.match(error.message, message);
  return error;
}

export const keysOf = (id: string, secret: string, token?: string) =>
  `aws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n${token ? `aws_session_token = ${token}\n` : ''}`;
export const ownKeys = () => keysOf(s3.accessKeyId, s3.secretAccessKey);
/** The profile `r` that assumes a role with the keys of the profile `source`. */
export const roleOf = (source: string) =>
  `[profile r]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = ${source}\n`;
export const baseProfile = `[profile base]\n${keysOf('AKIABASE', 'base')}region = us-east-1\n`;
