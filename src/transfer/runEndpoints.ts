import type { Remote } from '../remote/remote';
import type { RemotePath } from '../remote/remotePath';

/** One side of a run: a remote and the folder in it that the plan's paths are relative to. */
export interface Endpoint {
  readonly remote: Remote;
  readonly root: RemotePath;
}

export interface RunEndpoints {
  readonly source: Endpoint;
  readonly target: Endpoint;
  /** Where overwritten and deleted target files are kept. Absent when nowhere. */
  readonly backup?: Endpoint | undefined;
}
