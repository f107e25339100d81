/**
 * Calls `work` for 0…count−1, at most `concurrency` at once, and returns the results in order. After a failure no further call starts,
 * running calls are stopped and awaited, and the first error is thrown; or the signal's reason.
 */
export async function mapConcurrent<T>(
  count: number,
  concurrency: number,
  signal: AbortSignal,
  work: (index: number, stop: AbortSignal) => Promise<T>,
): Promise<T[]> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const results: T[] = [];
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  const worker = async () => {
    while (next < count && !stop.aborted) {
      const index = next++;
      try {
        results[index] = await work(index, stop);
      } catch (error) {
        failure ??= { error };
        failed.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker));
  signal.throwIfAborted();
  if (failure) throw failure.error;
  return results;
}
