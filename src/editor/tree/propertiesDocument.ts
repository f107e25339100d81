import * as vscode from 'vscode';
import type { App } from '../../app';
import type { FileEntry } from '../../remote/entry';
import { instantToMs } from '../../remote/modifiedTime';
import type { PropertyGroup, Remote } from '../../remote/remote';
import { formatAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { baseName } from '../../remote/remotePath';
import { neverAborted } from '../platform/cancellation';
import { addressOfUri } from '../platform/places';
import { remoteScheme, toUri } from '../platform/remoteUri';
import { presentError } from '../window/errorMessages';
import { format } from '../window/numberFormat';

const scheme = 'cloudremotes-properties';

/** Read-only documents with the properties of a file or folder. Each `show` requests them again. */
export class PropertiesDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(scheme, this);

  constructor(private readonly app: App) {}

  async show(address: RemoteAddress): Promise<void> {
    const uri = propertiesUri(address);
    const open = vscode.workspace.textDocuments.find(
      (document) => document.uri.toString() === uri.toString(),
    );
    if (open) this.changed.fire(uri);
    const document = open ?? (await vscode.workspace.openTextDocument(uri));
    await vscode.window.showTextDocument(document, { preview: true });
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const path = uri.path.slice(0, -suffix.length);
    const address = addressOfUri({ scheme: remoteScheme, authority: uri.authority, path }, this.app);
    try {
      return propertiesText(address, await propertiesOf(await this.app.openRemote(address.remote), address));
    } catch (error) {
      return `# ${presentError(error, `Can't read the properties of ${formatAddress(address)}`).text}\n`;
    }
  }

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
  }
}

/** The extension of the name selects syntax highlighting. */
const suffix = '.properties';

function propertiesUri(address: RemoteAddress): vscode.Uri {
  const uri = toUri(address);
  return uri.with({ scheme, path: `${uri.path}${suffix}` });
}

async function propertiesOf(remote: Remote, { path }: RemoteAddress): Promise<readonly PropertyGroup[]> {
  if (remote.features?.properties) return remote.features.properties(path, neverAborted());
  const entry = await remote.stat(path, neverAborted());
  return entry.kind === 'file'
    ? [fileProperties(entry)]
    : [{ title: 'Folder', properties: [{ name: 'Name', value: baseName(path) }] }];
}

function fileProperties(entry: FileEntry): PropertyGroup {
  const facts: [string, string | undefined][] = [
    ['Size', format().exactBytes(entry.size)],
    ['Modified', entry.modified && format().exactTime(instantToMs(entry.modified))],
    ['MD5', entry.md5],
    ['Version', entry.version],
  ];
  return {
    title: 'File',
    properties: facts.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }])),
  };
}

/** The groups in the style of an ini file, with aligned values. Pure. */
export function propertiesText(address: RemoteAddress, groups: readonly PropertyGroup[]): string {
  const width = Math.max(0, ...groups.flatMap((group) => group.properties.map(({ name }) => name.length)));
  const blocks = groups.map(({ title, properties }) =>
    [
      `[${title}]`,
      ...(properties.length === 0
        ? ['# none']
        : properties.map(({ name, value }) => `${name.padEnd(width)} = ${value.replace(/\r?\n/g, ' ')}`)),
    ].join('\n'),
  );
  return `${[`# ${formatAddress(address)}`, ...blocks].join('\n\n')}\n`;
}
