import assert from 'node:assert/strict';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import * as vscode from 'vscode';
import type { RemoteSettings } from '../../../src/backends/backend';
import type { S3Fault } from '../../servers/s3/requests/faults';
import type { LoggedS3Request } from '../../servers/s3/requests/requestLog';

const server = JSON.parse(process.env['CLOUD_REMOTES_TEST_S3'] ?? '{}') as {
  endpoint: string;
  region: string;
  door: string;
  remote: Record<string, unknown>;
};

/** The extension under test. Throws when the editor doesn't know it. */
export function ourExtension(): vscode.Extension<unknown> {
  const extension = vscode.extensions.getExtension('cloud-remotes.cloud-remotes');
  if (extension === undefined) throw new Error('The editor does not know the extension');
  return extension;
}

/** The settings of the remote that the tests have. */
export function s3RemoteSettings(): RemoteSettings {
  return server.remote as RemoteSettings;
}

/** A client that shares nothing with the extension's. */
export function independentClient(): S3Client {
  return new S3Client({ endpoint: server.endpoint, region: server.region, forcePathStyle: true });
}

/** Direct access to a bucket of the S3 server, and files of the tests in the editor. */
export function testBucket(bucket: string) {
  const s3 = independentClient();
  const at = (key: string) => ({ Bucket: bucket, Key: key });
  const bytes = async (key: string) => {
    const { Body } = await s3.send(new GetObjectCommand(at(key)));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  };
  return {
    /** Adds the remote to the settings and creates the bucket. */
    create: async () => {
      await configureRemotes();
      await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    },
    put: async (key: string, body: string | Uint8Array, more: object = {}) => {
      await s3.send(new PutObjectCommand({ ...at(key), Body: body, ...more }));
    },
    bytes,
    text: async (key: string) => String(await bytes(key)),
    head: (key: string) => s3.send(new HeadObjectCommand(at(key))),
    keys: async (prefix = '') => {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
      return Contents.map(({ Key }) => Key);
    },
    remove: async (key: string) => {
      await s3.send(new DeleteObjectCommand(at(key)));
    },
    uri: (key: string) => remoteUri(`${bucket}/${key}`),
  };
}

/** Types `text` at the start of the document, as a keyboard does. */
export async function type(document: vscode.TextDocument, text: string): Promise<void> {
  const editor = await vscode.window.showTextDocument(document, { preview: false });
  editor.selection = new vscode.Selection(0, 0, 0, 0);
  await vscode.commands.executeCommand('type', { text });
}

export async function replaceAll(document: vscode.TextDocument, text: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), text);
  assert.ok(await vscode.workspace.applyEdit(edit));
}

/** False also when the editor rejects. */
export async function save(document: vscode.TextDocument): Promise<boolean> {
  return Promise.resolve(document.save()).catch(() => false);
}

/** The requests that the S3 server has answered so far, oldest first. */
export async function serverRequests(): Promise<readonly LoggedS3Request[]> {
  return (await (await fetch(server.door)).json()) as LoggedS3Request[];
}

/** Makes the S3 server fail or wait, as its `S3Fault` says; `clearFaults` ends it. */
export async function addFault(fault: S3Fault): Promise<void> {
  await fetch(server.door, { method: 'POST', body: JSON.stringify(fault) });
}

export async function clearFaults(): Promise<void> {
  await fetch(server.door, { method: 'DELETE' });
}

/** Resolves when `is` answers true; rejects after 60 seconds, naming `what`. */
export async function until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await is())) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The Uri of `bucket/key` on the remote that the tests have. */
export function remoteUri(path: string): vscode.Uri {
  return vscode.Uri.from({ scheme: 'cloudremotes', authority: 'demo', path: `/${path}` });
}

/** Puts the remote "demo" (and others, if given) into the settings. In this mode the editor ignores the settings file on disk. */
export async function configureRemotes(...others: readonly unknown[]): Promise<void> {
  await vscode.workspace
    .getConfiguration('cloudRemotes')
    .update('remotes', [server.remote, ...others], vscode.ConfigurationTarget.Global);
}
