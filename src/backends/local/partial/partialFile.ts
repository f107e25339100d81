import { lstat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import type { ResumableWrite } from '../../../remote/remote';
import type { OpenFile } from '../openFile';
import {
  hasTemporaryForm,
  isTemporary,
  removeLeftoversOf,
  temporaryName,
  useTemporary,
} from '../temporaryNames';

/** A temporary file; `continues` when an earlier attempt wrote a part of it. */
export interface PartialName {
  readonly path: string;
  readonly continues: boolean;
}

type Facts = ResumableWrite['recorded'];

/** The temporary file beside `final` that an earlier attempt recorded, if it is still there; otherwise a new name, which is recorded. */
export async function partialName(final: string, resume: ResumableWrite): Promise<PartialName> {
  const found = await findPartial(path.dirname(final), resume.recorded);
  if (found !== undefined) {
    useTemporary(found);
    resume.record({ continued: true });
    return { path: found, continues: true };
  }
  const file = temporaryName(final, true);
  resume.record({ temporary: path.basename(file) });
  return { path: file, continues: false };
}

/** Removes what an interrupted write of `name` in `folder` left: the file that it recorded, or any that was not to be continued. */
export async function removePartial(folder: string, name: string, recorded: Facts): Promise<void> {
  const found = await findPartial(folder, recorded);
  if (found !== undefined) await unlink(found);
  if (recorded.length === 0) await removeLeftoversOf(folder, name);
}

/** The path of the recorded temporary file in `folder`; undefined when nothing of ours is there. */
async function findPartial(folder: string, recorded: Facts): Promise<string | undefined> {
  const name = recorded.findLast((fact) => 'temporary' in fact)?.['temporary'];
  // The journal is only a file: no other name may become a path.
  if (typeof name !== 'string' || name !== path.basename(name) || !hasTemporaryForm(name)) return undefined;
  const file = path.join(folder, name);
  const stats = await lstat(file, { bigint: true }).catch(() => undefined);
  return stats?.nlink === 1n && isTemporary(name, stats) ? file : undefined;
}

/** The ranges of a temporary file that are complete, each with its CRC32. */
export class RecordedRanges {
  /** How often a process ended in the middle of the write, without a cancel. */
  readonly crashes: number;
  /** The CRC32 and the end of each range, by its start. */
  private readonly known = new Map<unknown, { readonly to: unknown; readonly crc: unknown }>();

  constructor(private readonly resume: ResumableWrite) {
    const { recorded } = resume;
    const count = (name: string) => recorded.filter((fact) => name in fact).length;
    this.crashes = Math.max(0, count('continued') - count('cancelled'));
    const named = recorded.findLastIndex((fact) => 'temporary' in fact);
    for (const { from, to, crc } of recorded.slice(named + 1)) this.known.set(from, { to, crc });
  }

  /** Whether the range from `start` on that fills `into` is in the file as it was recorded. Throws errors of `node:fs`. */
  async holds(file: OpenFile, start: number, into: Buffer): Promise<boolean> {
    const range = this.known.get(start);
    if (range?.to !== start + into.length) return false;
    return (await file.fill(into, start)) && crc32(into) === range.crc;
  }

  /** Call it once `content` is in the file. */
  add(start: number, content: Uint8Array): void {
    this.resume.record({ from: start, to: start + content.byteLength, crc: crc32(content) });
  }

  /** The user stopped the write. */
  cancelled(): void {
    this.resume.record({ cancelled: true });
  }
}
