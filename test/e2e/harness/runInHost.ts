import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { S3Fault } from '../../servers/s3/requests/faults';
import { type S3TestServer, startS3Server } from '../../servers/s3/s3Server';
import { launchChromium } from './chromium';
import { type EditorServer, startEditorServer } from './editorServer';
import type { InHostResult } from './inHostTests';
import { unpackedExtension } from './packedExtension';
import { projectRoot } from './projectRoot';
import { environmentRemote, keysInEnvironment } from './session';

const RUN_SECONDS = 900;

/**
 * Runs the bundled tests (`folder`/tests/index.js) in the extension host of the editor in `editor`, prints one line each
 * and writes the counts to the file named by CLOUD_REMOTES_COUNTS. Returns whether all passed.
 * Throws when the editor did not run them: no results are never a success.
 */
export async function runInHost({ editor, folder }: { editor: string; folder: string }): Promise<boolean> {
  const extension = await unpackedExtension();
  const results = path.join(folder, 'results.jsonl');
  const workspace = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-api-'));
  writeFileSync(path.join(workspace, 'readme.txt'), 'A file of the workspace.\n');
  const s3 = await startS3Server();
  const door = await openSideDoor(s3);
  let server: EditorServer | undefined;
  try {
    server = await startEditorServer({
      editor,
      inHostTests: true,
      env: {
        ...keysInEnvironment(s3),
        CLOUD_REMOTES_RESULTS: results,
        CLOUD_REMOTES_TEST_S3: JSON.stringify({
          endpoint: s3.endpoint,
          region: s3.region,
          door: door.url,
          remote: environmentRemote(s3),
        }),
      },
    });
    await runWindow(server, extension, path.join(folder, 'tests'), workspace);
    if (!existsSync(`${results}.end`))
      throw new Error(`The tests did not run to their end.\n${tell(server)}`);
  } catch (error) {
    report(results);
    throw error;
  } finally {
    await server?.stop();
    door.server.close();
    await s3.stop();
    rmSync(workspace, { recursive: true, force: true });
  }
  return report(results);
}

/** Opens the window that runs the tests and waits for the exit code that it reports. */
async function runWindow(
  server: EditorServer,
  extension: string,
  tests: string,
  workspace: string,
): Promise<void> {
  const browser = await launchChromium();
  try {
    const page = await (await browser.newContext()).newPage();
    const remote = `vscode-remote://127.0.0.1:${server.port}`;
    const payload = JSON.stringify([
      ['extensionDevelopmentPath', remote + extension],
      ['extensionTestsPath', `${remote}${tests}/index.js`],
    ]);
    let timer: NodeJS.Timeout | undefined;
    const ended = new Promise<void>((resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`The tests did not end in ${RUN_SECONDS} s.\n${tell(server)}`)),
        RUN_SECONDS * 1000,
      );
      void page.exposeFunction('codeAutomationExit', () => resolve());
    });
    await page.exposeFunction('codeAutomationLog', () => undefined);
    await page.goto(
      `${server.url}/?folder=${encodeURIComponent(workspace)}&payload=${encodeURIComponent(payload)}`,
    );
    try {
      await ended;
    } finally {
      clearTimeout(timer);
    }
  } finally {
    await browser.close();
  }
}

/** Prints the results so far, writes the counts, and returns whether there are some and all passed. */
function report(file: string): boolean {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  const results = lines.map((line) => JSON.parse(line) as InHostResult);
  for (const result of results) {
    const passed = result.outcome === 'passed';
    console.log(`${passed ? '✔' : '✖'} ${result.name} (${result.milliseconds} ms)`);
    if (result.error !== undefined) console.log(result.error.replaceAll(/^/gm, '    '));
  }
  const failed = results.filter((result) => result.outcome === 'failed').length;
  const counts = process.env['CLOUD_REMOTES_COUNTS'];
  if (counts !== undefined) {
    writeFileSync(counts, JSON.stringify({ passed: results.length - failed, failed, skipped: 0 }));
  }
  if (results.length === 0) console.log('No test ran.');
  return results.length > 0 && failed === 0;
}

/** What the editor wrote, also kept in out/editor-failures. */
function tell(server: EditorServer): string {
  const folder = path.join(projectRoot, 'out/editor-failures/api');
  rmSync(folder, { recursive: true, force: true });
  for (const [name, text] of server.logs()) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return `${server.output().trim().split('\n').slice(-20).join('\n')}\nThe editor's logs: ${folder}`;
}

/**
 * Lets the tests, which run in another process, see the S3 server's requests (GET), add a fault (POST of a `S3Fault` as JSON) and end
 * all faults (DELETE). Each answer is the requests so far.
 */
async function openSideDoor(s3: S3TestServer): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    void (async () => {
      if (request.method === 'DELETE') s3.clearFaults();
      if (request.method === 'POST') {
        const parts: Uint8Array[] = [];
        for await (const part of request) parts.push(part);
        s3.addFault(JSON.parse(Buffer.concat(parts).toString()) as S3Fault);
      }
      response.end(JSON.stringify(s3.requests));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
