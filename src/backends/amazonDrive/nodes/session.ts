import type { Clock } from '../../../base/clock';
import type { Log } from '../../../base/log';
import type { DriveApi } from '../api/driveApi';
import type { DriveNames } from '../names/driveNames';
import type { NodeCache } from '../paths/nodeCache';
import type { NodeResolver } from '../paths/nodeResolver';
import type { PlaceCheck } from '../paths/placeCheck';
import type { RecentWrites } from '../paths/recentWrites';
import type { CorruptOverwrites } from './corruptOverwrites';

/** An open remote of one account: the objects that every operation works with. */
export interface DriveSession {
  readonly api: DriveApi;
  readonly names: DriveNames;
  readonly cache: NodeCache;
  readonly recentWrites: RecentWrites;
  readonly nodes: NodeResolver;
  readonly placeCheck: PlaceCheck;
  readonly corruptOverwrites: CorruptOverwrites;
  readonly clock: Clock;
  readonly log: Log;
  /** Files of this many bytes or more are downloaded by a temporary link. */
  readonly tempLinkThreshold: number;
  readonly uploadWaitPerGiBMs: number;
  /** Largest file in bytes; undefined = no limit. */
  readonly maxSize: number | undefined;
}
