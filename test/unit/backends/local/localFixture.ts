import fs from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { openLocalRemote } from '../../../../src/backends/local/localRemote';
import { ownThread } from '../../../support/bothThreads';
import { temporaryFolder } from '../../../support/temporaryFolder';

/** A remote on `folder`, and a folder outside of it. */
export function given(t: TestContext) {
  const base = temporaryFolder(t);
  const folder = path.join(base, 'root');
  const outside = path.join(base, 'outside');
  fs.mkdirSync(folder);
  fs.mkdirSync(outside);
  const at = (...parts: string[]) => path.join(folder, ...parts);
  const put = (file: string, content = 'x') => {
    fs.mkdirSync(path.dirname(at(file)), { recursive: true });
    fs.writeFileSync(at(file), content);
  };
  return { folder, outside, at, put, remote: openLocalRemote({ root: folder, ownThread: ownThread() }) };
}
