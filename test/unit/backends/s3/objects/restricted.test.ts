import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../../../src/base/clock';
import { silentLog } from '../../../../../src/base/log';
import { defaultPlanOptions } from '../../../../../src/plan/model/planOptions';
import type { Remote } from '../../../../../src/remote/remote';
import { isRemoteError } from '../../../../../src/remote/remoteError';
import { parsePath } from '../../../../../src/remote/remotePath';
import { copyItems } from '../../../../../src/usecases/copyItems';
import { planSync } from '../../../../../src/usecases/planSync';
import { runPlan } from '../../../../../src/usecases/runPlan';
import type { S3Request } from '../../../../servers/s3/requests/s3Request';
import type { S3TestServer } from '../../../../servers/s3/s3Server';
import {
  at,
  body,
  calm,
  ifAbsent,
  ifMatch,
  names,
  noPrecondition,
  pattern,
  refused,
  statFile,
  wholeBody,
  write,
} from '../../../../support/remoteCalls';
import { type ServedRemote, served } from '../s3Fixture';

// Policies that allow prefixes only. As on AWS, a HEAD of a missing object is denied unless the whole bucket may be listed.

const demo = parsePath('demo');
const mebi = 1024 * 1024;

interface Policy {
  /** Prefixes that may be listed: those that begin so, or (with `exact`) this very one. */
  readonly list?: { readonly below?: string; readonly exact?: string };
  readonly get?: string;
  readonly put?: string;
  readonly remove?: string;
}

function enforce(server: S3TestServer, policy: Policy): void {
  const below = (text: string | undefined, prefix: string | undefined) =>
    prefix !== undefined && text?.startsWith(prefix) === true;
  const allows = ({ operation, key, query }: S3Request): boolean => {
    const prefix = query.get('prefix') ?? '';
    switch (operation) {
      case 'ListObjectsV2':
        return below(prefix, policy.list?.below) || prefix === policy.list?.exact;
      case 'HeadBucket':
        return policy.list?.below === '';
      case 'HeadObject':
        return (
          below(key, policy.get) &&
          (policy.list?.below === '' || server.store.get('demo', key ?? '') !== undefined)
        );
      case 'GetObject':
        return below(key, policy.get);
      case 'DeleteObject':
      case 'DeleteObjects':
        return below(key ?? policy.remove, policy.remove);
      default:
        return below(key, policy.put);
    }
  };
  server.addFault({
    when: (request) => request.bucket === 'demo' && !allows(request),
    code: 'AccessDenied',
    message: 'Access Denied',
    status: 403,
    count: Number.POSITIVE_INFINITY,
  });
}

function restricted(
  policy: Policy,
  work: (it: ServedRemote) => Promise<void>,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  return served({ settings: { uploadCutoff: '5Mi', chunkSize: '5Mi', ...settings } }, async (it) => {
    for (const key of ['home/alice/notes/a.txt', 'home/alice/b.txt', 'home/bob/c.txt', 'drop/old.txt'])
      it.server.store.put('demo', key, key);
    enforce(it.server, policy);
    await work(it);
  });
}

const kindOf = async (remote: Remote, path: string): Promise<string> => {
  try {
    return (await remote.stat(parsePath(path), calm)).kind;
  } catch (error) {
    assert.ok(isRemoteError(error), String(error));
    return error.kind;
  }
};

test('a folder that may be listed is a folder although its HEAD is denied', () =>
  restricted({ list: { below: 'home/alice/' }, get: 'home/alice/' }, async ({ remote }) => {
    assert.equal(await kindOf(remote, 'demo/home/alice'), 'folder');
    assert.equal(await kindOf(remote, 'demo/home/alice/notes'), 'folder');
    assert.equal(await kindOf(remote, 'demo/home/alice/notes/a.txt'), 'file');
    assert.equal(await kindOf(remote, 'demo/home/alice/absent.txt'), 'notFound');
    assert.equal(await kindOf(remote, 'demo/home/bob'), 'forbidden');
    assert.equal(await kindOf(remote, 'demo/home/bob/c.txt'), 'forbidden');
    assert.equal(await kindOf(remote, 'demo/home'), 'forbidden');
    assert.equal(await kindOf(remote, 'demo'), 'forbidden');
    assert.deepEqual(await names(remote, parsePath('demo/home/alice')), ['b.txt', 'notes/']);
  }));

