import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openLocalRemote } from '../../src/backends/local/localRemote';
import { rootPath } from '../../src/remote/remotePath';
import { remoteContract } from './remoteContract';

for (const ownThread of [false, true])
  remoteContract(ownThread ? 'local, in a thread of its own' : 'local', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'local-remote-'));
    return {
      remote: openLocalRemote({ root: folder, ownThread }),
      root: rootPath,
      dispose: () => rm(folder, { recursive: true, force: true }),
    };
  });
