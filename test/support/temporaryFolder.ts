import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';

/** A new folder, without links in its path, that is removed when the test ends. */
export function temporaryFolder(t: TestContext): string {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-')));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}
