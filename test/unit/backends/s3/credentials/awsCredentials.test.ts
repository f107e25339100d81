import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { profileChoices } from '../../../../../src/backends/s3/credentials/awsCredentials';
import { parsePath } from '../../../../../src/remote/remotePath';
import { calm, noPrecondition, write } from '../../../../support/remoteCalls';
import { awsEnvironments } from './awsEnvironments';
import {
  baseProfile,
  cannotSignIn,
  fails,
  inHome,
  keysOf,
  mfaCode,
  opened,
  ownKeys,
  roleOf,
  s3,
  signIn,
  signsIn,
  ssoToken,
} from './awsHome';

const single = `sso_session = corp\nsso_account_id = 111122223333\nsso_role_name = reader\nregion = us-east-1\n`;
const mfaRole = `${roleOf('base')}mfa_serial = arn:aws:iam::1:mfa/me\n`;
const session =
  '[sso-session corp]\nsso_start_url = https://corp.awsapps.test/start\nsso_region = eu-west-1\nsso_registration_scopes = sso:account:access\n';

test('a profile’s keys are read from either file; an unusable name is an error', () =>
  inHome(async (home) => {
    await home.config(`[profile a@b.c]\n${ownKeys()}`);
    await home.credentials(`[two]\n${ownKeys()}[two words]\n${ownKeys()}`);
    for (const profile of ['a@b.c', 'two']) await signsIn(home, { profile });
    await cannotSignIn(
      home,
      { profile: 'two words' },
      /AWS SDK can't read the name of the profile "two words"/,
    );
  }));

test('the error of a missing profile names the files and the command that creates the profile', () =>
  inHome(async (home) => {
    await home.config('[profile other]\n');
    const error = await cannotSignIn(home, { profile: 'nobody' }, /no profile "nobody"/);
    assert.match(error.message, /my-config.*my-credentials.*aws configure --profile nobody/);
    assert.equal(error.command, 'aws configure --profile nobody');
  }));

test('unreadable and malformed files are errors, without a request', () =>
  inHome(async (home) => {
    await home.config('{"profile": "json"}\n[[[\nhalf a line');
    await cannotSignIn(home, { profile: 'p' }, /no profile "p" in .*my-config/);
    await home.config('[profile p]\nregion eu-west-1\naws_access_key_id\n');
    await cannotSignIn(home, { profile: 'p' }, /profile "p" has no credentials/);
    await home.config(`[profile p]\naws_access_key_id = ${s3.accessKeyId}\n`);
    await cannotSignIn(home, { profile: 'p' }, /profile "p" has no credentials/);
    await rm(home.env['AWS_CONFIG_FILE'] ?? '');
    await mkdir(home.env['AWS_CONFIG_FILE'] ?? '');
    await cannotSignIn(home, { profile: 'p' }, /shared AWS files can't be read: .*my-config/);
    assert.equal(s3.requests.length, 0);
  }));

test('the error of a missing source profile, or of a loop, names the profile', () =>
  inHome(async (home) => {
    await home.config(roleOf('gone'));
    await cannotSignIn(home, { profile: 'r' }, /"r" builds on "gone", which doesn't exist/);
    await home.config(
      '[profile a]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = b\n[profile b]\nrole_arn = arn:aws:iam::1:role/b\nsource_profile = a\n',
    );
    await cannotSignIn(home, { profile: 'a' }, /"a" builds on itself/);
  }));

for (const { env, takes, settings } of awsEnvironments)
  test(`${JSON.stringify({ ...env, ...settings })} selects the same credentials as in aws: ${takes}`, () =>
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
      const chosen = settings ?? { credentials: 'environment' };
      if (takes instanceof RegExp) return void (await cannotSignIn(home, chosen, takes, { env: full }));
      await assert.rejects(signsIn(home, chosen, { env: full }));
      assert.equal(lastKeyId(), takes);
    }));

