import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { cannotSignIn, inHome, roleOf, s3, signsIn } from './awsHome';

const notTrusted = /running a program, which is not allowed in an untrusted workspace/;

test('a program supplies keys only in a trusted workspace; the error of a failed program hides its output', () =>
  inHome(async (home) => {
    const { program, ran } = await home.program('echo secret-in-output\nexit 1');
    await home.config(
      `[profile p]\ncredential_process = ${program}\n${roleOf('p')}[default]\ncredential_process = ${program}\n`,
    );
    for (const settings of [{ profile: 'p' }, { profile: 'r' }, { credentials: 'environment' }])
      await cannotSignIn(home, settings, notTrusted, { mayRunPrograms: false });
    await assert.rejects(rm(ran), /ENOENT/);
    const error = await cannotSignIn(home, { profile: 'p' }, /program that supplies the credentials.*failed/);
    assert.ok(!error.message.includes('secret-in-output'));
    await rm(ran);
    const keys = { Version: 1, AccessKeyId: s3.accessKeyId, SecretAccessKey: s3.secretAccessKey };
    await home.program(`echo '${JSON.stringify(keys)}'`);
    await signsIn(home, { profile: 'p' });
  }));

/** Files from which the SDK runs PROGRAM for a remote with these settings; by default `{ profile: 'p' }`. */
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
      const keys = JSON.stringify({ Version: 1, AccessKeyId: 'AKIA', SecretAccessKey: 'x' });
      const { program, ran } = await home.program(`echo '${keys}'`);
      await home.config(config.replace('PROGRAM', program));
      await home.credentials(credentials.replace('PROGRAM', program));
      const host = { env: { ...home.env, ...env } };
      const before = { ...process.env };
      Object.assign(process.env, env);
      try {
        await cannotSignIn(home, settings, notTrusted, { ...host, mayRunPrograms: false });
        await assert.rejects(rm(ran), /ENOENT/);
        await signsIn(home, settings, { ...host, mayRunPrograms: true }).catch(() => {});
        await rm(ran); // proves that the program runs in a trusted workspace
      } finally {
        for (const name of Object.keys(env)) delete process.env[name];
        Object.assign(process.env, before);
      }
    }));
