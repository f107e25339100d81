import path from 'node:path';
import { RemoteError } from '../../remote/remoteError';
import { parsePath, pathProblem } from '../../remote/remotePath';
import { formatPlace } from '../model/place';
import type { Place } from '../model/plan';

/**
 * The folder that `backupFolder` names for this target (R23): a whole path of the target's remote, or for a folder of this machine an
 * absolute one; `{date}` is the time of the plan in UTC, as in `2026-11-26T101500Z`. Throws RemoteError `badSettings` for what can't be such
 * a folder. Whether it overlaps a side of the plan is not looked at.
 */
export function backupPlace(folder: string, target: Place, nowMs: number): Place {
  const text = folder.replaceAll('{date}', dateText(nowMs)).trim();
  switch (target.kind) {
    case 'remote': {
      const inner = text.replace(/^\/+|\/+$/g, '');
      const problem = inner === '' ? `names no folder of the remote "${target.remote}"` : pathProblem(inner);
      if (problem !== undefined) throw bad(folder, problem);
      return { kind: 'remote', remote: target.remote, path: parsePath(inner) };
    }
    case 'folder':
      if (!path.isAbsolute(text))
        throw bad(
          folder,
          `must be an absolute path of this machine, as the target ${formatPlace(target)} is a folder of it`,
        );
      return { kind: 'folder', path: path.resolve(text) };
    case 'uri':
      throw bad(
        folder,
        `can't be used, as the target ${formatPlace(target)} is a folder of a virtual workspace. Leave the option out`,
      );
  }
}

/** Without colons, which Windows does not allow in names. */
function dateText(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 19).replaceAll(':', '')}Z`;
}

function bad(folder: string, problem: string): RemoteError {
  return new RemoteError(
    'badSettings',
    `The option "backupFolder" is ${JSON.stringify(folder)}, but it ${problem}.`,
  );
}
