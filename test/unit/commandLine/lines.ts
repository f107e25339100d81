import assert from 'node:assert/strict';
import {
  isUndecided,
  type KnownRemote,
  type ReadCommand,
  type ReadingContext,
  type ReadPlace,
} from '../../../src/commandLine/commandLine';
import { isProblem } from '../../../src/commandLine/lineProblem';
import { readCommandLine } from '../../../src/commandLine/readCommandLine';
import { placeText } from '../../../src/plan/model/plan';

/** One remote of AWS, one with an endpoint, and one that is not S3. */
export const remotes: readonly KnownRemote[] = [
  { name: 'aws', kind: 's3', profile: 'work', region: 'eu-west-1' },
  { name: 'lab', kind: 's3', endpoint: 'http://localhost:9000', region: 'us-east-1' },
  { name: 'drive', kind: 'drive' },
];

const files: Readonly<Record<string, string>> = {
  '/project/list.txt': '# comment\n*.log\n; other\n\n  tmp/**  \n',
  '/project/rules.txt': '+ *.css\n- *\n',
  '/project/names.txt': '/a.txt\nsub/b.txt\n',
  '/project/bad.txt': '*.css\n',
  '/project/only-in.txt': '+ *.css\n\n; pictures\n+ *.jpg\n',
  '/project/empty.txt': '# nothing\n',
};

/** `/project` is open, with the file `a.txt` and the folder `dist`. */
export const context: ReadingContext = {
  remotes,
  folder: '/project',
  home: '/home/me',
  readFile: (path) => files[path],
  kindOf: (path) =>
    (({ '/project/a.txt': 'file', '/project/dist': 'folder' }) as const)[path as '/project/dist'],
  now: Date.UTC(2026, 0, 31),
};

export function read(text: string, changes: Partial<ReadingContext> = {}): ReadCommand {
  const command = readCommandLine(text, { ...context, ...changes });
  assert.ok(!isProblem(command), `${text}: ${isProblem(command) ? command.problem : ''}`);
  return command;
}

export function problemOf(text: string, changes: Partial<ReadingContext> = {}): string {
  const command = readCommandLine(text, { ...context, ...changes });
  assert.ok(isProblem(command), `${text} was read`);
  return command.problem;
}

/** The place as an address, or "one of" and the candidates. */
export function textOf(side: ReadPlace): string {
  return isUndecided(side) ? `one of ${side.candidates.join(', ')}` : placeText(side.place);
}