for (const env of [
  { AWS_SESSION_TOKEN: 'new', AWS_SECURITY_TOKEN: 'old' },
  { AWS_SECURITY_TOKEN: 'new' },
  { AWS_SESSION_TOKEN: '', AWS_SECURITY_TOKEN: 'new' },
])
  test(`keys in the environment come with their token: ${JSON.stringify(env)}`, () =>
    inHome(async (home) => {
      const keys = { AWS_ACCESS_KEY_ID: 'ENV', AWS_SECRET_ACCESS_KEY: 's', AWS_PROFILE: 'p' };
      const host = { env: { ...home.env, ...keys, ...env } };
      await assert.rejects(signsIn(home, { credentials: 'environment' }, host));
      assert.equal(s3.requests.at(-1)?.headers['x-amz-security-token'], 'new');
    }));

test('the error of a profile in a UTF-16 file, which the SDK can’t read, names the file and the remedy', () =>
  inHome(async (home) => {
    const text = `[profile p]\n${ownKeys()}${roleOf('p')}`;
    await writeFile(home.env['AWS_CONFIG_FILE'] ?? '', Buffer.from(`\ufeff${text}`, 'utf16le'));
    for (const profile of ['p', 'r'])
      await cannotSignIn(home, { profile }, /my-config is stored as UTF-16.* Save it as UTF-8/);
    await home.credentials(roleOf('p').replace('profile r', 'r'));
    await cannotSignIn(home, { profile: 'r' }, /profile "p" can't be used: .*my-config is stored as UTF-16/);
  }));

test('a role is assumed once for many requests, with the keys of another profile', () =>
  inHome(async (home) => {
    await home.config(baseProfile + roleOf('base'));
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

test('an unreachable sign-in service is a network error', () =>
  inHome(async (home) => {
    await home.config(baseProfile + mfaRole);
    process.env['AWS_ENDPOINT_URL_STS'] = 'http://127.0.0.1:1';
    try {
      const signingIn = signsIn(home, { profile: 'r' }, { askCode: async () => mfaCode });
      await fails(signingIn, 'unavailable', /sign-in service of the profile "r" can't be reached \(ECONNREF/);
    } finally {
      process.env['AWS_ENDPOINT_URL_STS'] = signIn.endpoint;
    }
  }));

test('one prompt asks for the MFA code; after a missing or wrong code the requests of a burst fail without another prompt', () =>
  inHome(async (home) => {
    await home.config(baseProfile + mfaRole);
    const prompts: string[] = [];
    const codes = [undefined, '000000', mfaCode];
    let now = Date.now();
    const clock = { now: () => now, wait: async () => {} };
    const askCode = async (prompt: string) => {
      prompts.push(prompt);
      return codes.shift();
    };
    await opened(home, { profile: 'r' }, { askCode, clock }, async ({ list }) => {
      for (const [asked, message] of [
        [1, /needs the code of its MFA device/],
        [2, /could not sign in with the MFA code/],
      ] as const) {
        for (let i = 0; i < 6; i++) {
          await fails(list(), 'unauthenticated', message);
          now += 1000;
        }
        assert.equal(prompts.length, asked);
        now += 2000;
      }
      await Promise.all([list(), list()]);
      await list();
      assert.equal(prompts.length, 3);
      assert.match(prompts[0] ?? '', /MFA device arn:aws:iam::1:mfa\/me for the profile "r"/);
    });
  }));

test('single sign-on works with a valid token; the error of an expired token names the command that renews it', () =>
  inHome(async (home) => {
    await home.config(`[profile work]\n${single}${session}`);
    await home.signedOn('corp', ssoToken, 3_600_000);
    await signsIn(home, { profile: 'work' });
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

test('an endless response of a sign-in service is cut off', () =>
  inHome(async (home) => {
    await home.config(
      `[profile work]\n${single}${session}${baseProfile}${roleOf('base')}region = us-east-1\n`,
    );
    await home.signedOn('corp', ssoToken, 3_600_000);
    signIn.endless = true;
    try {
      for (const profile of ['work', 'r']) {
        const before = process.memoryUsage().arrayBuffers;
        await assert.rejects(signsIn(home, { profile }));
        assert.ok(process.memoryUsage().arrayBuffers - before < 100 * 1024 * 1024);
      }
    } finally {
      signIn.endless = false;
    }
  }));

test('the error of a role with a single sign-on source names the profile to sign in', () =>
  inHome(async (home) => {
    await home.config(`[profile my-work]\n${single}${session}${roleOf('my-work')}`);
    const error = await cannotSignIn(home, { profile: 'r' }, /single sign-on of the profile "my-work"/);
    assert.equal(error.command, 'aws sso login --profile my-work');
  }));

test('credentials are renewed before they expire, and as soon as a service rejects them', () =>
  inHome(async (home) => {
    await home.config(baseProfile + roleOf('base'));
    const before = signIn.asked.length;
    const clock = { now: () => Date.now() + signIn.aheadMs, wait: async () => {} };
    await opened(home, { profile: 'r' }, { clock }, async ({ list, remote }) => {
      await list();
      signIn.aheadMs = 3_600_000 - 4 * 60_000;
      await list();
      assert.equal(signIn.asked.length, before + 2);
      signIn.aheadMs += 30 * 60_000; // halfway through the second hour
      await list();
      assert.equal(signIn.asked.length, before + 2);
      // The service revokes the session.
      const last = lastKeyId();
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

test('an open remote uses keys that another tool writes into the file', () =>
  inHome(async (home) => {
    const old = { accessKeyId: 'ASIAOLD', secretAccessKey: 'old', sessionToken: 'old-token', expiresAt: 0 };
    s3.addCredentials(old);
    s3.addCredentials({ accessKeyId: 'ASIANEW', secretAccessKey: 'new', sessionToken: 'new-token' });
    await home.credentials(`[tool]\n${keysOf('ASIAOLD', 'old', 'old-token')}`);
    await opened(home, { profile: 'tool' }, {}, async ({ list, remote }) => {
      // The response to a HEAD has no document that names the reason.
      const reasons = /"demo\/a\.txt".*\(400\) without a reason\. Possible causes: an expired session token/;
      await fails(remote.stat(parsePath('demo/a.txt'), calm), 'other', reasons);
      const error = await fails(list(), 'unauthenticated', /session token of "demo" is no longer valid/);
      assert.match(error.message, /Renew the credentials of the profile "tool"/);
      assert.equal(error.command, 'aws sso login --profile tool');
      await home.credentials(`[tool]\n${keysOf('ASIANEW', 'new', 'new-token')}`);
      await list();
      await remote.stat(parsePath('demo/a.txt'), calm);
    });
    await home.credentials(`[tool]\n${keysOf('ASIANEW', 'new', 'another-token')}`);
    await cannotSignIn(home, { profile: 'tool' }, /no longer valid/);
  }));

test('keys in the environment come first, then its profile; the error without either names the remedies', () =>
  inHome(async (home) => {
    const variables = { AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.secretAccessKey };
    const environment = { credentials: 'environment' };
    const withEnv = (env: Readonly<Record<string, string>>) => ({ env: { ...home.env, ...env } });
    await signsIn(home, environment, withEnv(variables));
    await home.config(`[profile named]\n${ownKeys()}`);
    await signsIn(home, environment, withEnv({ AWS_PROFILE: 'named' }));
    const missing = /no profile "missing", which AWS_PROFILE names, in .*my-config/;
    await cannotSignIn(home, environment, missing, withEnv({ AWS_PROFILE: 'missing' }));
    await cannotSignIn(home, environment, /No credentials were found for "demo" in the environment/);
    await home.config(`[default]\n${ownKeys()}`);
    await signsIn(home, environment);
  }));

test('anonymous requests are unsigned, and the error of a private bucket says how to sign them', () =>
  inHome(async (home) => {
    await fails(signsIn(home, { credentials: 'anonymous' }), 'forbidden', /not public\. Set "credentials"/);
    assert.ok(s3.requests.every(({ headers }) => headers.authorization === undefined));
  }));

test('the wizard offers the profiles with the source of their credentials', () =>
  inHome(async (home) => {
    await home.config(`[profile keys]\n${ownKeys()}[profile program]\ncredential_process = /bin/false\n`);
    await home.credentials('');
    assert.deepEqual(
      (await profileChoices(home.env)).map(({ value, description }) => `${value}: ${description}`),
      ['keys: access key', 'program: runs a program'],
    );
  }));
