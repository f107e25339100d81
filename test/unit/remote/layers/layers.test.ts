import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOnly } from '../../../../src/remote/layers/readOnly';
import { withLogging } from '../../../../src/remote/layers/withLogging';
import { withRetry } from '../../../../src/remote/layers/withRetry';
import type { Remote } from '../../../../src/remote/remote';
import { RemoteError } from '../../../../src/remote/remoteError';
import { parsePath, rootPath } from '../../../../src/remote/remotePath';
import { remoteContract } from '../../../contract/remoteContract';
import { createFakeClock } from '../../../support/fakeClock';
import { createMemoryRemote } from '../../../support/memoryRemote/memoryRemote';
import {
  body,
  calm,
  names,
  noPrecondition,
  pagesOf,
  readText,
  refused,
  write,
} from '../../../support/remoteCalls';

const path = parsePath('secret/f.txt');

remoteContract('memory behind the log', async () => {
  const inner = createMemoryRemote({ pageSize: 2 });
  const remote = withLogging(inner, { write: () => {} });
  return { remote, root: rootPath, dispose: async () => {}, requests: () => inner.calls.length };
});

test('each call writes one line with the request and its outcome, without content', async () => {
  const lines: string[] = [];
  const inner = createMemoryRemote();
  const remote = withLogging(inner, { write: (level, tag, text) => lines.push(`${level} ${tag} ${text}`) });
  await remote.write(path, body('top secret content'), {}, { kind: 'ifAbsent' }, calm);
  await readText(remote, path);
  await names(remote, parsePath('secret'));
  await refused(remote.stat(parsePath('nothing'), calm), 'notFound');
  const untimed = lines.map((line) => line.replace(/ \(\d+ ms\)$/, ''));
  assert.deepEqual(untimed, [
    'debug http write secret/f.txt, 18 bytes, if absent: done',
    'debug http read secret/f.txt: 18 bytes',
    'debug list list secret/: 1 entries',
    'debug list list secret/: end',
    'debug http stat nothing: notFound',
  ]);
});

test('a failed page can be requested again through the log', async () => {
  const inner = createMemoryRemote({
    pageSize: 1,
    failures: [{ when: { operation: 'list', nth: 2 }, error: new RemoteError('unavailable', 'Not now.') }],
  });
  for (const name of ['a', 'b', 'c']) inner.put(name, name);
  const remote = withRetry(withLogging(inner, { write: () => {} }), {
    clock: createFakeClock(),
    log: { write: () => {} },
  });
  assert.equal((await pagesOf(remote.list(rootPath, {}, calm))).length, 3);
});

test('a read-only remote reads everything and writes nothing', async () => {
  const inner = createMemoryRemote();
  inner.put(path, 'x');
  const remote: Remote = readOnly(inner);
  assert.equal(await readText(remote, path), 'x');
  assert.deepEqual(await names(remote, rootPath), ['secret/']);
  const file = await remote.stat(path, calm);
  assert.ok(file.kind === 'file');
  const before = inner.calls.length;
  for (const attempt of [
    write(remote, path, 'y'),
    remote.removeFile(path, noPrecondition, calm),
    remote.removeFiles?.([path], calm),
    remote.makeFolder(parsePath('d'), calm),
    remote.removeFolder(parsePath('secret'), calm),
    remote.serverSideCopy?.(file, parsePath('c'), noPrecondition, calm),
    remote.serverSideMove?.(file, parsePath('m'), noPrecondition, calm),
    remote.setModifiedTime?.(file, { s: 1, ns: 0 }, calm),
  ])
    await refused(Promise.resolve(attempt), 'unsupported');
  assert.equal(inner.calls.length, before);
  assert.deepEqual(inner.paths(), [path]);
});