test('the folder that a policy allows exists before its first file', async () => {
  for (const list of [{ below: 'home/carol/' }, { exact: 'home/carol/' }])
    await restricted({ list, put: 'home/carol/' }, async ({ remote }) => {
      assert.equal(await kindOf(remote, 'demo/home/carol'), 'folder');
      assert.deepEqual(await names(remote, parsePath('demo/home/carol')), []);
      await remote.write(parsePath('demo/home/carol/first.txt'), body('x'), {}, ifAbsent, calm);
      assert.deepEqual(await names(remote, parsePath('demo/home/carol')), ['first.txt']);
    });
});

test('the folders above the root of a remote can be opened when the root can be listed', () =>
  restricted(
    { list: { below: 'home/alice/' }, get: 'home/alice/' },
    async ({ remote }) => {
      for (const path of ['demo', 'demo/home', 'demo/home/alice'])
        assert.equal(await kindOf(remote, path), 'folder', path);
      assert.equal(await kindOf(remote, 'demo/home/bob'), 'forbidden');
    },
    { root: 'demo/home/alice' },
  ));

test('a policy for exactly one prefix allows its folder', () =>
  restricted({ list: { exact: 'home/alice/' } }, async ({ remote }) => {
    assert.equal(await kindOf(remote, 'demo/home/alice'), 'folder');
    assert.equal(await kindOf(remote, 'demo/home/alice/b.txt'), 'forbidden');
  }));

test('an object that may be listed but not read is shown as listed', () =>
  restricted({ list: { below: '' } }, async ({ remote, server }) => {
    const file = await statFile(remote, parsePath('demo/home/alice/b.txt'));
    assert.deepEqual(
      [file.size, file.version, file.exact],
      [
        server.store.get('demo', 'home/alice/b.txt')?.size,
        server.store.get('demo', 'home/alice/b.txt')?.etag,
        undefined,
      ],
    );
    assert.equal(file.modified, undefined);
    assert.equal(await kindOf(remote, 'demo/home/alice'), 'folder');
    assert.equal(await kindOf(remote, 'demo/home/alice/b'), 'notFound');
    assert.equal(await kindOf(remote, 'demo'), 'folder');
    await refused(remote.readToBuffer(file, calm), 'forbidden');
  }));

test('the error of a denied HEAD has the reason of the listing; an error of wrong keys stays unchanged', () =>
  served({}, async ({ remote, server }) => {
    server.addFault({ operation: 'HeadObject', code: 'AccessDenied', status: 403, count: 99 });
    server.addFault({
      operation: 'ListObjectsV2',
      code: 'AccessDenied',
      message: 'with an explicit deny in a service control policy',
      status: 403,
      count: 2,
    });
    await assert.rejects(
      remote.stat(at(demo, 'x'), calm),
      /HeadObject.*s3:GetObject or s3:ListBucket.*says: with an explicit deny in a service control policy/,
    );
    server.addFault({ operation: 'ListObjectsV2', code: 'SignatureDoesNotMatch', status: 403 });
    await refused(remote.stat(at(demo, 'x'), calm), 'unauthenticated');
    server.addFault({ operation: 'ListObjectsV2', code: 'SlowDown', status: 503 });
    await refused(remote.stat(at(demo, 'x'), calm), 'rateLimited');
  }));

const policies: Readonly<Record<string, Policy>> = {
  'listing below a prefix': { list: { below: 'drop/' }, put: 'drop/', get: 'drop/' },
  'listing of one very prefix': { list: { exact: 'drop/' }, put: 'drop/', get: 'drop/' },
  'listing of other prefixes': { list: { below: 'home/' }, put: 'drop/', get: 'drop/' },
  'writing only': { put: 'drop/' },
};

test('new files of any size are written where the HEAD of a missing object is denied, and replace nothing', async () => {
  for (const [what, policy] of Object.entries(policies))
    await restricted(policy, async ({ remote, server }) => {
      for (const size of [0, 10, 4 * mebi, 9 * mebi, 12 * mebi]) {
        await remote.write(at(demo, `drop/${size}`), wholeBody(pattern(size)), {}, ifAbsent, calm);
        assert.equal(server.store.get('demo', `drop/${size}`)?.size, size, what);
        await refused(
          remote.write(at(demo, `drop/${size}`), wholeBody(pattern(size, 2)), {}, ifAbsent, calm),
          'alreadyExists',
        );
        // As an editor saves a new file.
        await remote.write(
          at(demo, `drop/saved-${size}`),
          body(pattern(size)),
          { keepAttributes: true },
          ifAbsent,
          calm,
        );
      }
      await remote.makeFolder(parsePath('demo/drop/new'), calm);
      await remote.makeFolder(parsePath('demo/drop/new'), calm);
      assert.ok(server.store.keys('demo').includes('drop/new/'), what);
      assert.equal(server.uploads.size, 0);
    });
});

