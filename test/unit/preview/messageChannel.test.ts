import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostChannel, PageChannel } from '../../../src/preview/messageChannel';
import type { HostNotice } from '../../../src/preview/previewProtocol';
import type { PageRequest } from '../../../src/preview/readPageRequest';

/** Both ends, joined as the editor joins them: by copies of plain data. */
function joined(answer: (request: PageRequest) => Promise<unknown>) {
  const failures: unknown[] = [];
  const notices: HostNotice[] = [];
  const copy = (message: unknown) => JSON.parse(JSON.stringify(message));
  const page: PageChannel = new PageChannel(
    (message) => void host.receive(copy(message)),
    (notice) => notices.push(notice),
  );
  const host: HostChannel = new HostChannel(
    (message) => page.receive(copy(message)),
    answer as never,
    (error) => failures.push(error),
  );
  return { host, page, failures, notices };
}

const remember = { type: 'remember' } as HostNotice;

test('Each request gets its own reply, in any order', async () => {
  const waiting: (() => void)[] = [];
  const { page } = joined(
    (request) =>
      new Promise((resolve) =>
        waiting.push(() => resolve({ at: request.type === 'find' ? request.after : 0 })),
      ),
  );
  const first = page.ask({ type: 'find', start: 'a', after: 1 });
  const second = page.ask({ type: 'find', start: 'a', after: 2 });
  waiting[1]?.();
  assert.deepEqual(await second, { at: 2 });
  waiting[0]?.();
  assert.deepEqual(await first, { at: 1 });
});

test('An error reaches the page and the log', async () => {
  const { page, failures } = joined(async () => {
    throw new Error('No such row.');
  });
  await assert.rejects(page.ask({ type: 'open', key: 'x' }), /No such row/);
  assert.equal(failures.length, 1);
});

test('The page gets no notice before it is ready or after it is gone', async () => {
  const { host, page, notices } = joined(async () => ({}));
  host.tell(remember);
  assert.equal(notices.length, 0);
  await page.ask({ type: 'ready' });
  host.tell(remember);
  assert.equal(notices.length, 1);
  host.pageGone();
  host.tell(remember);
  assert.equal(notices.length, 1);
});

test('A message outside the protocol is reported and gets no reply', async () => {
  let asked = 0;
  const { host, failures } = joined(async () => {
    asked++;
  });
  for (const message of [
    undefined,
    1,
    {},
    { id: 1 },
    { id: 'x', request: { type: 'apply' } },
    { id: 1, request: { type: 'rm' } },
  ])
    await host.receive(message);
  assert.equal(asked, 0);
  assert.equal(failures.length, 6);
});
