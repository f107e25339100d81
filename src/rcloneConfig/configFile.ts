import { randomBytes } from 'node:crypto';
import { open, realpath, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { RemoteError } from '../remote/remoteError';
import { decodeFile, readBytes, undecodable } from '../remote/textFile';

/**
 * Replaces the text of a file (empty when there is no file) by `change(text)`. The write is atomic through a temporary file with mode
 * 0600; it follows a link and keeps a byte order mark. Throws RemoteError `changed` when another program wrote to the file meanwhile,
 * `other` when it can't be written, `corrupted` when rclone can't read it as text, and errors of `change`.
 */
export async function changeConfigFile(file: string, change: (text: string) => string): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const before = await readBytes(target);
  const { text: was, mark } = before ? writableText(before, file) : { text: '', mark: '' };
  const text = `${mark}${change(was)}`;
  const temporary = path.join(
    path.dirname(target),
    `.${path.basename(target)}.${randomBytes(6).toString('hex')}`,
  );
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    const now = await readBytes(target);
    if (now === undefined ? before !== undefined : before === undefined || !Buffer.from(now).equals(before))
      throw new RemoteError('changed', `${file} was changed meanwhile. Try again.`);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    if (error instanceof RemoteError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new RemoteError('other', `${file} can't be written: ${code ?? message}.`, { cause: error });
  }
}

/** rclone reads only UTF-8, so nothing is added to a file in another encoding. */
function writableText(bytes: Uint8Array, file: string): { text: string; mark: string } {
  const { text, encoding } = decodeFile(bytes, file);
  if (encoding === 'utf16le' || encoding === 'utf16be')
    throw undecodable(file, "is UTF-16, which rclone can't read");
  return { text, mark: encoding === 'utf8bom' ? '\uFEFF' : '' };
}

/** The paths where rclone looks for its configuration; it uses the first that exists. RCLONE_CONFIG comes first. */
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