test('a file whose HEAD is denied is not written where the service enforces no conditions', () =>
  restricted(
    { put: 'drop/' },
    async ({ remote, server }) => {
      await refused(remote.write(at(demo, 'drop/new'), body('x'), {}, ifAbsent, calm), 'forbidden');
      assert.equal(server.store.get('demo', 'drop/new'), undefined);
    },
    { conditionalWrites: 'checked' },
  ));

test('the precondition of a checked write holds by listing alone', () =>
  restricted(
    { list: { below: 'drop/' }, put: 'drop/', remove: 'drop/' },
    async ({ remote, server }) => {
      await remote.write(at(demo, 'drop/new'), body('x'), {}, ifAbsent, calm);
      await refused(remote.write(at(demo, 'drop/old.txt'), body('x'), {}, ifAbsent, calm), 'alreadyExists');
      const seen = await statFile(remote, at(demo, 'drop/old.txt'));
      await remote.write(at(demo, 'drop/old.txt'), body('y'), {}, ifMatch(seen), calm);
      await refused(remote.write(at(demo, 'drop/old.txt'), body('z'), {}, ifMatch(seen), calm), 'changed');
      await refused(remote.removeFile(at(demo, 'drop/old.txt'), ifMatch(seen), calm), 'changed');
      await remote.removeFile(
        at(demo, 'drop/old.txt'),
        ifMatch(await statFile(remote, at(demo, 'drop/old.txt'))),
        calm,
      );
      await refused(remote.removeFile(at(demo, 'drop/absent.txt'), noPrecondition, calm), 'notFound');
      assert.deepEqual(
        server.store.keys('demo').filter((key) => key.startsWith('drop/')),
        ['drop/new'],
      );
    },
    { conditionalWrites: 'checked' },
  ));

test('a save keeps the headers of a file that it may replace but not read', () =>
  restricted({ list: { below: '' }, put: 'drop/' }, async ({ remote, server }) => {
    const file = await statFile(remote, at(demo, 'drop/old.txt'));
    await refused(
      remote.write(file.path, body('new'), { keepAttributes: true }, ifMatch(file), calm),
      'forbidden',
    );
    assert.equal(server.store.get('demo', 'drop/old.txt')?.size, 'drop/old.txt'.length);
  }));

test('a single file is uploaded to a write-only prefix and replaces nothing without permission', () =>
  restricted({ put: 'drop/' }, (to) =>
    served({}, async (from) => {
      await write(from.remote, at(demo, 'new.txt'), 'content');
      const item = {
        from: from.remote,
        source: at(demo, 'new.txt'),
        kind: 'file',
        to: to.remote,
        target: at(demo, 'drop/new.txt'),
      } as const;
      await copyItems([item], {}, calm);
      assert.equal(to.server.store.get('demo', 'drop/new.txt')?.size, 7);
      await refused(copyItems([item], {}, calm), 'alreadyExists');
      // An unseen file isn't replaced, but a new one is written.
      await refused(copyItems([item], { overwrite: true }, calm), 'alreadyExists');
      await copyItems([{ ...item, target: at(demo, 'drop/newer.txt') }], { overwrite: true }, calm);
      assert.equal(to.server.store.get('demo', 'drop/newer.txt')?.size, 7);
      assert.deepEqual(
        [...new Set(to.asked())].sort().filter((operation) => operation.startsWith('Put')),
        ['PutObject'],
      );
    }),
  ));

test('a plan for one named file is built and run where only writing is allowed', () =>
  restricted({ put: 'drop/' }, (to) =>
    served({}, async (from) => {
      for (const name of ['new.txt', 'other.txt']) await write(from.remote, at(demo, name), 'content');
      const place = (path: string) => ({ kind: 'remote', remote: 'r', path: parsePath(path) }) as const;
      const sides = {
        source: { remote: from.remote, root: demo, place: place('demo') },
        target: { remote: to.remote, root: at(demo, 'drop'), place: place('demo/drop') },
      };
      const options = { ...defaultPlanOptions, only: [{ file: parsePath('new.txt') }] };
      const plan = await planSync({ ...sides, options }, calm);
      assert.deepEqual(
        plan.actions.map(({ id }) => id),
        ['c:new.txt'],
      );
      const host = { log: silentLog, clock: systemClock, storageFolder: undefined };
      const report = await runPlan(plan, sides.source, sides.target, { host }, calm);
      assert.deepEqual(
        report.results.map(({ outcome }) => outcome),
        ['done'],
      );
      assert.equal(to.server.store.get('demo', 'drop/new.txt')?.size, 7);
    }),
  ));
