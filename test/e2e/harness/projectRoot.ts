import { createRequire } from 'node:module';
import path from 'node:path';

/** The project's folder; the runners that bundle the tests pass it on. */
export const projectRoot = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();

/** Where the current editor and its packages are installed. */
export const editorFolder = path.join(projectRoot, 'test', 'e2e');

/** Loads a package of test/e2e, which the project's own packages don't include. Throws when it is not installed. */
export function requireEditorPackage<T>(name: string): T {
  return createRequire(path.join(editorFolder, 'package.json'))(name) as T;
}
