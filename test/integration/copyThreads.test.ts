import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultPlanOptions } from '../../src/plan/model/planOptions';
import { parsePath } from '../../src/remote/remotePath';
import { type S3TestServer, startS3Server } from '../servers/s3/s3Server';
import { bundleEngine, ended, spawnFor, writeRemotes } from '../support/engineProcess';
import { bundleEngineThread, homeOf, hostFor } from '../support/engineThread';
import { calm } from '../support/remoteCalls';
import { temporaryFolder } from '../support/temporaryFolder';

// Whoever runs a plan starts the threads that share its copies: the worker of the editor, and the program in a terminal.

const shares = 'One more thread shares the copies.';
let script = '';
let program = '';
before(async () => {
  script = await bundleEngineThread(
    "import { serveIfEngineThread } from './src/engine/engineThread'; serveIfEngineThread(100);",
  );
  program = await bundleEngine();
});
after(() => {
  for (const file of [script, program]) fs.rmSync(file, { force: true });
});

/** A folder with `count` small files, and a server whose uploads take `delayMs`. */
async function given(
  t: TestContext,
  count: number,
  delayMs: number,
): Promise<{ server: S3TestServer; folder: string }> {
  const server = await startS3Server({ buckets: ['demo'] });
  t.after(() => server.stop());
  server.addFault({ operation: 'PutObject', delayMs, count: Number.POSITIVE_INFINITY });
  const folder = path.join(temporaryFolder(t), 'tree');
  fs.mkdirSync(folder);
  for (let i = 0; i < count; i++) fs.writeFileSync(path.join(folder, `f${i}`), `content ${i}`);
  return { server, folder };
}

const puts = ({ requests }: S3TestServer) =>
  requests.filter(({ operation }) => operation === 'PutObject').length;

test("the editor's worker shares the copies of a large run with threads of its own, which end with it", async (t) => {
  const { server, folder } = await given(t, 250, 100);
  const lines: string[] = [];
  const host = hostFor(server, {
    transferThreads: () => 3,
    log: { write: (_level, _tag, text) => void lines.push(text) },
  });
  const home = homeOf('in a worker', host, script);
  t.after(() => home.close());
  const source = { kind: 'folder', path: folder } as const;
  const target = { kind: 'remote', remote: 'demo', path: parsePath('demo') } as const;
  const request = { source, target, options: defaultPlanOptions };
  const count = () => lines.filter((line) => line === shares).length;
  const plan = await home.engine.planSync(request, calm);
  const { totals } = await home.engine.runPlan(plan, calm, { transfers: 8 });
  assert.equal(totals.done, 250);
  assert.equal(count(), 2);
  assert.equal(puts(server), 250);

  for (let i = 0; i < 250; i++) fs.writeFileSync(path.join(folder, `f${i}`), `other content ${i}`);
  const next = await home.engine.planSync(request, calm);
  const run = home.engine.runPlan(next, calm, { transfers: 8 });
  const cut = assert.rejects(run, { message: /ended unexpectedly/ });
  while (count() < 4) await sleep(5);
  await sleep(150);
  await home.workers.at(-1)?.terminate();
  await cut;
  await sleep(200);
  const sent = puts(server);
  assert.ok(sent < 500, 'it was stopped before its end');
  await sleep(300);
  assert.equal(puts(server), sent, 'no thread goes on');
});

test('the program in a terminal starts threads of its own bundle', async (t) => {
  const { server, folder } = await given(t, 1050, 40);
  const remotes = writeRemotes(path.dirname(folder), server);
  const run = (threads: string) =>
    ended(
      spawnFor(server, process.execPath, [
        ...[program, 'run', folder, `demo:demo/${threads}`, '--remotes', remotes],
        ...['--threads', threads, '--transfers', '16', '--log', 'debug'],
      ]),
    );
  for (const threads of ['1', '2']) {
    const { code, text } = await run(threads);
    assert.equal(code, 0, text.slice(-500));
    assert.equal(text.includes(shares), threads === '2');
    assert.match(text, /1050 done/);
    assert.equal(server.store.keys('demo').filter((key) => key.startsWith(`${threads}/`)).length, 1050);
  }
  assert.equal(puts(server), 2100);
});
