import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { BackendHost } from '../../src/backends/backend';
import { parsePath } from '../../src/remote/remotePath';
import {
  type DriveServerOptions,
  type DriveTestServer,
  startDriveServer,
} from '../servers/amazonDrive/driveServer';
import { at, body, calm } from '../support/remoteCalls';
import { editorOnly } from '../support/transports';
import {
  account,
  driveHost,
  driveSettings,
  openDrive,
  patient,
  servedDrive,
  tokensOf,
} from '../unit/backends/amazonDrive/driveFixture';
import { randomName } from '../unit/backends/s3/s3Fixture';
import { type OpenedRemote, remoteContract } from './remoteContract';

const servers: Promise<DriveTestServer>[] = [];
after(async () => {
  for (const server of servers) await (await server).stop();
});

/** Opens remotes on one server, each with a folder of its own. */
function onServer(
  options: DriveServerOptions,
  more: Readonly<Record<string, unknown>> = {},
  prepare: (server: DriveTestServer) => void = () => {},
  layered = false,
  hostMore: Partial<BackendHost> = {},
): () => Promise<OpenedRemote> {
  let shared: Promise<DriveTestServer> | undefined;
  return async () => {
    if (!shared) {
      shared = startDriveServer(options);
      servers.push(shared);
      prepare(await shared);
    }
    const server = await shared;
    const remote = await openDrive(driveSettings(server, more), driveHost(tokensOf(server), hostMore));
    const root = parsePath(randomName());
    server.drive(account).makeFolder(root);
    return {
      remote: layered ? patient(remote) : remote,
      root,
      ...(!layered && { requests: () => server.requests.length }),
      dispose: () => remote.close(),
    };
  };
}

remoteContract('amazonDrive', onServer({}));
remoteContract(
  "amazonDrive by the editor's client",
  onServer({}, {}, () => {}, false, editorOnly),
);
remoteContract(
  'amazonDrive with small pages, redirects and temporary links',
  onServer({ pageSize: 3, redirectDownloads: true }, { templink_threshold: '100Ki' }),
);

/** Every kind of passing failure, each seldom, five requests of a hundred in all. */
function fivePercent(server: DriveTestServer): void {
  const share = { probability: 0.05 / 7 };
  server.addFault({ ...share, seed: 1, status: 503 });
  server.addFault({ ...share, seed: 2, status: 429 });
  server.addFault({ ...share, seed: 3, status: 500, afterDoing: true });
  server.addFault({ ...share, seed: 4, loseResponse: true });
  server.addFault({ ...share, seed: 5, sporadic403: true });
  server.addFault({ ...share, seed: 6, cutRequestAfterBytes: 0 });
  server.addFault({ ...share, seed: 7, cutResponseAfterBytes: 10 });
}

remoteContract('amazonDrive with five percent faults, with retries', onServer({}, {}, fivePercent, true), {
  exceptions: {
    'a body with another MD5 than announced is corrupted, and changes nothing':
      'it is sent again, and the last attempt may meet a fault instead',
    'removing a missing file is notFound':
      'after a lost response it counts as removed by the previous attempt',
  },
});

for (const [by, host] of [
  ['our own client', {}],
  ["the editor's client", editorOnly],
] as const)
  test(`amazonDrive: with five percent faults no write is lost or doubled by ${by}`, async () => {
    await servedDrive({ host }, async ({ remote, server, drive }) => {
      fivePercent(server);
      const layered = patient(remote);
      const paths = Array.from({ length: 300 }, (_, i) => at(parsePath(`folder ${i % 7}`), `file ${i}`));
      await Promise.all(paths.map((path) => layered.write(path, body(path), {}, { kind: 'ifAbsent' }, calm)));
      server.clearFaults();
      const files = drive.tree().filter((path) => !path.endsWith('/'));
      assert.deepEqual(files, [...paths].sort());
      for (const path of paths) assert.equal(drive.read(path).toString(), path);
      assert.equal(drive.tree().length, paths.length + 7);
      assert.equal(drive.trashedNodes().length, 0);
    });
  });
