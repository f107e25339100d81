import { readdirSync } from 'node:fs';
import path from 'node:path';

/** Absolute paths of the files below `folder` whose path matches `pattern`; node_modules are left out. */
export function globSync(folder, pattern) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => !file.includes(`${path.sep}node_modules${path.sep}`) && pattern.test(file));
}
