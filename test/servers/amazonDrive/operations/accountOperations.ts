import type { Reply } from '../../http/reply';
import { isoTime } from '../store/driveNode';
import { type Exchange, jsonReply } from './exchange';

/** The quota of every account, in bytes. */
const QUOTA = 100 * 1024 ** 3;

/** GET account/endpoint. */
export function endpoint({ origin }: Exchange): Reply {
  return jsonReply(200, {
    customerExists: true,
    contentUrl: `${origin}/cdproxy/`,
    metadataUrl: `${origin}/drive/v1/`,
  });
}

/** GET account/info. */
export function accountInfo(): Reply {
  return jsonReply(200, { termsOfUse: '1.0.0', status: 'ACTIVE' });
}

/** GET account/quota. */
export function quota({ drive, now }: Exchange): Reply {
  let used = 0;
  for (const node of drive.all()) used += node.content?.size ?? 0;
  return jsonReply(200, {
    quota: QUOTA,
    lastCalculated: isoTime(now),
    available: Math.max(0, QUOTA - used),
  });
}

/** GET account/usage. */
export function usage({ drive, now }: Exchange): Reply {
  const totals = new Map(
    ['other', 'doc', 'photo', 'video'].map((category) => [category, { bytes: 0, count: 0 }]),
  );
  for (const node of drive.all()) {
    const total = node.content && totals.get(categoryOf(node.content.contentType));
    if (node.content === undefined || total === undefined) continue;
    total.bytes += node.content.size;
    total.count++;
  }
  const categories = [...totals].map(([category, total]) => [category, { total, billable: total }]);
  return jsonReply(200, { lastCalculated: isoTime(now), ...Object.fromEntries(categories) });
}

function categoryOf(contentType: string): string {
  if (contentType.startsWith('image/')) return 'photo';
  if (contentType.startsWith('video/')) return 'video';
  return /^text\/|pdf|word|document/.test(contentType) ? 'doc' : 'other';
}
