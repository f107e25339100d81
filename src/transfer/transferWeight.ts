/** Small files at once. Measured with small files against a local server: more gains nothing, and slow links gain from this many. */
export const defaultTransfers = 16;

/** From this size on a file is moved in parts or for long, so that few at once fill the line. */
const largeBytes = 8 * 1024 * 1024;

/** How many of `transfers` places a file of so many bytes takes: large ones a quarter, which bounds the memory of their parts. */
export function transferWeight(bytes: number, transfers: number): number {
  return bytes >= largeBytes ? Math.ceil(transfers / 4) : 1;
}
