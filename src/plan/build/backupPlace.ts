import path from 'node:path';
import { RemoteError } from '../../remote/remoteError';
import { parsePath, pathProblem } from '../../remote/remotePath';
import { type Place, placeText } from '../model/plan';

/**
 * The place of `backupFolder` for this target (R23): a full path of the target's remote, or an absolute path for a target on this machine.
 * `{date}` becomes the time of the plan in UTC, as `2026-11-26T101500Z`. Throws RemoteError `badSettings` for a path that can't be used.
 * Does not check whether the folder overlaps a side of the plan.
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
          `must be an absolute path of this machine, as the target ${placeText(target)} is a folder of it`,
        );
      return { kind: 'folder', path: path.resolve(text) };
    case 'uri':
      throw bad(
        folder,
        `can't be used, as the target ${placeText(target)} is a folder of a virtual workspace. Leave the option out`,
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
