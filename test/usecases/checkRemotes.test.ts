import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRemoteError, RemoteError } from '../../src/remote/remoteError';
import { checkRemotes } from '../../src/usecases/checkRemotes';
import { givenSync } from '../vocabulary/givenSync';

const never = new AbortController().signal;

async function lines(...fixture: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for await (const { mark, path, note } of checkRemotes(givenSync(fixture.join('\n')), never))
    found.push(`${mark} ${path}${note === undefined ? '' : ` (${note})`}`);
  return found;
}

test('R11: size, then hash; times are ignored, and a missing hash counts as same', async () => {
  assert.deepEqual(
    await lines(
      'source same.txt "abc" @10',
      'target same.txt "abc" @99',
      'source content.txt "abc" @10',
      'target content.txt "abd" @10',
      'source size.txt 3 @10',
      'target size.txt 2 @10',
      'source multipart.txt 3 @10',
      'target multipart.txt 3 @10 md5=none',
      'source left.txt 1 @10',
      'target right.txt 1 @10',
    ),
    [
      '* content.txt',
      '+ left.txt',
      '= multipart.txt (hash could not be checked)',
      '- right.txt',
      '= same.txt',
      '* size.txt',
    ],
  );
});

test('R11: what can not be compared is an error line, never the same', async () => {
  assert.deepEqual(
    await lines(
      'source a.txt 3 @10',
      'target a.txt 3 @10 md5=none',
      'target fails stat a.txt forbidden',
      'source unusable pipe notRegular',
      'target unusable "x//y" emptyPart',
    ),
    ['! a.txt ("a.txt" failed.)', '! pipe (notRegular)', '! x//y (emptyPart)'],
  );
});

test('filters hold on both sides', async () => {
  assert.deepEqual(
    await lines(
      'options {"filters":[{"exclude":"*.log"}]}',
      'source a.log 1',
      'target b.log 1',
      'source c 1',
    ),
    ['+ c'],
  );
});

test('marks come while the listings go on', async () => {
  const sync = givenSync(['source a 1', 'target a 1', 'source z 1'].join('\n'));
  const { listDeep } = sync.source.remote;
  let finished = false;
  sync.source.remote.listDeep = async function* (...args) {
    for await (const page of listDeep?.(...args) ?? []) for (const entry of page) yield [entry];
    await new Promise((resolve) => setTimeout(resolve, 20));
    finished = true;
  };
  for await (const { path } of checkRemotes(sync, never)) {
    assert.equal(path, 'a');
    assert.equal(finished, false);
    break;
  }
});

test('a listing that fails is an error, not a list of differences', async () => {
  const sync = givenSync('source a 1');
  sync.target.remote.listDeep = async function* () {
    yield [];
    throw new RemoteError('unavailable', 'Gone.');
  };
  await assert.rejects(
    async () => {
      for await (const _ of checkRemotes(sync, never));
    },
    (error) => isRemoteError(error, 'unavailable'),
  );
});
