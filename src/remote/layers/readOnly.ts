import type { Remote, RemoteFeatures } from '../remote';
import { RemoteError } from '../remoteError';
import { wrapRemote } from './operations';

/** The same remote for planning, which must not write: every change throws `unsupported`. */
export function readOnly(inner: Remote): Remote {
  const remote = wrapRemote(inner, {
    call: (_name, { writes }, _args, call) => (writes ? refuse() : call()),
    pages: (_text, open) => open(),
  });
  return Object.assign(remote, inner.features && { features: readOnlyFeatures(inner.features) });
}

async function refuse(): Promise<never> {
  throw new RemoteError('unsupported', 'Nothing is written while a plan is being made.');
}

function readOnlyFeatures(features: RemoteFeatures): RemoteFeatures {
  return {
    ...(features.shareLink && { shareLink: features.shareLink.bind(features) }),
    ...(features.properties && { properties: features.properties.bind(features) }),
    ...(features.versionKeeping && { versionKeeping: features.versionKeeping.bind(features) }),
    ...(features.quota && { quota: features.quota.bind(features) }),
    ...(features.createBucket && { createBucket: refuse }),
  };
}
