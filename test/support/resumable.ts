import type { ResumableWrite } from '../../src/remote/remote';

type Fact = Readonly<Record<string, unknown>>;

/** The record of a write in memory. `again` is the record as another process reads it. */
export interface MemoryRecord extends ResumableWrite {
  readonly recorded: Fact[];
  again(): MemoryRecord;
}

/** `keptWhile` is a file that exists by default. */
export function memoryRecord(facts: readonly Fact[] = [], keptWhile = process.execPath): MemoryRecord {
  const recorded = [...facts];
  return {
    recorded,
    record: (fact) => void recorded.push(fact),
    keptWhile,
    again: () => memoryRecord(JSON.parse(JSON.stringify(recorded)), keptWhile),
  };
}
