import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import type { BackendHost } from '../../../../../src/backends/backend';
import { silentLog } from '../../../../../src/base/log';
import { withRetry } from '../../../../../src/remote/layers/withRetry';
import type { Remote } from '../../../../../src/remote/remote';
import { isRemoteError, type RemoteError, type RemoteErrorKind } from '../../../../../src/remote/remoteError';
import { parsePath } from '../../../../../src/remote/remotePath';
import { type SignInServer, startSignInServer } from '../../../../servers/awsSignIn/signInServer';
import { type S3TestServer, startS3Server } from '../../../../servers/s3/s3Server';
import { calm, noPrecondition, pagesOf, write } from '../../../../support/remoteCalls';
import { hostWith, inTemporaryFolder, openS3, settingsFor } from '../s3Fixture';
import { awsEnvironments } from './awsEnvironments';

let s3: S3TestServer;
let signIn: SignInServer;
const ssoToken = 'portal-token';
const environmentBefore = { ...process.env };

before(async () => {
  s3 = await startS3Server({ buckets: ['demo'] });
  s3.store.put('demo', 'a.txt', 'a');
  signIn = await startSignInServer({
    mfaCode: '123456',
    ssoToken,
    onGiven: (keys) => s3.addCredentials(keys),
  });
  // The SDK's own clients for signing in look these up in the process.
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

interface AwsHome {
  readonly env: Record<string, string>;
  readonly folder: string;
  config(text: string): Promise<void>;
  credentials(text: string): Promise<void>;
  /** Puts a token into the cache of single sign-on, as `aws sso login` does. */
  signedOn(session: string, token: string, expiresInMs: number): Promise<void>;
}

/** A home directory of its own, also for what the SDK finds by itself. */
function inHome(work: (home: AwsHome) => Promise<void>): Promise<void> {
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
    });
  });
}

interface Opened {
  readonly remote: Remote;
  list(): Promise<unknown>;
}

