/** Check name → what the server does instead. */
export type Gaps = Readonly<Record<string, string>>;

/**
 * Which checks each server is known to fail, in the version named in docs/s3-servers.md. A gap that has been
 * mended fails the run too, so that this list stays true.
 */
export const KNOWN_GAPS: Readonly<Record<string, Gaps>> = {
  embedded: {},
  moto: {},
  versitygw: {},
};
