// The demo behind "npm start"; see start.mjs, which installs what this needs.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { QUIET_SETTINGS, startEditorServer } from '../e2e/harness/editorServer';
import { packedExtension } from '../e2e/harness/packedExtension';
import { projectRoot } from '../e2e/harness/projectRoot';
import { driveRemote, environmentRemote, keysInEnvironment } from '../e2e/harness/session';
import { type DriveTestServer, startDriveServer } from '../servers/amazonDrive/driveServer';
import { type S3TestServer, startS3Server } from '../servers/s3/s3Server';
import { askedToStop, parsePort, runMain } from '../tools/program';
import { fillDrive, fillServer, makeWorkspace } from './demoData';
import { openFrontDoor } from './frontDoor';

const USUAL_PORT = 8580;
/** Of the embedded Amazon Drive. */
const DRIVE_PORT = 8581;
const DEMO = path.join(projectRoot, '.demo');
const SITE = path.join(DEMO, 'site');

/** Starts everything, prints the addresses, and returns when the user stops it. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, desktop: { type: 'boolean', default: false } },
  });
  const port = values.port === undefined ? undefined : parsePort(values.port);
  const code = values.desktop ? installedCode() : undefined;
  const enough = askedToStop();

  console.log('Building and packing the extension');
  const vsix = await packedExtension();
  const s3 = await startS3Server();
  const undo: (() => Promise<void>)[] = [() => s3.stop()];
  try {
    const drive = await onUsualPort(DRIVE_PORT, (at) =>
      startDriveServer({ port: at, folder: path.join(DEMO, 'drive') }),
    );
    undo.push(() => drive.stop());
    const servers = { s3, drive };
    fillServer(s3);
    fillDrive(drive);
    const made = makeWorkspace(SITE);
    if (code !== undefined) await runDesktop(code, vsix, servers, enough);
    else await runInBrowser(vsix, servers, port, undo, made, enough);
  } finally {
    console.log('\nStopping');
    while (undo.length > 0) await undo.pop()?.();
  }
}

interface Servers {
  readonly s3: S3TestServer;
  readonly drive: DriveTestServer;
}

/** Starts a server on its usual port, so that sign-ins and secrets of an earlier start stay valid; on a free port when the usual is taken. */
async function onUsualPort<T>(port: number, start: (port: number) => Promise<T>): Promise<T> {
  try {
    return await start(port);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return start(0);
  }
}

async function runInBrowser(
  vsix: string,
  { s3, drive }: Servers,
  port: number | undefined,
  undo: (() => Promise<void>)[],
  made: boolean,
  enough: Promise<void>,
): Promise<void> {
  const editor = await startEditorServer({
    vsix: [vsix],
    settings: settingsFor(s3, drive),
    env: environmentFor(s3, drive),
  });
  undo.push(() => editor.stop());
  // The same key at every start, so that secrets in the browser's storage stay readable.
  const key = createHash('sha256').update(projectRoot).digest();
  const open = (at: number) => openFrontDoor(editor.port, at, key, [drive.port]);
  const door = await (port === undefined ? onUsualPort(USUAL_PORT, open) : open(port));
  undo.push(() => door.close());
  console.log(`
  Open this in a browser:  http://127.0.0.1:${door.port}/?folder=${encodeURI(SITE)}

  In the window, choose Cloud Remotes in the bar on the left: the remote "demo" has the buckets
    site-assets   last month's state of the site in the window; try "Cloud Remotes: Sync Workspace to Remote…"
    photos        nested folders, pictures, names in many scripts
    logs          20,000 objects below one prefix
    drafts        a versioned bucket
    odd-names     keys that can't be file names
    empty         nothing yet
  The remote "drive" is an Amazon Drive on this machine: choose it, sign in as anybody, and look around.
  S3 server: ${s3.endpoint}  key ${s3.accessKeyId}  secret ${s3.secretAccessKey}
  Workspace: ${SITE}${made ? '' : '  (as you left it; delete .demo to start afresh)'}

  Ctrl-C stops everything.`);
  await enough;
}

/** An installed desktop editor with data of its own; returns when its window is closed or the user presses Ctrl-C. */
async function runDesktop(
  code: string,
  vsix: string,
  { s3, drive }: Servers,
  enough: Promise<void>,
): Promise<void> {
  const [data, extensions] = [path.join(DEMO, 'desktop'), path.join(DEMO, 'desktop-extensions')];
  const own = ['--user-data-dir', data, '--extensions-dir', extensions];
  const settings = path.join(data, 'User', 'settings.json');
  mkdirSync(path.dirname(settings), { recursive: true });
  writeFileSync(settings, JSON.stringify({ ...QUIET_SETTINGS, ...settingsFor(s3, drive) }, undefined, 2));
  const shell = process.platform === 'win32';
  const installed = spawnSync(code, [...own, '--install-extension', vsix, '--force'], {
    encoding: 'utf8',
    shell,
  });
  if (installed.status !== 0)
    throw new Error(`"${code}" refused the extension:\n${installed.stdout}${installed.stderr}`);
  const child = spawn(code, [...own, '--new-window', '--wait', SITE], {
    env: { ...process.env, ...environmentFor(s3, drive) },
    stdio: 'ignore',
    detached: process.platform !== 'win32',
    shell,
  });
  const closed = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => resolve());
  });
  console.log(
    `\n  The editor opens ${SITE} with the remote "demo" (${s3.endpoint}).\n  Close its window or press Ctrl-C to stop everything.`,
  );
  await Promise.race([closed, enough]);
  if (child.exitCode !== null || child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill();
    else process.kill(-child.pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // ESRCH: it has ended meanwhile
  }
}

/** The installed editor's program. Throws when it is missing. */
function installedCode(): string {
  const shell = process.platform === 'win32';
  if (spawnSync('code', ['--version'], { shell }).status === 0) return 'code';
  throw new Error(
    'There is no "code" on the PATH. In VS Code run "Shell Command: Install \'code\' command in PATH", or leave out --desktop to use the browser.',
  );
}

/** The keys of the S3 remote, and the drive that the wizard proposes. */
function environmentFor(s3: S3TestServer, drive: DriveTestServer): Record<string, string> {
  return {
    ...keysInEnvironment(s3),
    CLOUD_REMOTES_DEMO_DRIVE: drive.endpoint,
    CLOUD_REMOTES_DEMO_DRIVE_CLIENT: drive.publicClientId,
  };
}

function settingsFor(s3: S3TestServer, drive: DriveTestServer): Record<string, unknown> {
  return {
    'cloudRemotes.remotes': [environmentRemote(s3), driveRemote(drive)],
    'cloudRemotes.syncs': [{ name: 'Publish the site', from: SITE, to: 'demo:site-assets' }],
  };
}

runMain(main);
