import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { type DriveTestServer, startDriveServer } from '../../servers/amazonDrive/driveServer';
import { type S3TestServer, startS3Server } from '../../servers/s3/s3Server';
import { launchChromium } from './chromium';
import { type EditorServer, startEditorServer } from './editorServer';
import { packedExtension } from './packedExtension';
import { type EditorWindow, openWindow, type WindowOptions } from './window/editorWindow';

export interface SessionOptions {
  /** Files of the workspace folder, path → content. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** The name of the workspace folder. */
  readonly workspaceName?: string;
  /** Fills the workspace folder, which does not exist yet. */
  readonly fillWorkspace?: (folder: string) => unknown;
  /** Settings on top of the quiet ones. `cloudRemotes.remotes` holds the remote "demo" unless given here. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Fills the S3 server before the editor starts. */
  readonly prepare?: (s3: S3TestServer) => unknown;
  /** Starts the embedded Amazon Drive as well; `prepare` fills it. */
  readonly drive?: boolean;
  /** Settings that depend on the servers, on top of `settings`. */
  readonly settingsFor?: (servers: {
    readonly s3: S3TestServer;
    readonly drive: DriveTestServer;
  }) => Readonly<Record<string, unknown>>;
  /** Fills the drive before the editor starts. */
  readonly prepareDrive?: (drive: DriveTestServer) => unknown;
  /** False opens no window at first. */
  readonly window?: WindowOptions | false;
}

/** The embedded S3 server, a real editor with the packed extension, and a window on a workspace folder. */
export interface EditorSession {
  readonly s3: S3TestServer;
  /** Throws when the session was started without one. */
  readonly drive: DriveTestServer;
  readonly editor: EditorServer;
  readonly browser: Browser;
  /** The settings that the editor was started with. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The folder that the window shows. */
  readonly workspace: string;
  /** The window opened at the start. Throws when none was. */
  readonly window: EditorWindow;
  /** Opens another window, on the workspace by default. */
  openWindow(options?: WindowOptions): Promise<EditorWindow>;
  stop(): Promise<void>;
}

/** A remote on the embedded server with keys from the environment of the editor. */
export function environmentRemote(s3: S3TestServer, name = 'demo'): Record<string, unknown> {
  return {
    name,
    backend: 's3',
    provider: 'Other',
    endpoint: s3.endpoint,
    region: s3.region,
    forcePathStyle: true,
    credentials: 'environment',
  };
}

/**
 * A remote on the embedded Amazon Drive that one can sign in to without a client secret. In tests the sign-in page goes by a name of its
 * own: the bare editor server would look for a page of this machine behind itself.
 */
export function driveRemote(
  drive: DriveTestServer,
  name = 'drive',
  host = '127.0.0.1',
): Record<string, unknown> {
  return {
    name,
    backend: 'amazonDrive',
    endpoint: drive.endpoint,
    auth_url: drive.authUrl.replace('127.0.0.1', host),
    token_url: drive.tokenUrl,
    client_id: drive.publicClientId,
  };
}

/** The environment that goes with `environmentRemote`. */
export function keysInEnvironment(s3: S3TestServer): Record<string, string> {
  return { AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.secretAccessKey };
}

/** Starts all three. Throws when the extension can't be built or the editor doesn't start. */
export async function startSession(options: SessionOptions = {}): Promise<EditorSession> {
  const undo: (() => unknown)[] = [];
  const stop = async () => {
    while (undo.length > 0) await undo.pop()?.();
  };
  try {
    const vsix = await packedExtension();
    const s3 = await startS3Server({ log: 300_000 });
    undo.push(() => s3.stop());
    await options.prepare?.(s3);
    const drive = options.drive ? await startDriveServer({ log: 300_000 }) : undefined;
    if (drive) undo.push(() => drive.stop());
    if (drive) await options.prepareDrive?.(drive);

    const above = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-site-'));
    undo.push(() => rmSync(above, { recursive: true, force: true }));
    const workspace = path.join(above, options.workspaceName ?? 'site');
    await options.fillWorkspace?.(workspace);
    mkdirSync(workspace, { recursive: true });
    for (const [name, content] of Object.entries(options.files ?? {})) {
      const file = path.join(workspace, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, content);
    }

    const settings = {
      'cloudRemotes.remotes': [environmentRemote(s3)],
      ...options.settings,
      ...(drive && options.settingsFor?.({ s3, drive })),
    };
    const editor = await startEditorServer({
      vsix: [vsix],
      settings,
      env: { ...keysInEnvironment(s3), ...options.env },
    });
    undo.push(() => editor.stop());
    const browser = await launchChromium();
    undo.push(() => browser.close());
    const open = (windowOptions: WindowOptions = {}) =>
      openWindow(browser, editor.url, { folder: workspace, ...windowOptions });
    const window = options.window === false ? undefined : await open(options.window);
    return {
      s3,
      get drive() {
        if (drive === undefined) throw new Error('This session was started without a drive');
        return drive;
      },
      editor,
      browser,
      settings,
      workspace,
      get window() {
        if (window === undefined) throw new Error('This session was started without a window');
        return window;
      },
      openWindow: open,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
