import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { DriveApi } from '../../../../src/backends/amazonDrive/api/driveApi';
import { DriveHttp } from '../../../../src/backends/amazonDrive/api/driveHttp';
import { Pacer } from '../../../../src/backends/amazonDrive/api/pacer';
import { systemClock as clock } from '../../../../src/base/clock';
import { WeightedSemaphore } from '../../../../src/base/semaphore';
import { parsePath } from '../../../../src/remote/remotePath';
import { calm, drain, readText, refused } from '../../../support/remoteCalls';
import { servedDrive, signedOut } from './driveFixture';

/** Runs `work` with the address of another server, as contents come from. */
async function otherServer(answer: RequestListener, work: (origin: string) => Promise<void>): Promise<void> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

test('links: each redirect is read from where it was given', async () => {
  const asked: (string | undefined)[] = [];
  await otherServer(
    ({ url, headers }, response) => {
      asked.push(url, headers.authorization);
      if (url === '/store/first') response.writeHead(302, { location: '../there/second' }).end();
      else if (url === '/there/second') response.writeHead(302, { location: '/third?x=1' }).end();
      else response.end('content');
    },
    async (origin) => {
      await servedDrive({}, async ({ remote, server, drive }) => {
        drive.putFile('f', 'content');
        server.addFault({
          operation: 'download',
          status: 307,
          headers: { Location: `${origin}/store/first` },
        });
        assert.equal(await readText(remote, parsePath('f')), 'content');
      });
    },
  );
  assert.deepEqual(asked, ['/store/first', undefined, '/there/second', undefined, '/third?x=1', undefined]);
});

test('links: an encrypted service’s link to an unencrypted place is not followed, save on this machine', async () => {
  const http = new DriveHttp({
    tokens: signedOut,
    clock,
    pacer: new Pacer({ clock, minSleepMs: 0 }),
    slots: new WeightedSemaphore(2),
  });
  try {
    await otherServer(
      (_, response) => response.end('content'),
      async (origin) => {
        const encrypted = new DriveApi(http, 'https://drive.invalid/drive/v1/', clock);
        await refused(encrypted.downloadLink('http://files.invalid/f', undefined, '"f"', calm), 'forbidden');
        const answer = await encrypted.downloadLink(`${origin}/f`, undefined, '"f"', calm);
        assert.equal((await drain(answer)).toString(), 'content');
        const plain = new DriveApi(http, 'http://drive.invalid/drive/v1/', clock);
        await refused(plain.downloadLink('http://files.invalid/f', undefined, '"f"', calm), 'unavailable');
      },
    );
  } finally {
    http.close();
  }
});
