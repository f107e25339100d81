import { S3Client } from '@aws-sdk/client-s3';
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

/** A client of our own to look at the server with; it shares nothing with the extension's. */
export function independentClient(): S3Client {
  return new S3Client({ endpoint: server.endpoint, region: server.region, forcePathStyle: true });
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

/** Resolves when `is` answers true; rejects after 20 seconds, naming what was waited for. */
export async function until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000;
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
