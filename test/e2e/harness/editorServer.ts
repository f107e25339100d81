import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { editorFolder } from './projectRoot';

/** A running VS Code server with data of its own. */
export interface EditorServer {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly port: number;
  /** Holds the server's data, settings, logs and extensions; removed by `stop`. */
  readonly dataFolder: string;
  /** The output of the server so far. */
  output(): string;
  /** The settings of the editor itself. */
  readonly settingsFile: string;
  /** The settings of the machine that the extension runs on: `cloudRemotes.*`, since machine-scoped settings count only here. */
  readonly machineSettingsFile: string;
  /** Replaces all settings; the editor notices within a second. */
  writeSettings(settings: Readonly<Record<string, unknown>>): void;
  /** Process ids of the extension hosts running now. */
  extensionHosts(): readonly number[];
  /** The editor's and the extensions' log files, name → text. */
  logs(): ReadonlyMap<string, string>;
  /** Ends the server and all its children, and removes its data. Safe to call twice. */
  stop(): Promise<void>;
}

export interface EditorServerOptions {
  /** Extensions to install before the start. */
  readonly vsix?: readonly string[];
  /** User settings on top of the quiet ones. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Environment for the server and so for the extension host; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Lets `payload` in the address name extension and test folders; hides toasts and refuses dialogs. */
  readonly inHostTests?: boolean;
  /** 0 (default) takes any free port. */
  readonly port?: number;
  /** Keeps data (settings, secrets' key, open editors) here over runs; default: a fresh temporary folder. */
  readonly dataFolder?: string;
  /** Folder with package.json and node_modules of the editor; default: test/e2e. */
  readonly editor?: string;
}

/** Settings that keep the editor quiet and equal in every run. */
export const QUIET_SETTINGS: Readonly<Record<string, unknown>> = {
  'workbench.startupEditor': 'none',
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.tips.enabled': false,
  'window.dialogStyle': 'custom',
  'extensions.ignoreRecommendations': true,
  'extensions.autoCheckUpdates': false,
  'telemetry.telemetryLevel': 'off',
  'git.enabled': false,
  'security.workspace.trust.enabled': false,
  'workbench.colorTheme': 'Default Dark Modern',
  // The web workbench saves by itself by default, so nothing would ever be dirty.
  'files.autoSave': 'off',
  'workbench.editor.useModal': 'off',
  'editor.autoClosingBrackets': 'never',
  'editor.quickSuggestions': false,
};

const START_SECONDS = 60;

