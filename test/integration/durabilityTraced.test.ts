import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { type S3TestServer, startS3Server } from '../servers/s3/s3Server';
import { bundleEngine, ended, spawnFor, writeRemotes } from '../support/engineProcess';
import { temporaryFolder } from '../support/temporaryFolder';

// The system calls of the engine, as strace reports them, when it moves the objects of a bucket to a folder.

const traced = 'fsync,fdatasync,link,linkat,rename,renameat,renameat2,write,writev,sendto';

/** "forced PATH", "named PATH", "deleted KEY", each as it ended (or, for requests, began). */
function readTrace(trace: string): string[] {
  const events: string[] = [];
  const open = new Map<string, string>();
  for (const line of trace.split('\n')) {
    const [, process, rest = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (process === undefined) continue;
    const request = /"DELETE \/demo\/(\S+?)(?:\?\S*)? HTTP/.exec(rest);
    if (request) events.push(`deleted ${request[1]}`);
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(rest);
    const call = resumed ? `${open.get(process) ?? ''}${resumed[2]}` : rest;
    if (/<unfinished \.\.\.>$/.test(rest)) {
      open.set(process, rest.replace(/\s*<unfinished \.\.\.>$/, ''));
      continue;
    }
    if (!/\)\s+= 0$/.test(call)) continue;
    const forced = /^f(?:data)?sync\(\d+<([^>]*)>/.exec(call);
    if (forced) events.push(`forced ${forced[1]}`);
    if (/^(link|rename)/.test(call)) {
      const names = [...call.matchAll(/"([^"]*)"/g)].map(([, name]) => name ?? '');
      events.push(`named ${path.basename(names[0] ?? '')} ${path.basename(names[1] ?? '')}`);
    }
  }
  return events;
}

async function engineUnderStrace(
  server: S3TestServer,
  base: string,
  args: readonly string[],
): Promise<string[]> {
  const bundle = await bundleEngine();
  const trace = path.join(base, 'trace');
  const child = spawnFor(server, 'strace', [
    ...['-f', '-y', '-s', '200', '-o', trace, '-e', `trace=${traced}`],
    ...[process.execPath, bundle, ...args, '--remotes', writeRemotes(base, server)],
  ]);
  const { code, text } = await ended(child);
  fs.rmSync(bundle, { force: true });
  assert.equal(code, 0, text);
  return readTrace(fs.readFileSync(trace, 'utf8'));
}

test('the engine syncs file and folder, in this order, before it deletes a moved object', async (t) => {
  if (spawnSync('strace', ['-o', os.devNull, 'true']).status !== 0)
    return t.skip('strace is not installed here, or may not be used');
  const server = await startS3Server({ buckets: ['demo'] });
  const base = temporaryFolder(t);
  t.after(() => server.stop());
  const folder = path.join(base, 'target');
  const files = ['a', 'deep/er/b', 'deep/large', 'over'];
  for (const file of files) server.store.put('demo', file, `content of ${file}`);
  server.store.put('demo', 'deep/large', Buffer.alloc(3_000_000, 'x'));
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, 'over'), 'old');

  const copied = await engineUnderStrace(server, base, ['run', 'demo:demo', path.join(base, 'copy')]);
  assert.deepEqual(
    copied.filter((event) => event.startsWith('forced') && event.includes(base)),
    [],
    'a copy does not sync',
  );
  const move = ['--options', '{"verb":"move"}'];
  const events = await engineUnderStrace(server, base, ['run', 'demo:demo', folder, ...move]);
  for (const file of files) {
    const absolute = path.join(folder, file);
    const name = path.basename(file);
    const steps = [
      (event: string) => event.startsWith(`forced ${path.dirname(absolute)}/.${name}.cloud-remotes-`),
      (event: string) => event.startsWith('named .') && event.endsWith(` ${name}`),
      (event: string) => event === `forced ${path.dirname(absolute)}`,
      (event: string) => event === `deleted ${file}`,
    ];
    let at = -1;
    for (const [i, step] of steps.entries()) {
      const found = events.findIndex((event, j) => j > at && step(event));
      assert.ok(found > at, `step ${i + 1} of ${file} is missing or too early:\n${events.join('\n')}`);
      at = found;
    }
    let above = path.dirname(path.dirname(absolute));
    for (; above.startsWith(folder); above = path.dirname(above)) {
      const forced = events.indexOf(`forced ${above}`);
      assert.ok(forced >= 0 && forced < at, `${above} has a new folder and is forced before ${file} goes`);
    }
  }
  assert.deepEqual(server.store.keys('demo'), []);
});
