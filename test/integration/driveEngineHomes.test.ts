import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { systemClock } from '../../src/base/clock';
import { silentLog } from '../../src/base/log';
import type { Place, Plan } from '../../src/plan/model/plan';
import { defaultPlanOptions } from '../../src/plan/model/planOptions';
import { RemoteError } from '../../src/remote/remoteError';
import { parsePath } from '../../src/remote/remotePath';
import type { TokenSource } from '../../src/remote/tokenSource';
import type { RunReport } from '../../src/transfer/runReport';
import {
  type DriveOperation,
  type DriveTestServer,
  startDriveServer,
} from '../servers/amazonDrive/driveServer';
import { bundleEngineThread, type Home, type HomeKind, homeOf } from '../support/engineThread';
import { calm, pattern } from '../support/remoteCalls';
import { temporaryFolder } from '../support/temporaryFolder';
import { account, driveSettings, type TestTokens, tokensOf } from '../unit/backends/amazonDrive/driveFixture';

// On Amazon Drive the engine does the same in this thread and in a worker, over both HTTP clients. The account and its tokens are in this
// thread.

const homes: readonly HomeKind[] = ['in this thread', 'in a worker'];
const clients = { 'our own client': true, "the editor's client": false } as const;

let script = '';
before(async () => {
  script = await bundleEngineThread();
});
after(() => fs.rmSync(script, { force: true }));

/** Path → content. The large file is sent as a stream. */
const files: Readonly<Record<string, Buffer>> = {
  ...Object.fromEntries(
    Array.from({ length: 24 }, (_, i) => [`d${i % 3}/f${i}`, Buffer.from(`content ${i}`)]),
  ),
  'deep/er/Tromsø & co.txt': Buffer.from('ø'),
  empty: Buffer.alloc(0),
  large: pattern(700_000),
};
const count = Object.keys(files).length;
const transfers = 4;

interface Given extends Home {
  readonly server: DriveTestServer;
  readonly folder: string;
  /** A plan from `from` to `to`: `drive`, or a folder of this machine. */
  plan(from: string, to: string): Promise<Plan>;
  run(plan: Plan): Promise<RunReport>;
}

async function given(
  t: TestContext,
  kind: HomeKind,
  { direct, tokensFor }: { readonly direct: boolean; tokensFor(server: DriveTestServer): TokenSource },
  work: (it: Given) => Promise<void>,
): Promise<void> {
  const server = await startDriveServer();
  const folder = temporaryFolder(t);
  for (const [file, content] of Object.entries(files)) {
    const absolute = path.join(folder, 'disk', file);
    fs.mkdirSync(path.dirname(absolute), { recursive: true });
    fs.writeFileSync(absolute, content);
  }
  const tokens = tokensFor(server);
  const home = homeOf(
    kind,
    {
      log: silentLog,
      clock: systemClock,
      env: {},
      remoteSettings: () => [driveSettings(server)],
      secret: async () => undefined,
      tokens: () => tokens,
      directConnections: () => direct,
      mayRunPrograms: () => true,
      storageFolder: path.join(folder, 'storage'),
      lockFolder: path.join(folder, 'locks'),
    },
    script,
  );
  const place = (name: string): Place =>
    name === 'drive'
      ? { kind: 'remote', remote: 'drive', path: parsePath('there') }
      : { kind: 'folder', path: path.join(folder, name) };
  const plan = (from: string, to: string) =>
    home.engine.planSync({ source: place(from), target: place(to), options: defaultPlanOptions }, calm);
  const run = (made: Plan) => home.engine.runPlan(made, calm, { transfers });
  try {
    await work({ ...home, server, folder, plan, run });
  } finally {
    await home.close();
    await server.stop();
  }
}

/** Calls `act` when the request number `nth` of this operation arrives. */
function atRequest(
  { server }: Given,
  operation: DriveOperation,
  nth: number,
  act: (server: DriveTestServer) => void,
): void {
  let seen = 0;
  server.addFault({
    operation,
    when: () => {
      if (++seen === nth) act(server);
      return false;
    },
  });
}

