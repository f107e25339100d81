// Stands in for the editor's module in tests under plain Node; only what pure code touches.

/** The parts of a Uri, as given. How the real one writes and reads text is tested in the real editor. */
export class Uri {
  private constructor(
    readonly scheme: string,
    readonly authority: string,
    readonly path: string,
  ) {}

  static from(parts: { scheme: string; authority?: string; path?: string }): Uri {
    return new Uri(parts.scheme, parts.authority ?? '', parts.path ?? '');
  }
}
