import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { parseKnownFiles } from '../../../../../src/backends/s3/awsSdk';
import { parseAwsProfiles, readAwsProfiles } from '../../../../../src/backends/s3/credentials/awsProfiles';
import { random } from '../../../../support/random';
import { inTemporaryFolder } from '../s3Fixture';

const seeds = Number(process.env['AWS_PROFILES_CASES'] ?? 1500);

/** The profiles that the SDK finds in the two texts, without the names that it uses for other sections. */
async function bySdk(folder: string, config: string, credentials: string) {
  const files = { configFilepath: path.join(folder, 'config'), filepath: path.join(folder, 'credentials') };
  await Promise.all([writeFile(files.configFilepath, config), writeFile(files.filepath, credentials)]);
  const found = await parseKnownFiles({ ...files, ignoreCache: true });
  return new Map(
    Object.entries(found)
      .filter(([name]) => !/^(services|sso-session)\./.test(name))
      .map(([name, settings]) => [name, new Map(Object.entries(settings) as [string, string][])] as const),
  );
}

function byUs(config: string, credentials: string) {
  const { profiles, notForSdk } = parseAwsProfiles(config, credentials);
  return new Map(
    // The SDK ignores a section without settings.
    [...profiles].filter(
      ([name, settings]) =>
        settings.size > 0 && !notForSdk.has(name) && !/^(services|sso-session)\./.test(name),
    ),
  );
}

function sorted(profiles: ReadonlyMap<string, ReadonlyMap<string, string>>) {
  return [...profiles].map(([name, settings]) => [name, [...settings].sort()]).sort();
}

function randomText(next: (below: number) => number): string {
  const one = (options: readonly string[]) => options[next(options.length)] ?? '';
  const names = ['p', 'q', 'default', 'a.b', 'p q', 'x/y', 'ü', 'p-1', 'profile', 'services'];
  const blanks = ['', ' ', '  ', '\t', '\u00a0'];
  const line = () =>
    [
      () =>
        `${one(blanks)}[${one(['profile ', 'profile  ', 'profile\t', 'profile.', '', ' ', 'services ', 'sso-session ', 'Profile '])}${one(['', '"', "'"])}${one(names)}${one(['', '"', "'"])}${one(blanks)}]${one(['', ' ', ' # x', ';x', ' x', ' ; y ]'])}`,
      () =>
        `${one(blanks)}${one(['credential_process', 'aws_access_key_id', 'region', 's3', 'source_profile', 'endpoint_url', 'a b', ''])}${one([' = ', '=', ' =', '= '])}${one(['', 'v', '/bin/x --a=b', 'v # c', 'v;c', ' v ; c', '"v"', '\\', '[x]'])}`,
      () => one(['', ' ', '# c', '  ; c', 'text', '=', '= v', '[', ']', '[]', '[[x]]', '\\', '\u2028']),
    ][next(3)]?.() ?? '';
  const end = one(['\n', '\r\n', '\n', '\r']);
  return one(['', '', '\ufeff']) + Array.from({ length: next(14) }, line).join(end);
}

