import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { driveBackend } from '../../../../src/backends/amazonDrive/driveBackend';
import { s3Backend } from '../../../../src/backends/s3/s3Backend';
import { formatPlace } from '../../../../src/editor/platform/places';
import { readTypedPlace } from '../../../../src/editor/tree/typedPlaces';
import type { ConfiguredRemote } from '../../../../src/usecases/configuredRemotes';

const s3 = (name: string, root = ''): ConfiguredRemote =>
  ({ settings: { name, backend: 's3', root }, backend: s3Backend, problems: [] }) as ConfiguredRemote;
const drive = {
  settings: { name: 'drive', backend: 'amazonDrive' },
  backend: driveBackend,
  problems: [],
} as unknown as ConfiguredRemote;
const broken = { ...s3('broken'), problems: ['It has no endpoint.'] };
const remotes = [s3('photos'), s3('site', 'assets/www'), drive, broken];

const read = (text: string, among = remotes) =>
  readTypedPlace(text, among)?.places.map((place) => formatPlace(place));

test('reads addresses, s3:// and local folders, with and without a trailing slash', () => {
  for (const [text, places] of [
    ['photos:logs', ['photos:logs']],
    ['photos:logs/2026/', ['photos:logs/2026']],
    ['photos:', ['photos:']],
    ['drive:Pictures/a b', ['drive:Pictures/a b']],
    ['s3://logs', ['photos:logs']],
    ['S3://logs/2026/', ['photos:logs/2026']],
    ['s3://assets/www/css', ['photos:assets/www/css', 'site:assets/www/css']],
    ['s3://assets/www', ['photos:assets/www', 'site:assets/www']],
    ['s3://assets/wwwroot', ['photos:assets/wwwroot']],
    ['/srv/www', ['/srv/www']],
    ['/srv/www/', ['/srv/www']],
    ['/srv//x/../www', ['/srv/www']],
    ['/', ['/']],
    ['~', [homedir()]],
    ['~/www', [path.join(homedir(), 'www')]],
  ] as const)
    assert.deepEqual(read(text), places, text);
});

test('returns undefined for a text that is no place', () => {
  for (const text of ['logs', 'logs/2026', './a:b', '2026-01', '~x', 'a/b:c'])
    assert.equal(readTypedPlace(text, remotes), undefined, text);
});

test('rejects an impossible place with a sentence that names it', () => {
  for (const [text, problem] of [
    ['nowhere:bucket', /no remote named "nowhere".*photos, site, drive/],
    ['photos:a//b', /a\/\/b/],
    ['photos:../x', /\.\./],
    ['-x:bucket', /"-x"/],
    ['s3://', /Enter a bucket/],
    ['s3://a//b', /a\/\/b/],
  ] as const) {
    assert.deepEqual(read(text), [], text);
    assert.match(readTypedPlace(text, remotes)?.problem ?? '', problem, text);
  }
  assert.match(readTypedPlace('s3://logs', [drive])?.problem ?? '', /no S3 remote/);
  assert.match(readTypedPlace('s3://logs', [s3('site', 'assets')])?.problem ?? '', /outside the root/);
});
