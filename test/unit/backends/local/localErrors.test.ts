import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { localError, rootError } from '../../../../src/backends/local/localErrors';
import { openLocalRemote } from '../../../../src/backends/local/localRemote';
import type { Remote } from '../../../../src/remote/remote';
import { isRemoteError, type RemoteErrorKind } from '../../../../src/remote/remoteError';
import { parsePath, rootPath } from '../../../../src/remote/remotePath';
import { body, calm, noPrecondition, pagesOf } from '../../../support/remoteCalls';
import { temporaryFolder } from '../../../support/temporaryFolder';

const posix = process.platform === 'win32' ? { skip: 'POSIX only' } : {};

async function fails(promise: Promise<unknown> | undefined, kind: RemoteErrorKind, message: string) {
  assert.ok(promise);
  await assert.rejects(promise, (error) => {
    assert.ok(isRemoteError(error, kind), String(error));
    assert.equal(error.message, message);
    return true;
  });
}

/** Every listing of the root. */
function listings(remote: Remote): Promise<unknown>[] {
  return [
    pagesOf(remote.list(rootPath, {}, calm)),
    pagesOf(remote.listRecursive?.(rootPath, {}, calm) ?? assert.fail()),
  ];
}

test('the error for a missing root names its absolute path and a remedy', async (t) => {
  const root = path.join(temporaryFolder(t), 'nope');
  const sentence = `The folder "${root}" does not exist (ENOENT). Create it or choose another one.`;
  await Promise.all(
    listings(openLocalRemote({ root })).map((listing) => fails(listing, 'notFound', sentence)),
  );
  await fails(openLocalRemote({ root }).stat(rootPath, calm), 'notFound', sentence);
});

test('the error for a root that is a file, or is below one, names its absolute path and a remedy', async (t) => {
  const file = path.join(temporaryFolder(t), 'file');
  fs.writeFileSync(file, 'x');
  for (const root of [file, path.join(file, 'below')]) {
    const sentence = `"${root}" or a part of its path is a file (ENOTDIR). Choose a folder.`;
    await Promise.all(
      listings(openLocalRemote({ root })).map((listing) => fails(listing, 'notAFolder', sentence)),
    );
  }
});

test("the error for a root that can't be created names the root instead of the file", posix, async (t) => {
  const base = temporaryFolder(t);
  const file = path.join(base, 'file');
  fs.writeFileSync(file, 'x');
  fs.symlinkSync(path.join(base, 'gone'), path.join(base, 'dangling'));
  for (const [root, code] of [
    [file, 'EEXIST'],
    [path.join(file, 'below'), 'ENOTDIR'],
    [path.join(base, 'dangling'), 'ENOENT'],
  ] as const) {
    const writing = openLocalRemote({ root }).write(parsePath('a.txt'), body('x'), {}, noPrecondition, calm);
    await assert.rejects(writing, (error) => {
      assert.ok(isRemoteError(error, 'notAFolder', 'notFound'), String(error));
      assert.ok(error.message.includes(`"${root}"`), error.message);
      assert.ok(error.message.includes(code), error.message);
      return true;
    });
  }
});

test('each failure of a root has its own message, also with Windows paths', () => {
  const told = (code: string, root: string) => {
    const error = rootError(Object.assign(new Error('raw'), { code }), root, "can't be listed");
    assert.ok(isRemoteError(error), code);
    return `${error.kind}: ${error.message}`;
  };
  assert.equal(
    told('EACCES', '/srv/x'),
    'forbidden: The folder "/srv/x" can\'t be listed: the system does not permit it (EACCES). Change its permissions or choose another one.',
  );
  assert.equal(
    told('ENOENT', 'Z:\\photos'),
    'notFound: The folder "Z:\\photos" does not exist (ENOENT). Create it or choose another one.',
  );
  assert.equal(
    told('UNKNOWN', '\\\\server\\share\\x'),
    'other: The folder "\\\\server\\share\\x" can\'t be listed: raw (UNKNOWN).',
  );
  assert.equal(
    told('EIO', '/mnt/x'),
    'unavailable: The folder "/mnt/x" can\'t be listed: the disk did not respond (EIO).',
  );
});

test('an unknown error of the system becomes a RemoteError', () => {
  const raw = Object.assign(new Error('unknown error'), { code: 'UNKNOWN' });
  assert.ok(isRemoteError(localError(raw, 'a', "can't be read"), 'other'));
});
