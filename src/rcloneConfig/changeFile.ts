import { randomBytes } from 'node:crypto';
import { open, readFile, realpath, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { RemoteError } from '../remote/remoteError';

/** More than any configuration has; what is larger is another file. */
const mostBytes = 16 * 1024 * 1024;

/** The text of a configuration file; undefined when there is none. Throws RemoteError `other` when it can't be read, naming the file. */
export async function readConfigFile(file: string): Promise<string | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new RemoteError('other', `${file} can't be read: ${code ?? message}.`, { cause: error });
  }
  if (bytes.length > mostBytes)
    throw new RemoteError('damaged', `${file} is too large for a configuration of rclone.`);
  return bytes.toString();
}

/**
 * Writes what `change` makes of the file's text (empty when there is no file). It is written aside, readable by the owner only, and then put in
 * place, so that nobody ever sees half of it; a link is followed. Throws RemoteError `changed` when somebody else wrote to the file meanwhile,
 * `other` when it can't be written, and what `change` throws.
 */
export async function changeConfigFile(file: string, change: (text: string) => string): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const before = await readConfigFile(target);
  const text = change(before ?? '');
  const aside = path.join(
    path.dirname(target),
    `.${path.basename(target)}.${randomBytes(6).toString('hex')}`,
  );
  try {
    const handle = await open(aside, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if ((await readConfigFile(target)) !== before)
      throw new RemoteError('changed', `${file} was changed meanwhile. Try again.`);
    await rename(aside, target);
  } catch (error) {
    await rm(aside, { force: true }).catch(() => {});
    if (error instanceof RemoteError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new RemoteError('other', `${file} can't be written: ${code ?? message}.`, { cause: error });
  }
}
