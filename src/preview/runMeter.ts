/** How fast a run goes and how long it will take still. Pure: the present time is handed in, in milliseconds. */
export class RunMeter {
  private readonly samples: { at: number; bytes: number; files: number }[];

  /** `files` and `bytes`: all there is to do. */
  constructor(
    private readonly files: number,
    private readonly bytes: number,
    private readonly startedAt: number,
  ) {
    this.samples = [{ at: startedAt, bytes: 0, files: 0 }];
  }

  /** Bytes and files settled so far, those of failed files included. Call it a few times a second. */
  sample(now: number, bytes: number, files: number): void {
    this.samples.push({ at: now, bytes, files });
    // The last ten seconds tell how it goes now; two samples are kept whatever their age.
    while (this.samples.length > 2 && (this.samples[1]?.at ?? now) < now - 10_000) this.samples.shift();
  }

  /** Undefined until there is enough to go by. */
  bytesPerSecond(): number | undefined {
    const { seconds, bytes } = this.recent();
    return seconds < 0.5 || bytes <= 0 ? undefined : bytes / seconds;
  }

  /**
   * Milliseconds; undefined until there is enough to go by. Small files are held up by their number, large ones by their bytes:
   * the slower of the two tells.
   */
  left(): number | undefined {
    const { seconds, bytes, files } = this.recent();
    const last = this.samples.at(-1);
    if (!last || last.at - this.startedAt < 1500 || seconds < 0.5) return undefined;
    if (bytes <= 0 && files <= 0) return undefined;
    const byBytes = bytes > 0 ? ((this.bytes - last.bytes) / bytes) * seconds : 0;
    const byFiles = files > 0 ? ((this.files - last.files) / files) * seconds : 0;
    // Until a file has ended, their number says nothing.
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
