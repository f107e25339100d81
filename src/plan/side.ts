import type { Remote } from '../remote/remote';
import type { RemotePath } from '../remote/remotePath';
import type { Place } from './plan';

/** One side of a plan, opened: the remote, where the tree starts in it, and the place that both stand for. */
export interface Side {
  readonly remote: Remote;
  readonly root: RemotePath;
  readonly place: Place;
}