describe('profiles of the shared AWS files', () => {
  it(`are those that the AWS SDK finds, with the same settings, in ${seeds} random texts`, () =>
    inTemporaryFolder(async (folder) => {
      let found = 0;
      for (let seed = 1; seed <= seeds; seed++) {
        const next = random(seed).whole;
        const [config, credentials] = [randomText(next), randomText(next)];
        const expected = await bySdk(folder, config, credentials);
        found += expected.size;
        assert.deepEqual(
          sorted(byUs(config, credentials)),
          sorted(expected),
          `seed ${seed}: ${JSON.stringify({ config, credentials })}`,
        );
      }
      assert.ok(found > seeds / 4, `${found} profiles were compared`);
    }));

  const spellings: readonly [what: string, config: string, settings: Record<string, string> | undefined][] = [
    [
      'indented settings',
      '[profile p]\n  region = r\n  credential_process = c\n',
      { region: 'r', credential_process: 'c' },
    ],
    [
      'settings below one without a value',
      '[profile p]\ns3 =\n  region = r\nregion = t\n',
      { 's3.region': 'r', region: 't' },
    ],
    ['a tab after "profile"', '[profile\tp]\nregion = r\n', { region: 'r' }],
    ['a quoted name', '[profile "p"]\nregion = r\n', { region: 'r' }],
    ['a point after "profile"', '[profile.p]\nregion = r\n', { region: 'r' }],
    ['an inline comment', '[profile p] # mine\nregion = r ; here\n', { region: 'r' }],
    ['a byte order mark and CRLF', '\ufeff[profile p]\r\nregion = r\r\n', { region: 'r' }],
    ['two sections', '[profile p]\nregion = r\n[x]\n[profile p]\noutput = o\n', { region: 'r', output: 'o' }],
    [
      'text behind the header, which is then no header',
      '[profile p]\nregion = r\n[profile x] y\noutput = o\n',
      { region: 'r', output: 'o' },
    ],
    ['two blanks', '[profile  p]\nregion = r\n', undefined],
    ['no "profile"', '[p]\nregion = r\n', undefined],
  ];
  for (const [what, config, settings] of spellings)
    it(`are read with ${what} as the SDK does`, () =>
      inTemporaryFolder(async (folder) => {
        const expected = settings && new Map(Object.entries(settings));
        assert.deepEqual((await bySdk(folder, config, '')).get('p'), expected, 'by the SDK');
        assert.deepEqual(byUs(config, '').get('p'), expected, 'by us');
      }));

  it('that only the aws client finds are marked', () => {
    const { profiles, notForSdk } = parseAwsProfiles(
      '[profile  p]\nregion = r\n[profile "two words"]\n[ default ]\n[profile ok]\n',
      '[three words]\n[two more]\n[ok]\n[ü]\na = b\n',
    );
    assert.deepEqual(
      [...profiles.keys()],
      ['p', 'two words', 'default', 'ok', 'three words', 'two more', 'ü'],
    );
    assert.deepEqual([...notForSdk.keys()], ['p', 'two words', 'default', 'three words', 'two more']);
  });

  for (const [what, encode] of [
    ['little-endian', (bytes: Buffer) => bytes],
    ['big-endian', (bytes: Buffer) => bytes.swap16()],
  ] as const)
    it(`in a file of ${what} UTF-16 are listed, but marked as unreadable for the SDK`, () =>
      inTemporaryFolder(async (folder) => {
        const file = path.join(folder, 'my-config');
        await writeFile(
          file,
          encode(Buffer.from('\ufeff[profile p]\nregion = r\n[profile q]\nregion = r\n', 'utf16le')),
        );
        await writeFile(path.join(folder, 'crd'), '[q]\naws_access_key_id = k\n');
        const env = { AWS_CONFIG_FILE: file, AWS_SHARED_CREDENTIALS_FILE: path.join(folder, 'crd') };
        const { profiles, notForSdk } = await readAwsProfiles(env);
        assert.equal(profiles.get('p')?.get('region'), 'r');
        assert.deepEqual([...notForSdk], [['p', file]]);
        const known = await parseKnownFiles({
          configFilepath: file,
          filepath: path.join(folder, 'crd'),
          ignoreCache: true,
        });
        assert.deepEqual(Object.keys(known), ['q']);
      }));

  it('are looked for in the home folder where a variable is empty or begins with ~/', () =>
    inTemporaryFolder(async (folder) => {
      await writeFile(path.join(folder, 'mine'), '[default]\nregion = r\n');
      for (const AWS_CONFIG_FILE of ['~/mine', path.join(folder, 'mine')]) {
        const { profiles } = await readAwsProfiles({
          AWS_CONFIG_FILE,
          AWS_SHARED_CREDENTIALS_FILE: '',
          HOME: folder,
        });
        assert.equal(profiles.get('default')?.get('region'), 'r');
      }
    }));
});
