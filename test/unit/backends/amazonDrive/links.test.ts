import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { test } from 'node:test';
import { DriveApi } from '../../../../src/backends/amazonDrive/api/driveApi';
import { DriveHttp } from '../../../../src/backends/amazonDrive/api/driveHttp';
import { Pacer } from '../../../../src/backends/amazonDrive/api/pacer';
import { systemClock as clock } from '../../../../src/base/clock';
import { WeightedSemaphore } from '../../../../src/base/semaphore';
import { parsePath } from '../../../../src/remote/remotePath';
import { listen } from '../../../servers/http/loopback';
import { calm, drain, readText, refused } from '../../../support/remoteCalls';
import { servedDrive, signedOut } from './driveFixture';

/** Runs `work` with the origin of another server, which sends contents. */
async function otherServer(reply: RequestListener, work: (origin: string) => Promise<void>): Promise<void> {
  const { origin, stop } = await listen(createServer(reply));
  await work(origin).finally(stop);
}

test('links: a relative redirect is resolved against the URL that sent it, without the token', async () => {
  const requests: (string | undefined)[] = [];
  await otherServer(
    ({ url, headers }, response) => {
      requests.push(url, headers.authorization);
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
  assert.deepEqual(requests, [
    '/store/first',
    undefined,
    '/there/second',
    undefined,
    '/third?x=1',
    undefined,
  ]);
});

test('links: an encrypted service’s link to an unencrypted URL is followed only on this machine', async () => {
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
        const response = await encrypted.downloadLink(`${origin}/f`, undefined, '"f"', calm);
        assert.equal((await drain(response.stream())).toString(), 'content');
        const plain = new DriveApi(http, 'http://drive.invalid/drive/v1/', clock);
        await refused(plain.downloadLink('http://files.invalid/f', undefined, '"f"', calm), 'unavailable');
      },
    );
  } finally {
    http.close();
  }
});
