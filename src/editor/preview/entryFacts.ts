import type { Formatter } from '../../preview/format';
import type { FileEntry } from '../../remote/entry';
import { instantToMs } from '../../remote/modifiedTime';

type FactFormat = Pick<Formatter, 'bytes' | 'count' | 'exactTime'>;

/**
 * Writes the facts of a file as lines, always in the same order, so that a diff can compare two files. Omits unknown facts. Pure.
 */
export function entryFacts(where: string, entry: FileEntry, format: FactFormat): string {
  const time = (instant: FileEntry['modified']) => instant && format.exactTime(instantToMs(instant));
  const facts: [string, string | undefined][] = [
    ['File', where],
    ['Size', `${format.bytes(entry.size)} (${format.count(entry.size)} bytes)`],
    ['Modified', time(entry.modified)],
    ['Uploaded', time(entry.serverModified)],
    ['MD5', entry.md5],
    ['ETag', entry.version === entry.md5 ? undefined : entry.version],
    ['Storage class', entry.storageClass],
    ['Note', entry.readonly],
  ];
  const width = Math.max(...facts.map(([name]) => name.length)) + 2;
  return `${facts
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name.padEnd(width)}${value}`)
    .join('\n')}\n`;
}

/** Whether the first bytes of a file are not text. Recognises UTF-16 and UTF-32 by their byte order marks. Pure. */
export function looksBinary(start: Uint8Array): boolean {
  const [a, b] = start;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return false;
  return start.includes(0);
}
