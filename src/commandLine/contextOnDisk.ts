import { statSync } from 'node:fs';
import os from 'node:os';
import { readTextFileSync } from '../remote/textFile';
import type { KnownRemote, ReadingContext } from './commandLine';
import type { ShellKind } from './shell/shellKinds';

/** Larger files are not pattern files. */
const maxPatternFileBytes = 1 << 20;

/** The most likely shell of pasted lines on this machine. */
export const thisShell: ShellKind = process.platform === 'win32' ? 'windows' : 'posix';

/**
 * The context of this machine: home folder, clock and disk. Relative paths start from the absolute `folder`; `shell` is for lines that
 * don't show their shell.
 */
export function contextOnDisk(
  remotes: readonly KnownRemote[],
  folder: string | undefined,
  shell: ShellKind = thisShell,
): ReadingContext {
  return {
    remotes,
    ...(folder !== undefined && { folder }),
    home: os.homedir(),
    shell,
    now: Date.now(),
    kindOf,
    readFile: (path) => readTextFileSync(path, maxPatternFileBytes),
  };
}

/** A path that can't be read (too long, in a locked folder) has no kind. */
function kindOf(path: string): 'file' | 'folder' | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found?.isDirectory() ? 'folder' : found?.isFile() ? 'file' : undefined;
  } catch {
    return undefined;
  }
}
