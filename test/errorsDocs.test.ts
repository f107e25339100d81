import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { presentError, type RecoveryAction } from '../src/editor/window/errorMessages';
import { isTransient, mayHaveSucceeded } from '../src/remote/layers/retry';
import { RemoteError, type RemoteErrorKind } from '../src/remote/remoteError';

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();
const page = path.join(root, 'docs', 'errors.md');

const meanings: Readonly<Record<RemoteErrorKind, string>> = {
  notFound: 'Nothing is at the path.',
  alreadyExists: 'Something is at the path that must be free.',
  notAFolder: 'A file is where a folder is needed.',
  isAFolder: 'A folder is where a file is needed.',
  notEmpty: 'The folder to remove has something in it.',
  forbidden: 'The service knows who asks and refuses.',
  unauthenticated: 'Credentials or the sign-in are missing, wrong or expired.',
  rateLimited: 'The service asks to slow down.',
  unavailable: 'The network or the service failed: no connection, a timeout, a 5xx.',
  changed: 'A precondition failed: the file is not the one that was seen.',
  archived: 'The object must be restored before it can be read.',
  unsupported: 'The service cannot do this.',
  badName: 'The remote cannot store a file under this name.',
  badSettings: 'A setting of the remote is wrong.',
  quotaExceeded: 'No space is left.',
  corrupted: 'The bytes or the response are not what the service announced.',
  other: 'Everything else; the message has the code of the service.',
};

const buttons: Readonly<Record<RecoveryAction, string>> = {
  signIn: 'Sign In',
  retry: 'Try Again',
  editRemote: 'Edit Remote',
  openSettings: 'Open Settings',
  showLog: 'Show Log',
  copyCommand: 'Copy Command',
};

function errorPage(): string {
  const rows = Object.entries(meanings).map(([kind, meaning]) => {
    const error = new RemoteError(kind as RemoteErrorKind, 'x', { signIn: true, command: 'x' });
    const actions = presentError(error, '').actions.map((action) => buttons[action]);
    const retried = isTransient(error)
      ? `yes${mayHaveSucceeded(error) ? '; a write is looked up first, it may have succeeded' : ''}`
      : 'no';
    return `| \`${kind}\` | ${meaning} | ${retried} | ${actions.join(', ') || '–'} |`;
  });
  return [
    '# Errors',
    '',
    'Every error that leaves a remote is a `RemoteError` of one of these kinds (`src/remote/remoteError.ts`). A backend chooses the kind, the',
    'retry layer and the use cases decide by it, and `src/editor/window/errorMessages.ts` turns it into a message. A button appears only where it',
    'applies: Sign In needs an account, Copy Command a command that helps. A cancelled call rejects with the reason of its signal instead.',
    '',
    '`UPDATE_GOLDEN=1 node test/run.mjs test/errorsDocs.test.ts` writes this page.',
    '',
    '| Kind | Meaning | Retried | Buttons |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

test('docs/errors.md lists every kind of error with its retries and buttons', () => {
  if (process.env['UPDATE_GOLDEN']) writeFileSync(page, errorPage());
  assert.equal(readFileSync(page, 'utf8'), errorPage());
});
