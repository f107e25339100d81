/** Concurrent small files. Measured against a local server: more gain nothing, and slow links need this many. */
export const defaultTransfers = 16;

/** From this size on, a few concurrent files use the whole bandwidth. */
const largeBytes = 8 * 1024 * 1024;

/** The weight of a file among `transfers`: a quarter for large files, which bounds the memory of their parts, else 1. */
export function transferWeight(bytes: number, transfers: number): number {
  return bytes >= largeBytes ? Math.ceil(transfers / 4) : 1;
}
