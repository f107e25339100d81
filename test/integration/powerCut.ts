import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { Remote } from '../../src/remote/remote';
import type { RemotePath } from '../../src/remote/remotePath';

interface ForcedFile {
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

/** Remembers what was forced to the disk, so as to tell what a power cut would leave. */
export interface PowerCut {
  /** How many files and folders were forced to the disk. */
  readonly forced: { files: number; folders: number };
  /** Throws unless the file, its times, its name and all folders from `top` on would still be there. */
  mustSurvive(file: string, top: string): void;
  /** The same of its name and the folders alone. */
  nameMustSurvive(file: string, top: string): void;
}

const identity = ({ dev, ino }: fs.BigIntStats) => `${dev}:${ino}`;

/** Watches from now on until the test ends. Undefined, and the test skipped aloud, where the system doesn't tell what is open. */
export function watchPowerCuts(
  t: TestContext,
  error?: () => NodeJS.ErrnoException | undefined,
): PowerCut | undefined {
  if (!fs.existsSync('/proc/self/fd')) {
    t.skip('this system does not tell what is open');
    return undefined;
  }
  const files = new Map<string, ForcedFile>();
  const folders = new Map<string, ReadonlyMap<string, string>>();
  const forced = { files: 0, folders: 0 };
  const { fsync } = fs;
  t.mock.method(fs, 'fsync', (descriptor: number, done: (error: Error | null) => void) => {
    const failure = error?.();
    if (failure) return done(failure);
    const stats = fs.fstatSync(descriptor, { bigint: true });
    const names = new Map<string, string>();
    if (stats.isDirectory()) {
      const folder = `/proc/self/fd/${descriptor}`;
      for (const name of fs.readdirSync(folder)) {
        // A temporary file may be removed meanwhile.
        const there = fs.lstatSync(path.join(folder, name), { bigint: true, throwIfNoEntry: false });
        if (there) names.set(name, identity(there));
      }
    }
    fsync(descriptor, (failed) => {
      if (stats.isDirectory()) {
        folders.set(identity(stats), names);
        forced.folders++;
      } else {
        files.set(identity(stats), stats);
        forced.files++;
      }
      done(failed);
    });
  });
  const nameMustSurvive = (file: string, top: string) => {
    for (let at = file; at !== top; at = path.dirname(at)) {
      const folder = fs.statSync(path.dirname(at), { bigint: true });
      const child = identity(fs.lstatSync(at, { bigint: true }));
      const names = folders.get(identity(folder));
      assert.equal(names?.get(path.basename(at)), child, `the name ${at} is not on the disk`);
    }
  };
  return {
    forced,
    nameMustSurvive,
    mustSurvive(file, top) {
      const stats = fs.statSync(file, { bigint: true });
      const kept = files.get(identity(stats));
      assert.ok(kept, `the content of ${file} is not on the disk`);
      assert.equal(kept.size, stats.size, `the content of ${file} is not all on the disk`);
      assert.equal(kept.mtimeNs, stats.mtimeNs, `the time of ${file} is not on the disk`);
      nameMustSurvive(file, top);
    },
  };
}

/** The same remote; `check` is told of each file just before it is removed, and may throw. */
export function beforeRemoval(remote: Remote, check: (file: RemotePath) => void): Remote {
  const { removeFiles } = remote;
  return {
    ...remote,
    get capabilities() {
      return remote.capabilities;
    },
    removeFile: (file, ...rest) => {
      check(file);
      return remote.removeFile(file, ...rest);
    },
    ...(removeFiles && {
      removeFiles: (files, ...rest) => {
        for (const file of files) check(file);
        return removeFiles.call(remote, files, ...rest);
      },
    }),
  };
}
