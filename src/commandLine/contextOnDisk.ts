import { statSync } from 'node:fs';
import os from 'node:os';
import { readTextFileSync } from '../remote/textFile';
import type { KnownRemote, ReadingContext } from './commandLine';
import type { ShellKind } from './shellKinds';

/** Pattern files are small; anything larger is not one. */
const maxPatternFileBytes = 1 << 20;

/** Whose lines people of this machine mostly paste. */
export const thisShell: ShellKind = process.platform === 'win32' ? 'windows' : 'posix';

/**
 * What lines are read with on this machine: its home folder, its clock, and what lies on its disk. `folder` is where relative paths start,
 * absolute; `shell` is what lines are of that don't show it themselves.
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

/** A path that can't be looked at (too long, of a locked folder) has no kind. */
function kindOf(path: string): 'file' | 'folder' | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found?.isDirectory() ? 'folder' : found?.isFile() ? 'file' : undefined;
  } catch {
    return undefined;
  }
}
