import { randomBytes } from 'node:crypto';
import { open, realpath, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { RemoteError } from '../remote/remoteError';
import { decodeText, readBytes, readTextFile, undecodable } from '../remote/textFile';

/**
 * The text of a configuration file; undefined when there is none. Throws RemoteError `other` when it can't be read and `damaged` when it is no
 * text, naming the file.
 */
export function readConfigFile(file: string): Promise<string | undefined> {
  return readTextFile(file);
}

/**
 * Writes what `change` makes of the file's text (empty when there is no file). It is written aside, readable by the owner only, and then put in
 * place, so that nobody ever sees half of it; a link is followed, and a byte order mark stays. Throws RemoteError `changed` when somebody else wrote to the file meanwhile,
 * `other` when it can't be written, `damaged` when rclone couldn't read it as text, and what `change` throws.
 */
export async function changeConfigFile(file: string, change: (text: string) => string): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const before = await readBytes(target);
  const { text: was, mark } = before ? writableText(before, file) : { text: '', mark: '' };
  const text = `${mark}${change(was)}`;
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
    const now = await readBytes(target);
    if (now === undefined ? before !== undefined : before === undefined || !Buffer.from(now).equals(before))
      throw new RemoteError('changed', `${file} was changed meanwhile. Try again.`);
    await rename(aside, target);
  } catch (error) {
    await rm(aside, { force: true }).catch(() => {});
    if (error instanceof RemoteError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new RemoteError('other', `${file} can't be written: ${code ?? message}.`, { cause: error });
  }
}

/** rclone reads UTF-8 only: what it can't read is not added to. */
function writableText(bytes: Uint8Array, file: string): { text: string; mark: string } {
  const decoded = decodeText(bytes);
  if ('problem' in decoded) throw undecodable(file, decoded.problem);
  const { text, encoding } = decoded;
  if (encoding === 'utf16le' || encoding === 'utf16be')
    throw undecodable(file, "is UTF-16, which rclone can't read");
  return { text, mark: encoding === 'utf8bom' ? '\uFEFF' : '' };
}

/** Where rclone looks for its configuration, first found first used: what RCLONE_CONFIG names, then rclone's own places. */
export function rcloneConfigPaths(
  env: Readonly<Record<string, string | undefined>>,
  home: string,
  platform: NodeJS.Platform,
): readonly string[] {
  const join = platform === 'win32' ? path.win32.join : path.posix.join;
  const named = env['RCLONE_CONFIG'];
  const places = [
    ...(named ? [named] : []),
    ...(platform === 'win32' && env['APPDATA'] ? [join(env['APPDATA'], 'rclone', 'rclone.conf')] : []),
    ...(env['XDG_CONFIG_HOME'] ? [join(env['XDG_CONFIG_HOME'], 'rclone', 'rclone.conf')] : []),
    join(home, '.config', 'rclone', 'rclone.conf'),
    join(home, '.rclone.conf'),
  ];
  return [...new Set(places)];
}
