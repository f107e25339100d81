import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { DriveFault } from '../servers/amazonDrive/driveServer';
import { type RcloneTests, rcloneTest, succeeded, writeFiles } from './realRcloneDrive';

type Content = string | Buffer;

/** One command of the real rclone, and what must be true after it. Lists of requests are separated by "; ". */
export interface Step {
  /** Words separated by spaces; SOURCE and TARGET stand for the local folders. */
  readonly command: string;
  /** For the standard input. */
  readonly input?: string;
  /** Changes the local files first. */
  readonly local?: Readonly<Record<string, Content>>;
  /** Changes the drive first: see `Case.given`. */
  readonly given?: Readonly<Record<string, Content>>;
  /** Path on the drive → modified time, milliseconds since the epoch. */
  readonly modified?: Readonly<Record<string, number>>;
  /** Path on the drive → another folder that gets the file too. */
  readonly links?: Readonly<Record<string, string>>;
  readonly fault?: DriveFault;
  /** Default 0; `failed` is any other code. */
  readonly code?: number | 'failed';
  readonly prints?: string | RegExp;
  readonly warns?: RegExp;
  /** All requests, in any order. */
  readonly requests?: string;
  /** All requests except look-ups and lists, in order. */
  readonly changes?: string | RegExp;
  /** One of the requests. */
  readonly includes?: string;
  /** The last requests, in order. */
  readonly ending?: string;
  readonly requestCount?: number;
  /** The paths of the drive, separated by spaces. */
  readonly tree?: string;
  /** Path on the drive → content. */
  readonly drive?: Readonly<Record<string, string>>;
  /** Path in TARGET → content. */
  readonly target?: Readonly<Record<string, Content>>;
  /** The names in the trash, separated by spaces. */
  readonly trash?: string;
  /** The node at `to` is the node that was at `from` before. */
  readonly sameNode?: { readonly from: string; readonly to: string };
}

export interface Case extends Step {
  readonly title: string;
  /** Path on the drive → content; a path that ends in "/" is a folder. */
  readonly given?: Readonly<Record<string, Content>>;
  /** Further commands in the same drive and folders. */
  readonly next?: readonly Step[];
}

export function rcloneCases(tests: RcloneTests, cases: readonly Case[]): void {
  for (const { title, next = [], ...first } of cases)
    rcloneTest(title, async () => {
      const folders = { SOURCE: tests.rclone.folder(), TARGET: tests.rclone.folder() };
      for (const step of [first, ...next]) await runStep(tests, step, folders);
    });
}

async function runStep(
  { rclone, site }: RcloneTests,
  step: Step,
  folders: Readonly<Record<'SOURCE' | 'TARGET', string>>,
): Promise<void> {
  const { drive } = rclone;
  for (const [file, content] of Object.entries(step.given ?? {}))
    if (file.endsWith('/')) drive.makeFolder(file.slice(0, -1));
    else {
      const modifiedDate = step.modified?.[file];
      drive.putFile(file, content, modifiedDate === undefined ? {} : { modifiedDate });
    }
  for (const [file, folder] of Object.entries(step.links ?? {})) drive.link(file, folder);
  writeFiles(folders.SOURCE, step.local ?? {});
  if (step.fault) site.server.addFault(step.fault);
  const node = step.sameNode && drive.nodeAt(step.sameNode.from).id;
  rclone.requests();

  const words = step.command.split(' ');
  const args = words.map((word) =>
    word.replace(/^(SOURCE|TARGET)/, (name) => folders[name as keyof typeof folders]),
  );
  const answer =
    step.input === undefined ? await rclone.run(...args) : await rclone.pipe(step.input, ...args);
  const all = rclone.requests();
  const shown = JSON.stringify({ command: step.command, requests: all });

  if (step.code === 'failed') assert.notEqual(answer.code, 0, shown);
  else if (step.code !== undefined) assert.equal(answer.code, step.code, shown);
  else succeeded(answer);
  if (typeof step.prints === 'string') assert.equal(answer.stdout, step.prints);
  else if (step.prints) assert.match(answer.stdout, step.prints);
  if (step.warns) assert.match(answer.stderr, step.warns);
  if (step.requests !== undefined) assert.deepEqual(all.toSorted(), step.requests.split('; ').sort());
  const changes = all.filter((request) => !/^(EP|RT|N\(|L\()/.test(request)).join('; ');
  if (typeof step.changes === 'string') assert.equal(changes, step.changes);
  else if (step.changes) assert.match(changes, step.changes);
  if (step.includes !== undefined) assert.ok(all.includes(step.includes), shown);
  if (step.ending !== undefined) {
    const ending = step.ending.split('; ');
    assert.deepEqual(all.slice(-ending.length), ending);
  }
  if (step.requestCount !== undefined) assert.equal(all.length, step.requestCount, shown);
  if (step.tree !== undefined) assert.deepEqual(drive.tree(), step.tree.split(' ').filter(Boolean));
  for (const [file, content] of Object.entries(step.drive ?? {}))
    assert.equal(drive.read(file).toString(), content, file);
  for (const [file, content] of Object.entries(step.target ?? {}))
    assert.ok(readFileSync(path.join(folders.TARGET, file)).equals(Buffer.from(content)), file);
  if (step.trash !== undefined)
    assert.deepEqual(
      drive
        .trashedNodes()
        .map(({ name }) => name)
        .sort(),
      step.trash.split(' ').filter(Boolean).sort(),
    );
  if (step.sameNode) assert.equal(drive.nodeAt(step.sameNode.to).id, node);
}

export const random = (bytes: number): Buffer => randomBytes(bytes);