/** The requests of an operation: how many succeeded, and how many came over a connection of our own client. */
function requestsOf({ server }: Given, operation: DriveOperation): { succeeded: number; direct: number } {
  const requests = server.requests.filter((request) => request.operation === operation);
  return {
    succeeded: requests.filter(({ status }) => status >= 200 && status < 300).length,
    // Only node:http says that the connection is to be kept.
    direct: requests.filter(({ headers }) => headers.connection === undefined).length,
  };
}

for (const kind of homes)
  for (const [client, direct] of Object.entries(clients))
    test(`uploads and downloads, ${kind} over ${client}, go on with a renewed token, and then nothing is left to do`, async (t) => {
      let tokens: TestTokens | undefined;
      const tokensFor = (server: DriveTestServer) => {
        tokens = tokensOf(server);
        return tokens;
      };
      await given(t, kind, { direct, tokensFor }, async (it) => {
        const { server, folder } = it;
        const expire = () => server.expireAccessTokens(account);
        const assertRequests = (operation: DriveOperation, expected: number) => {
          const { succeeded, direct: ours } = requestsOf(it, operation);
          assert.equal(succeeded, expected, `each file has one ${operation}`);
          assert.ok(direct ? ours > count / 2 : ours === 0, `${ours} requests of our own client`);
        };

        const up = await it.plan('disk', 'drive');
        atRequest(it, 'upload', 10, expire);
        const sent = await it.run(up);
        assert.equal(sent.totals.done, up.actions.length, JSON.stringify(sent));
        assert.equal(tokens?.renewals, 1);
        for (const [file, content] of Object.entries(files))
          assert.ok(server.drive(account).read(`there/${file}`).equals(content), file);
        assertRequests('upload', count);

        server.clearRequests();
        assert.deepEqual((await it.plan('disk', 'drive')).actions, []);
        assert.equal(requestsOf(it, 'download').succeeded, 0);

        const down = await it.plan('drive', 'back');
        atRequest(it, 'download', 10, expire);
        const received = await it.run(down);
        assert.equal(received.totals.done, down.actions.length, JSON.stringify(received));
        assert.equal(tokens?.renewals, 2);
        for (const [file, content] of Object.entries(files))
          assert.ok(fs.readFileSync(path.join(folder, 'back', file)).equals(content), file);
        // The empty file needs none.
        assertRequests('download', count - 1);

        server.clearRequests();
        assert.deepEqual((await it.plan('drive', 'back')).actions, []);
        assert.equal(requestsOf(it, 'download').succeeded, 0);
      });
    });

for (const kind of homes)
  test(`a sign-in that ends during a run, ${kind}, fails the remaining uploads with the way to sign in again`, async (t) => {
    const ended = new RemoteError('unauthenticated', 'Sign in again.', { signIn: true });
    const tokensFor = (server: DriveTestServer): TokenSource => ({
      ...tokensOf(server),
      renewed: async () => {
        throw ended;
      },
    });
    await given(t, kind, { direct: true, tokensFor }, async (it) => {
      const plan = await it.plan('disk', 'drive');
      atRequest(it, 'upload', 10, ({ expireAccessTokens }) => expireAccessTokens(account));
      const { totals, results } = await it.run(plan);
      assert.ok(
        totals.failed > 0 && totals.failed + totals.notStarted + totals.done === count,
        JSON.stringify(totals),
      );
      for (const { outcome, error } of results)
        if (outcome === 'failed')
          assert.deepEqual([error?.kind, error?.message], ['unauthenticated', ended.message]);
      const stored = Object.keys(files).filter(
        (file) => it.server.drive(account).node(`there/${file}`)?.content,
      );
      // The last uploads arrived, but could not be looked at any longer.
      const unseen = stored.length - totals.done;
      assert.ok(stored.length <= 9 && unseen >= 0 && unseen <= transfers, `${stored.length} files are there`);
    });
  });
