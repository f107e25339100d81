import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUndecided, type KnownRemote } from '../../../src/commandLine/commandLine';
import { isProblem } from '../../../src/commandLine/lineProblem';
import { readCommandLine } from '../../../src/commandLine/readCommandLine';
import { context, read, remotes, textOf } from './lines';

const two: readonly KnownRemote[] = [{ name: 'private', kind: 's3', profile: 'home' }, ...remotes];

test('without an S3 remote the problem suggests adding one', () => {
  const command = readCommandLine('aws s3 sync dist s3://b --profile p', { ...context, remotes: [] });
  assert.ok(isProblem(command));
  assert.equal(command.next, 'addRemote');
  assert.match(command.problem, /Add Remote, with the profile "p"/);
});

test('an undecided place lists the candidates and builds the place on the chosen remote', () => {
  const { target } = read('aws s3 sync dist s3://b/p', { remotes: two });
  assert.ok(isUndecided(target));
  assert.deepEqual(target.candidates, ['private', 'aws']);
  assert.deepEqual(target.placeOn('private'), { kind: 'remote', remote: 'private', path: 'b/p' });
});

test('a profile selects its remote, and an unknown one leaves all S3 remotes as candidates', () => {
  const line = (profile: string) => read(`aws s3 sync dist s3://b --profile ${profile}`, { remotes: two });
  assert.equal(textOf(line('home').target), 'private:b');
  const { target } = line('other');
  assert.ok(isUndecided(target));
  assert.match(target.because, /profile "other"/);
  assert.deepEqual(target.candidates, ['private', 'aws', 'lab']);
});

test('of AWS_DEFAULT_PROFILE and AWS_PROFILE aws takes the first', () => {
  for (const variables of [
    'AWS_DEFAULT_PROFILE=work AWS_PROFILE=x',
    'AWS_PROFILE=x AWS_DEFAULT_PROFILE=work',
  ])
    assert.equal(textOf(read(`${variables} aws s3 sync dist s3://b`, { remotes: two }).target), 'aws:b');
});

test('a line for AWS never uses a remote with another endpoint without asking', () => {
  const { target } = read('aws s3 sync dist s3://b', { remotes: remotes.slice(1) });
  assert.equal(textOf(target), 'one of lab');
});

test('the bucket, then the region selects among similar remotes', () => {
  const alike: KnownRemote[] = [
    { name: 'one', kind: 's3', root: 'b/p' },
    { name: 'two', kind: 's3', region: 'eu-west-1' },
    { name: 'three', kind: 's3', region: 'us-east-1' },
  ];
  const target = (text: string) => textOf(read(text, { remotes: alike }).target);
  assert.equal(target('aws s3 sync dist s3://b'), 'one:b');
  assert.equal(target('aws s3 sync dist s3://c --region us-east-1'), 'three:c');
  assert.equal(target('aws s3 sync dist s3://c'), 'one of one, two, three');
});

test('--source-region selects the source and --region the target', () => {
  const regions: KnownRemote[] = [
    { name: 'ireland', kind: 's3', region: 'eu-west-1' },
    { name: 'ohio', kind: 's3', region: 'us-east-2' },
  ];
  const line = 'aws s3 sync s3://a s3://b --source-region eu-west-1 --region us-east-2';
  const { source, target } = read(line, { remotes: regions });
  assert.deepEqual([textOf(source), textOf(target)], ['ireland:a', 'ohio:b']);
});
