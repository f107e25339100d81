/** Estimates the speed and the remaining time of a run. Pure: the caller passes the current time in milliseconds. */
export class RunMeter {
  private readonly samples: { at: number; bytes: number; files: number }[];

  /** `files` and `bytes` are the totals of the run. */
  constructor(
    private readonly files: number,
    private readonly bytes: number,
    private readonly startedAt: number,
  ) {
    this.samples = [{ at: startedAt, bytes: 0, files: 0 }];
  }

  /** Adds a sample: bytes and files finished so far, including failed ones. Call it a few times a second. */
  sample(now: number, bytes: number, files: number): void {
    this.samples.push({ at: now, bytes, files });
    // Uses the samples of the last ten seconds, and at least two samples.
    while (this.samples.length > 2 && (this.samples[1]?.at ?? now) < now - 10_000) this.samples.shift();
  }

  /** Undefined until there are enough samples. */
  bytesPerSecond(): number | undefined {
    const { seconds, bytes } = this.recent();
    return seconds < 0.5 || bytes <= 0 ? undefined : bytes / seconds;
  }

  /**
   * Milliseconds left; undefined until there are enough samples. The number of files limits small files, the bytes limit large
   * ones: returns the longer estimate.
   */
  left(): number | undefined {
    const { seconds, bytes, files } = this.recent();
    const last = this.samples.at(-1);
    if (!last || last.at - this.startedAt < 1500 || seconds < 0.5) return undefined;
    if (bytes <= 0 && files <= 0) return undefined;
    const byBytes = bytes > 0 ? ((this.bytes - last.bytes) / bytes) * seconds : 0;
    const byFiles = files > 0 ? ((this.files - last.files) / files) * seconds : 0;
    // The number of files is no measure until one has finished.
    return Math.max(0, byBytes, bytes > 0 && last.files < 3 ? 0 : byFiles) * 1000;
  }

  private recent(): { seconds: number; bytes: number; files: number } {
    const first = this.samples[0];
    const last = this.samples.at(-1);
    if (!first || !last) return { seconds: 0, bytes: 0, files: 0 };
    return {
      seconds: (last.at - first.at) / 1000,
      bytes: last.bytes - first.bytes,
      files: last.files - first.files,
    };
  }
}