/** Starts the VS Code server and waits until it answers. Throws with its output when it doesn't. */
export async function startEditorServer(options: EditorServerOptions = {}): Promise<EditorServer> {
  const editor = options.editor ?? editorFolder;
  const main = path.join(editor, 'node_modules/code-server/lib/vscode/out/server-main.js');
  if (!existsSync(main)) {
    throw new Error(
      `The editor is not installed: run "node test/e2e/install.mjs ${path.relative(process.cwd(), editor)}".`,
    );
  }
  const dataFolder = options.dataFolder ?? mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-editor-'));
  const settingsFile = path.join(dataFolder, 'data', 'User', 'settings.json');
  const machineSettingsFile = path.join(dataFolder, 'data', 'Machine', 'settings.json');
  const home = path.join(dataFolder, 'home');
  mkdirSync(home, { recursive: true });
  const writeSettings = (settings: Readonly<Record<string, unknown>>) => {
    const entries = Object.entries(settings);
    const ours = entries.filter(([name]) => name.startsWith('cloudRemotes.'));
    const others = entries.filter(([name]) => !name.startsWith('cloudRemotes.'));
    writeJson(machineSettingsFile, Object.fromEntries(ours));
    writeJson(settingsFile, { ...QUIET_SETTINGS, ...Object.fromEntries(others) });
  };
  writeSettings(options.settings ?? {});

  const env = cleanEnvironment(home, options.env ?? {});
  const folders = [
    '--accept-server-license-terms',
    '--server-data-dir',
    dataFolder,
    '--user-data-dir',
    path.join(dataFolder, 'data'),
    '--extensions-dir',
    path.join(dataFolder, 'ext'),
  ];
  const node = editorNode(editor);
  for (const vsix of options.vsix ?? []) {
    const done = spawnSync(node, [main, '--install-extension', vsix, '--force', ...folders], {
      env,
      encoding: 'utf8',
    });
    // The exit code is 0 even for a file that is no extension, so check the output.
    if (done.status !== 0 || !/successfully installed/.test(done.stdout)) {
      if (options.dataFolder === undefined) rmSync(dataFolder, { recursive: true, force: true });
      throw new Error(`The editor refused ${vsix}:\n${done.stdout}${done.stderr}`);
    }
  }

  const child = spawn(
    node,
    [
      main,
      ...['--host', '127.0.0.1', '--port', String(options.port ?? 0), '--without-connection-token'],
      ...['--telemetry-level', 'off', '--disable-telemetry'],
      ...(options.settings?.['security.workspace.trust.enabled'] === true
        ? []
        : ['--disable-workspace-trust']),
      ...folders,
      ...(options.inHostTests ? ['--enable-smoke-test-driver'] : []),
    ],
    // A group of its own: the server's children outlive it otherwise.
    { env, stdio: ['ignore', 'pipe', 'pipe'], detached: process.platform !== 'win32' },
  );
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const killWithUs = () => killGroup(child, 'SIGKILL');
  process.once('exit', killWithUs);
  const stop = async () => {
    process.removeListener('exit', killWithUs);
    await endGroup(child);
    if (options.dataFolder === undefined) {
      rmSync(dataFolder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    }
  };
  try {
    const port = await boundPort(child, () => output);
    return {
      url: `http://127.0.0.1:${port}`,
      port,
      dataFolder,
      settingsFile,
      machineSettingsFile,
      writeSettings,
      output: () => output,
      extensionHosts: () => descendants(child.pid ?? 0).filter(isExtensionHost),
      logs: () => logFiles(path.join(dataFolder, 'data', 'logs')),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function writeJson(file: string, content: unknown): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
}

/** The Node of this editor, or our own if the editor has none for this machine. */
function editorNode(editor: string): string {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const program = process.platform === 'win32' ? 'node.exe' : 'bin/node';
  const packed = path.join(editor, 'node_modules', `node-${platform}-${process.arch}`, program);
  return existsSync(packed) ? packed : process.execPath;
}

/** This machine's credentials, proxies and npm's settings must not reach the extension under test. */
function cleanEnvironment(
  home: string,
  extra: Readonly<Record<string, string | undefined>>,
): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (!/^(AWS_|RCLONE_|npm_|NODE_OPTIONS$|NODE_TEST|VSCODE_|(https?|all|no)_proxy$)/i.test(name))
      env[name] = value;
  }
  Object.assign(env, {
    HOME: home,
    USERPROFILE: home,
    XDG_CONFIG_HOME: path.join(home, '.config'),
    XDG_DATA_HOME: path.join(home, '.local/share'),
    XDG_CACHE_HOME: path.join(home, '.cache'),
    AWS_CONFIG_FILE: path.join(home, '.aws/config'),
    AWS_SHARED_CREDENTIALS_FILE: path.join(home, '.aws/credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
  });
  for (const [name, value] of Object.entries(extra)) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  return env;
}

/** Waits until the server has printed its port and responds. */
async function boundPort(child: ChildProcess, output: () => string): Promise<number> {
  const deadline = Date.now() + START_SECONDS * 1000;
  for (;;) {
    const port = /Extension host agent listening on (\d+)/.exec(output())?.[1];
    if (port !== undefined && (await answers(`http://127.0.0.1:${port}/version`))) return Number(port);
    if (child.exitCode !== null)
      throw new Error(`The editor's server ended with code ${child.exitCode}:\n${output()}`);
    if (Date.now() > deadline)
      throw new Error(`The editor's server did not start in ${START_SECONDS} s:\n${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false; // not listening yet
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') spawnSync('taskkill', ['/pid', String(child.pid), '/t', '/f']);
    else process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // ESRCH: the group has ended
  }
}

async function endGroup(child: ChildProcess): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
  killGroup(child, 'SIGTERM');
  const patience = new Promise<void>((resolve) => setTimeout(resolve, 3000).unref());
  await Promise.race([ended, patience]);
  // Extension hosts wait for a window to reconnect, so they must be killed.
  killGroup(child, 'SIGKILL');
  await ended;
}

function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  if (!existsSync('/proc')) return [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(/^PPid:\s*(\d+)/m.exec(readProc(name, 'status'))?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  const visit = (id: number) => {
    for (const child of children.get(id) ?? []) {
      found.push(child);
      visit(child);
    }
  };
  visit(pid);
  return found;
}

function isExtensionHost(pid: number): boolean {
  return readProc(String(pid), 'cmdline').includes('--type=extensionHost');
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // the process ended meanwhile
  }
}

function logFiles(folder: string): Map<string, string> {
  const logs = new Map<string, string>();
  if (!existsSync(folder)) return logs;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.log')) continue;
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    logs.set(path.relative(folder, file), readFileSync(file, 'utf8'));
  }
  return logs;
}
