import * as vscode from 'vscode';
import type { Remote } from '../../remote/remote';
import { formatAddress, type RemoteAddress } from '../../remote/remoteAddress';
import { RemoteError } from '../../remote/remoteError';
import { joinPath, parsePath, pathProblem } from '../../remote/remotePath';
import { bytesSource } from '../../usecases/saveRemoteFile';
import { neverAborted } from '../platform/cancellation';
import { toUri } from '../platform/remoteUri';
import type { CommandContext } from '../tree/commandContext';
import { revealRow } from '../tree/revealRow';
import { resolveFolder, runWithErrorMessage, selectedNodes } from '../tree/selection';
import { remoteOf } from '../tree/treeNode';
import * as window from '../window/window';

/** The commands that create a file, a folder or a bucket. */
export function newItemCommands(context: CommandContext): readonly window.CommandRow[] {
  return [
    { id: 'cloudRemotes.newFile', run: (...args) => newFile(context, args) },
    { id: 'cloudRemotes.newFolder', run: (...args) => newFolder(context, args) },
    { id: 'cloudRemotes.newBucket', run: (...args) => newBucket(context, args) },
  ];
}

async function newFile(context: CommandContext, args: readonly unknown[]): Promise<void> {
  await create(context, args, 'File', 'index.html or css/main.css', async (remote, address) => {
    await remote.write(address.path, bytesSource(new Uint8Array()), {}, { kind: 'ifAbsent' }, neverAborted());
    context.changes.fire({ ...address, kind: 'created' });
    await vscode.commands.executeCommand('vscode.open', toUri(address));
  });
}

async function newFolder(context: CommandContext, args: readonly unknown[]): Promise<void> {
  await create(context, args, 'Folder', 'img or img/2026', async (remote, address) => {
    await revealRow(context.view, async () => {
      await remote.makeFolder(address.path, neverAborted());
      context.changes.fire({ ...address, kind: 'created' });
      return context.tree.find(address, 'folder');
    });
  });
}

/** Asks for the folder and a name in it, and creates the item. */
async function create(
  context: CommandContext,
  args: readonly unknown[],
  what: 'File' | 'Folder',
  example: string,
  store: (remote: Remote, address: RemoteAddress) => Promise<void>,
): Promise<void> {
  const noun = what.toLowerCase();
  const folder = await resolveFolder(context, args, `New ${noun} in which folder?`, `New ${what} Here`);
  const name = folder && (await askPathPart(`New ${noun} in ${formatAddress(folder)}`, example));
  if (!folder || name === undefined) return;
  const address = { remote: folder.remote, path: joinPath(folder.path, name) };
  await runWithErrorMessage(context, `Can't create ${formatAddress(address)}`, address.remote, async () =>
    store(await context.app.openRemote(address.remote), address),
  );
}

async function askPathPart(title: string, example: string): Promise<string | undefined> {
  const typed = await window.showInputBox({
    title,
    prompt: 'Name, or a path with "/"',
    placeHolder: example,
    validateInput: (text) => {
      const problem = text === '' ? undefined : pathProblem(text);
      return problem && `This name ${problem}.`;
    },
  });
  return typed || undefined;
}

async function newBucket(context: CommandContext, args: readonly unknown[]): Promise<void> {
  const name = await remoteForBucket(context, args);
  if (name === undefined) return;
  await runWithErrorMessage(context, `Can't create a bucket on ${name}`, name, async () => {
    const remote = await context.app.openRemote(name);
    if (!remote.features?.createBucket)
      throw new RemoteError('unsupported', `${name} doesn't support creating buckets.`);
    const bucket = await window.showInputBox({
      title: `New bucket on ${name} — Step 1 of 2`,
      prompt: '3 to 63 lowercase letters, digits, dots and hyphens. On AWS the name must be globally unique.',
      placeHolder: 'site-assets',
      validateInput: bucketNameProblem,
    });
    if (!bucket) return;
    const location = await askLocation(context, name);
    if (location === undefined) return;
    const { createBucket } = remote.features;
    const address = { remote: name, path: parsePath(bucket) };
    await revealRow(context.view, async () => {
      await createBucket(bucket, location || undefined, neverAborted());
      context.changes.fire({ ...address, kind: 'created' });
      return context.tree.find(address, 'folder');
    });
  });
}

async function remoteForBucket(
  context: CommandContext,
  args: readonly unknown[],
): Promise<string | undefined> {
  const [node] = selectedNodes(context, args);
  if (node) return remoteOf(node);
  const usable = context.app.remotes().filter((remote) => remote.problems.length === 0);
  if (usable.length < 2) return usable[0]?.settings.name;
  const items = usable.map(({ settings, backend }) => ({
    label: settings.name,
    description: backend?.describe(settings) ?? '',
  }));
  return (await window.showQuickPick(items, { placeHolder: 'New bucket on which remote?' }))?.label;
}

/** Undefined when the user cancels; empty for the default of the remote. */
async function askLocation(context: CommandContext, name: string): Promise<string | undefined> {
  const configured = context.app.remotes().find(({ settings }) => settings.name === name);
  const own = [configured?.settings['locationConstraint'], configured?.settings['region']].find(
    (value): value is string => typeof value === 'string' && value !== '',
  );
  const typed = await window.showInputBox({
    title: `New bucket on ${name} — Step 2 of 2`,
    prompt: `Region or location constraint. Leave empty for ${own ? `the region of the remote, ${own}` : 'the default of the service'}.`,
    placeHolder: own ?? 'eu-west-1',
    validateInput: (text) => (/\s/.test(text.trim()) ? "A region can't contain spaces." : undefined),
  });
  return typed?.trim();
}

/** Why the name violates the S3 rules for bucket names, as a sentence, or undefined. Some stores are stricter. Pure. */
export function bucketNameProblem(name: string): string | undefined {
  if (name === '') return undefined;
  if (/[A-Z]/.test(name)) return 'Uppercase letters are not allowed.';
  if (!/^[a-z0-9.-]*$/.test(name)) return 'Only lowercase letters, digits, dots and hyphens are allowed.';
  if (name.length < 3) return 'At least 3 characters.';
  if (name.length > 63) return 'At most 63 characters.';
  if (!/^[a-z0-9].*[a-z0-9]$/.test(name)) return 'The name must begin and end with a letter or digit.';
  if (name.includes('..')) return 'Two dots in a row are not allowed.';
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) return "The name can't look like an IP address.";
  return undefined;
}
