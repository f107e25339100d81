import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { DriveNode, NodeContent } from './driveNode';
import type { ContentStore } from './storedBytes';

/** One line of a journal: the new state of a node, or the era of the checkpoints. */
export type JournalLine = { readonly node: DriveNode } | { readonly era: string };

/** Writes every change of one drive to a file, a JSON line each; the next run reads the drive from the file. */
export class Journal {
  private readonly file: string;
  private waiting = '';
  private timer: NodeJS.Immediate | undefined;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.file = path.join(folder, 'nodes.jsonl');
  }

  /** The lines of earlier runs, oldest first, up to a line that a crash cut off. */
  *read(contents: ContentStore): Generator<JournalLine> {
    if (!existsSync(this.file)) return;
    for (const line of readFileSync(this.file, 'utf8').split('\n')) {
      if (line === '') continue;
      let parsed: StoredNode | { era: string };
      try {
        parsed = JSON.parse(line);
      } catch {
        return;
      }
      yield 'era' in parsed ? parsed : { node: revived(parsed, contents) };
    }
  }

  node(node: DriveNode): void {
    const { content } = node;
    this.append({ ...node, content: content && { ...content, stored: content.stored.file ?? '' } });
  }

  era(era: string): void {
    this.append({ era });
  }

  /** Writes the pending lines now. */
  flush(): void {
    if (this.timer !== undefined) clearImmediate(this.timer);
    this.timer = undefined;
    if (this.waiting !== '') appendFileSync(this.file, this.waiting);
    this.waiting = '';
  }

  private append(line: StoredNode | { era: string }): void {
    this.waiting += `${JSON.stringify(line)}\n`;
    this.timer ??= setImmediate(() => this.flush());
  }
}

type StoredNode = Omit<DriveNode, 'content'> & {
  content: (Omit<NodeContent, 'stored'> & { stored: string }) | undefined;
};

function revived(line: StoredNode, contents: ContentStore): DriveNode {
  const { content, ...node } = line;
  return {
    ...node,
    // JSON leaves out undefined values.
    name: node.name ?? undefined,
    trashedAt: node.trashedAt ?? undefined,
    trashedWith: node.trashedWith ?? undefined,
    content: content && {
      ...content,
      stored: contents.onDisk(content.stored, content.size, content.md5),
    },
  };
}