/** Runs `work` with a remote that takes its credentials from a profile (or as `settings` say), with the layer that tries again. */
async function opened(
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

async function fails(failing: Promise<unknown>, kind: RemoteErrorKind, says: RegExp): Promise<RemoteError> {
  const error = await failing.then(
    () => assert.fail('It should have failed'),
    (e: unknown) => e,
  );
  assert.ok(isRemoteError(error), String(error));
  assert.equal(error.kind, kind, error.message);
  assert.match(error.message, says);
  return error;
}

const keysOf = (id: string, secret: string, token?: string) =>
  `aws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n${token ? `aws_session_token = ${token}\n` : ''}`;
const ownKeys = () => keysOf(s3.accessKeyId, s3.secretAccessKey);
const single = `sso_session = corp\nsso_account_id = 111122223333\nsso_role_name = reader\n`;
const session =
  '[sso-session corp]\nsso_start_url = https://corp.awsapps.test/start\nsso_region = eu-west-1\nsso_registration_scopes = sso:account:access\n';

test('a profile’s keys are found in either file; a name that can’t be used is told', () =>
  inHome(async (home) => {
    await home.config(`[profile a@b.c]\n${ownKeys()}`);
    await home.credentials(`[two]\n${ownKeys()}[two words]\n${ownKeys()}`);
    for (const profile of ['a@b.c', 'two'])
      await opened(home, { profile }, {}, ({ list }) => list().then(() => {}));
    await opened(home, { profile: 'two words' }, {}, async ({ list }) => {
      await fails(list(), 'unauthenticated', /AWS SDK can't read the name of the profile "two words"/);
    });
  }));

test('an unknown profile is named with the files that were looked at and the command that makes it', () =>
  inHome(async (home) => {
    await home.config('[profile other]\n');
    await opened(home, { profile: 'nobody' }, {}, async ({ list }) => {
      const error = await fails(list(), 'unauthenticated', /no profile "nobody"/);
      assert.match(error.message, /my-config.*my-credentials.*aws configure --profile nobody/);
      assert.equal(error.command, 'aws configure --profile nobody');
    });
  }));

test('files without sense, or that can’t be read, are told as such; nothing is asked of the service', () =>
  inHome(async (home) => {
    await home.config('{"profile": "json"}\n[[[\nhalf a line');
    await opened(home, { profile: 'p' }, {}, async ({ list }) => {
      await fails(list(), 'unauthenticated', /no profile "p" in .*my-config/);
    });
    await home.config('[profile p]\nregion eu-west-1\naws_access_key_id\n');
    await opened(home, { profile: 'p' }, {}, async ({ list }) => {
      await fails(list(), 'unauthenticated', /profile "p" has no credentials/);
    });
    await home.config(`[profile p]\naws_access_key_id = ${s3.accessKeyId}\n`);
    await opened(home, { profile: 'p' }, {}, async ({ list }) => {
      await fails(list(), 'unauthenticated', /profile "p" has no credentials/);
    });
    await rm(home.env['AWS_CONFIG_FILE'] ?? '');
    await mkdir(home.env['AWS_CONFIG_FILE'] ?? '');
    await opened(home, { profile: 'p' }, {}, async ({ list }) => {
      await fails(list(), 'unauthenticated', /shared AWS files can't be read: .*my-config/);
    });
    assert.equal(s3.requests.length, 0);
  }));

test('a profile that builds on one that isn’t there, or on itself, says which', () =>
  inHome(async (home) => {
    await home.config('[profile r]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = gone\n');
    await opened(home, { profile: 'r' }, {}, async ({ list }) => {
      await fails(list(), 'unauthenticated', /"r" builds on "gone", which doesn't exist/);
    });
    await home.config(
      '[profile a]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = b\n[profile b]\nrole_arn = arn:aws:iam::1:role/b\nsource_profile = a\n',
    );
    await opened(home, { profile: 'a' }, {}, async ({ list }) => {
      await fails(list(), 'unauthenticated', /"a" builds on itself/);
    });
  }));

test('a program gives keys only where programs may run; a failing one is told without its output', () =>
  inHome(async (home) => {
    const ran = path.join(home.folder, 'ran');
    const program = path.join(home.folder, 'give');
    await writeFile(program, `#!/bin/sh\ntouch ${ran}\necho secret-in-output\nexit 1\n`);
    await chmod(program, 0o755);
    await home.config(
      `[profile p]\ncredential_process = ${program}\n[profile r]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = p\n[default]\ncredential_process = ${program}\n`,
    );
    for (const settings of [{ profile: 'p' }, { profile: 'r' }, { credentials: 'environment' }])
      await opened(home, settings, { mayRunPrograms: false }, async ({ list }) => {
        await fails(
          list(),
          'unauthenticated',
          /running a program, which is not allowed in an untrusted workspace/,
        );
      });
    await assert.rejects(rm(ran), /ENOENT/);
    await opened(home, { profile: 'p' }, {}, async ({ list }) => {
      const error = await fails(list(), 'unauthenticated', /program that supplies the credentials.*failed/);
      assert.ok(!error.message.includes('secret-in-output'));
    });
    await rm(ran);
  }));

/** Files of which the SDK runs PROGRAM for the remote's settings; what isn't said is `{ profile: 'p' }`. */
const runningPrograms: readonly {
  readonly what: string;
  readonly config?: string;
  readonly credentials?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}[] = [
  {
    what: 'indented settings',
    config: '[profile p]\n  region = us-east-1\n  credential_process = PROGRAM\n',
  },
  {
    what: 'settings indented by a tab',
    config: '[profile p]\nregion = us-east-1\n\tcredential_process = PROGRAM\n',
  },
  {
    what: 'an indented setting below a nested one',
    config: '[profile p]\ns3 =\n  x = y\nregion = us-east-1\n  credential_process = PROGRAM\n',
  },
  { what: 'an indented header', config: '  [profile p]\ncredential_process = PROGRAM\n' },
  { what: 'a tab in the header', config: '[profile\tp]\ncredential_process = PROGRAM\n' },
  { what: 'a quoted name', config: '[profile "p"]\ncredential_process = PROGRAM\n' },
  { what: 'a point in the header', config: '[profile.p]\ncredential_process = PROGRAM\n' },
  { what: 'comments', config: '[profile p] ; mine\n# x\ncredential_process = PROGRAM # now\n' },
  { what: 'no blanks', config: '[profile p]\ncredential_process=PROGRAM\n' },
  { what: 'a mark and CRLF', config: '\ufeff[profile p]\r\ncredential_process = PROGRAM\r\n' },
  {
    what: 'a second section',
    config: '[profile p]\nregion = a\n[profile q]\n[profile p]\ncredential_process = PROGRAM\n',
  },
  {
    what: 'text behind the next header',
    config: '[profile p]\nregion = a\n[profile q] x\ncredential_process = PROGRAM\n',
  },
  { what: 'the credentials file', credentials: '[p]\n credential_process = PROGRAM\n' },
  {
    what: '"profile" in the credentials file',
    credentials: '[profile p]\ncredential_process = PROGRAM\n',
    settings: { profile: 'profile.p' },
  },
  {
    what: 'a part in each file',
    config: '[profile p]\nregion = a\n',
    credentials: '[p]\ncredential_process = PROGRAM\n',
  },
  {
    what: 'a source profile that is indented',
    config:
      '[profile p]\n  role_arn = arn:aws:iam::1:role/r\n  source_profile = q\n[profile q]\n  credential_process = PROGRAM\n',
  },
  {
    what: 'a chain of two roles',
    config:
      '[profile p]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = q\n[profile q]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = o\n[profile o]\n credential_process = PROGRAM\n',
  },
  {
    what: 'a name of other letters in the credentials file',
    credentials: '[grün]\n credential_process = PROGRAM\n',
    settings: { profile: 'grün' },
  },
  {
    what: 'the default profile',
    config: '[default]\n  credential_process = PROGRAM\n',
    settings: { credentials: 'environment' },
  },
  {
    what: '[profile default]',
    config: '[default]\nregion = a\n[profile default]\n credential_process = PROGRAM\n',
    settings: { credentials: 'environment' },
  },
  {
    what: 'AWS_PROFILE',
    config: '[profile p]\n credential_process = PROGRAM\n',
    settings: { credentials: 'environment' },
    env: { AWS_PROFILE: 'p' },
  },
  {
    what: 'AWS_DEFAULT_PROFILE',
    config: '[profile p]\n credential_process = PROGRAM\n',
    settings: { credentials: 'environment' },
    env: { AWS_DEFAULT_PROFILE: 'p' },
  },
  {
    what: 'an empty AWS_PROFILE',
    config: '[default]\ncredential_process = PROGRAM\n',
    settings: { credentials: 'environment' },
    env: { AWS_PROFILE: '' },
  },
  {
    what: 'a role of the environment’s profile that can’t be assumed',
    config:
      '[profile p]\n role_arn = arn:aws:iam::1:role/r\n source_profile = gone\n credential_process = PROGRAM\n',
    settings: { credentials: 'environment' },
    env: { AWS_PROFILE: 'p' },
  },
];

for (const { what, config = '', credentials = '', settings = { profile: 'p' }, env = {} } of runningPrograms)
  test(`in an untrusted workspace no program runs: ${what}`, () =>
    inHome(async (home) => {
      const ran = path.join(home.folder, 'ran');
      const program = path.join(home.folder, 'give');
      const answer = JSON.stringify({ Version: 1, AccessKeyId: 'AKIA', SecretAccessKey: 'x' });
      await writeFile(program, `#!/bin/sh\ntouch ${ran}\necho '${answer}'\n`);
      await chmod(program, 0o755);
      await home.config(config.replace('PROGRAM', program));
      await home.credentials(credentials.replace('PROGRAM', program));
      const host = { env: { ...home.env, ...env } };
      const before = { ...process.env };
      Object.assign(process.env, env);
      try {
        await opened(home, settings, { ...host, mayRunPrograms: false }, async ({ list }) => {
          await fails(list(), 'unauthenticated', /running a program, which is not allowed in an untrusted/);
        });
        await assert.rejects(rm(ran), /ENOENT/);
        await opened(home, settings, { ...host, mayRunPrograms: true }, async ({ list }) => {
          await list().catch(() => {});
        });
        await rm(ran); // so it would have run
      } finally {
        for (const name of Object.keys(env)) delete process.env[name];
        Object.assign(process.env, before);
      }
    }));

for (const { env, takes, settings } of awsEnvironments)
  test(`of ${JSON.stringify({ ...env, ...settings })} the credentials are taken as aws takes them: ${takes}`, () =>
    inHome(async (home) => {
      await home.credentials(
        ['default', 'p', 'q'].map((name) => `[${name}]\n${keysOf(name.toUpperCase(), 'wrong')}`).join(''),
      );
      const { key, secret, ...rest } = env;
      const full = {
        ...home.env,
        ...rest,
        ...(key !== undefined && { AWS_ACCESS_KEY_ID: key }),
        ...(secret !== undefined && { AWS_SECRET_ACCESS_KEY: secret }),
      };
      await opened(home, settings ?? { credentials: 'environment' }, { env: full }, async ({ list }) => {
        if (takes instanceof RegExp) {
          await fails(list(), 'unauthenticated', takes);
          return;
        }
        await assert.rejects(list());
        assert.match(
          s3.requests.at(-1)?.headers['authorization']?.toString() ?? '',
          new RegExp(`Credential=${takes}/`),
        );
      });
    }));

for (const env of [
  { AWS_SESSION_TOKEN: 'new', AWS_SECURITY_TOKEN: 'old' },
  { AWS_SECURITY_TOKEN: 'new' },
  { AWS_SESSION_TOKEN: '', AWS_SECURITY_TOKEN: 'new' },
])
  test(`keys of the environment go with their token: ${JSON.stringify(env)}`, () =>
    inHome(async (home) => {
      const keys = { AWS_ACCESS_KEY_ID: 'ENV', AWS_SECRET_ACCESS_KEY: 's', AWS_PROFILE: 'p' };
      await opened(
        home,
        { credentials: 'environment' },
        { env: { ...home.env, ...keys, ...env } },
        async ({ list }) => {
          await assert.rejects(list());
          assert.equal(s3.requests.at(-1)?.headers['x-amz-security-token'], 'new');
        },
      );
    }));

test('a profile in a file of UTF-16, which the SDK reads as nothing, names the file and the way out', () =>
  inHome(async (home) => {
    const text = `[profile p]\n${ownKeys()}[profile r]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = p\n`;
    await writeFile(home.env['AWS_CONFIG_FILE'] ?? '', Buffer.from(`\ufeff${text}`, 'utf16le'));
    for (const profile of ['p', 'r'])
      await opened(home, { profile }, {}, async ({ list }) => {
        await fails(list(), 'unauthenticated', /my-config is stored as UTF-16.* Save it as UTF-8/);
      });
    await home.credentials('[r]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = p\n');
    await opened(home, { profile: 'r' }, {}, async ({ list }) => {
      await fails(list(), 'unauthenticated', /profile "p" can't be used: .*my-config is stored as UTF-16/);
    });
  }));

test('a role is assumed with the keys of another profile, once for many requests', () =>
  inHome(async (home) => {
    await home.config(
      `[profile base]\n${keysOf('AKIABASE', 'base')}region = us-east-1\n[profile r]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\n`,
    );
    const before = signIn.asked.length;
    await opened(home, { profile: 'r' }, {}, async ({ list, remote }) => {
      await Promise.all([list(), list(), list()]);
      await write(remote, parsePath('demo/role.txt'), 'x');
      await remote.removeFile(parsePath('demo/role.txt'), noPrecondition, calm);
    });
    assert.deepEqual(signIn.asked.slice(before), ['AssumeRole arn:aws:iam::1:role/r']);
    assert.ok(
      s3.requests.every(({ headers }) => headers['x-amz-security-token']?.toString().startsWith('token-')),
    );
  }));

test('a refused role names it; a sign-in service that is down is a matter of the network', () =>
  inHome(async (home) => {
    await home.config(
      `[profile base]\n${keysOf('AKIABASE', 'base')}region = us-east-1\n[profile r]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\nmfa_serial = arn:aws:iam::1:mfa/me\n`,
    );
    process.env['AWS_ENDPOINT_URL_STS'] = 'http://127.0.0.1:1';
    try {
      await opened(home, { profile: 'r' }, { askCode: async () => '123456' }, async ({ list }) => {
        await fails(
          list(),
          'unavailable',
          /sign-in service of the profile "r" can't be reached \(ECONNREFUSED\)/,
        );
      });
    } finally {
      process.env['AWS_ENDPOINT_URL_STS'] = signIn.endpoint;
    }
  }));

test('the code of an MFA device is asked for once; a wrong one is told, and not asked for by every request', () =>
  inHome(async (home) => {
    await home.config(
      `[profile base]\n${keysOf('AKIABASE', 'base')}region = us-east-1\n[profile r]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\nmfa_serial = arn:aws:iam::1:mfa/me\n`,
    );
    const prompts: string[] = [];
    const codes = ['000000', '123456'];
    let now = Date.now();
    const clock = { now: () => now, wait: async () => {} };
    const askCode = async (prompt: string) => {
      prompts.push(prompt);
      return codes.shift();
    };
    await opened(home, { profile: 'r' }, { askCode, clock }, async ({ list }) => {
      await fails(list(), 'unauthenticated', /could not sign in with the MFA code/);
      for (let i = 0; i < 5; i++) {
        now += 1000;
        await fails(list(), 'unauthenticated', /could not sign in with the MFA code/);
      }
      assert.equal(prompts.length, 1);
      now += 3000;
      await Promise.all([list(), list()]);
      await list();
      assert.equal(prompts.length, 2);
      assert.match(prompts[0] ?? '', /MFA device arn:aws:iam::1:mfa\/me for the profile "r"/);
    });
  }));

test('single sign-on works with a valid token; an expired one names the command, which then suffices', () =>
  inHome(async (home) => {
    await home.config(`[profile work]\n${single}region = us-east-1\n${session}`);
    await home.signedOn('corp', ssoToken, 3_600_000);
    await opened(home, { profile: 'work' }, {}, ({ list }) => list().then(() => {}));
    assert.equal(signIn.asked.at(-1), 'GetRoleCredentials 111122223333/reader');

    await home.signedOn('corp', ssoToken, -1000);
    await opened(home, { profile: 'work' }, {}, async ({ list }) => {
      const error = await fails(
        list(),
        'unauthenticated',
        /single sign-on of the profile "work" has expired/,
      );
      assert.equal(error.command, 'aws sso login --profile work');
      assert.ok(error.message.includes(error.command));
      await fails(list(), 'unauthenticated', /has expired/);
      await home.signedOn('corp', ssoToken, 3_600_000);
      await list();
    });
    await home.signedOn('corp', 'revoked-token', 3_600_000);
    await opened(home, { profile: 'work' }, {}, async ({ list }) => {
      await fails(list(), 'unauthenticated', /aws sso login --profile work$/);
      await home.signedOn('corp', ssoToken, 3_600_000);
      await list();
    });
  }));

test('an answer of a sign-in service that has no end is broken off', () =>
  inHome(async (home) => {
    await home.config(
      `[profile work]\n${single}region = us-east-1\n${session}[profile base]\n${keysOf('a', 'b')}[profile role]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\nregion = us-east-1\n`,
    );
    await home.signedOn('corp', ssoToken, 3_600_000);
    signIn.endless = true;
    try {
      for (const profile of ['work', 'role']) {
        const before = process.memoryUsage().arrayBuffers;
        await opened(home, { profile }, {}, ({ list }) => assert.rejects(list()));
        assert.ok(process.memoryUsage().arrayBuffers - before < 100 * 1024 * 1024);
      }
    } finally {
      signIn.endless = false;
    }
  }));

test('a role that builds on single sign-on names the profile to sign in', () =>
  inHome(async (home) => {
    await home.config(
      `[profile my-work]\n${single}region = us-east-1\n${session}[profile r]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = my-work\n`,
    );
    await opened(home, { profile: 'r' }, {}, async ({ list }) => {
      const error = await fails(list(), 'unauthenticated', /single sign-on of the profile "my-work"/);
      assert.equal(error.command, 'aws sso login --profile my-work');
    });
  }));

test('credentials about to expire are renewed in time, and those that a service no longer takes at once', () =>
  inHome(async (home) => {
    await home.config(
      `[profile base]\n${keysOf('AKIABASE', 'base')}region = us-east-1\n[profile r]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\n`,
    );
    const before = signIn.asked.length;
    const clock = { now: () => Date.now() + signIn.aheadMs, wait: async () => {} };
    await opened(home, { profile: 'r' }, { clock }, async ({ list, remote }) => {
      await list();
      signIn.aheadMs = 3_600_000 - 4 * 60_000;
      await list();
      assert.equal(signIn.asked.length, before + 2);
      signIn.aheadMs += 30 * 60_000; // half way through the second hour
      await list();
      assert.equal(signIn.asked.length, before + 2);
      // Ended by the service before its time: a revoked session.
      const last = `ASIATEST${Number(/\d+$/.exec(lastKeyId())?.[0])}`;
      s3.addCredentials({
        accessKeyId: last,
        secretAccessKey: last.replace('ASIATEST', 'secret-'),
        sessionToken: last.replace('ASIATEST', 'token-'),
        expiresAt: Date.now() - 1,
      });
      const many = Array.from({ length: 8 }, (_, i) =>
        write(remote, parsePath(`demo/renewed/${i}`), `content ${i}`),
      );
      await Promise.all([...many, list(), remote.stat(parsePath('demo/a.txt'), calm)]);
      assert.equal(signIn.asked.length, before + 3);
      assert.equal(s3.store.get('demo', 'renewed/7')?.text, 'content 7');
    });
  }));

function lastKeyId(): string {
  return /Credential=([^/]+)/.exec(s3.requests.at(-1)?.headers.authorization ?? '')?.[1] ?? '';
}

test('keys that another tool writes into the file are used without opening the remote again', () =>
  inHome(async (home) => {
    s3.addCredentials({
      accessKeyId: 'ASIAOLD',
      secretAccessKey: 'old',
      sessionToken: 'old-token',
      expiresAt: 0,
    });
    s3.addCredentials({ accessKeyId: 'ASIANEW', secretAccessKey: 'new', sessionToken: 'new-token' });
    await home.credentials(`[tool]\n${keysOf('ASIAOLD', 'old', 'old-token')}`);
    await opened(home, { profile: 'tool' }, {}, async ({ list, remote }) => {
      const error = await fails(list(), 'unauthenticated', /session token of "demo" is no longer valid/);
      assert.match(error.message, /Renew the credentials of the profile "tool"/);
      assert.equal(error.command, 'aws sso login --profile tool');
      await home.credentials(`[tool]\n${keysOf('ASIANEW', 'new', 'new-token')}`);
      await list();
      await remote.stat(parsePath('demo/a.txt'), calm);
    });
    await home.credentials(`[tool]\n${keysOf('ASIANEW', 'new', 'another-token')}`);
    await opened(home, { profile: 'tool' }, {}, async ({ list }) => {
      await fails(list(), 'unauthenticated', /no longer valid/);
    });
  }));

test('a HEAD that is refused for an expired token says what may be the reason', () =>
  inHome(async (home) => {
    s3.addCredentials({
      accessKeyId: 'ASIAEND',
      secretAccessKey: 'end',
      sessionToken: 'end-token',
      expiresAt: 0,
    });
    await home.credentials(`[tool]\n${keysOf('ASIAEND', 'end', 'end-token')}`);
    await opened(home, { profile: 'tool' }, {}, async ({ remote }) => {
      await fails(
        remote.stat(parsePath('demo/a.txt'), calm),
        'other',
        /"demo\/a\.txt".*\(400\) without a reason\. Possible causes: an expired session token/,
      );
    });
  }));

test('the environment’s keys come first, then its profile; without either the ways in are told', () =>
  inHome(async (home) => {
    const variables = { AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.secretAccessKey };
    const environment = { credentials: 'environment' };
    await opened(home, environment, { env: { ...home.env, ...variables } }, ({ list }) =>
      list().then(() => {}),
    );
    await home.config(`[profile named]\n${ownKeys()}`);
    await opened(home, environment, { env: { ...home.env, AWS_PROFILE: 'named' } }, ({ list }) =>
      list().then(() => {}),
    );
    await opened(home, environment, { env: { ...home.env, AWS_PROFILE: 'missing' } }, async ({ list }) => {
      await fails(list(), 'unauthenticated', /no profile "missing", which AWS_PROFILE names, in .*my-config/);
    });
    await opened(home, environment, {}, async ({ list }) => {
      await fails(list(), 'unauthenticated', /No credentials were found for "demo" in the environment/);
    });
    await home.config(`[default]\n${ownKeys()}`);
    await opened(home, environment, {}, ({ list }) => list().then(() => {}));
  }));

test('nobody’s requests are unsigned, and a private bucket says how to sign them', () =>
  inHome(async (home) => {
    await opened(home, { credentials: 'anonymous' }, {}, async ({ list }) => {
      await fails(list(), 'forbidden', /not public\. Set "credentials"/);
    });
    assert.ok(s3.requests.every(({ headers }) => headers.authorization === undefined));
  }));
