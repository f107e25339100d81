import type { Remote, RemoteFeatures } from '../remote';
import { RemoteError } from '../remoteError';

/** The same remote for reading alone: planning gets this one, so that a preview can't write. Every change throws `unsupported`. */
export function readOnly(inner: Remote): Remote {
  const refuse = async (): Promise<never> => {
    throw new RemoteError('unsupported', 'Nothing is written while a plan is being made.');
  };
  const { readToBuffer, computeMd5, listRecursive, features } = inner;
  return {
    get capabilities() {
      return inner.capabilities;
    },
    list: (folder, options, signal) => inner.list(folder, options, signal),
    ...(listRecursive && {
      listRecursive: (folder, options, signal) => listRecursive.call(inner, folder, options, signal),
    }),
    stat: (path, signal) => inner.stat(path, signal),
    read: (path, options, signal) => inner.read(path, options, signal),
    ...(readToBuffer && { readToBuffer: (file, signal) => readToBuffer.call(inner, file, signal) }),
    ...(computeMd5 && { computeMd5: (file, signal) => computeMd5.call(inner, file, signal) }),
    write: refuse,
    removeFile: refuse,
    makeFolder: refuse,
    removeFolder: refuse,
    ...(inner.removeFolderMark && { removeFolderMark: refuse }),
    ...(inner.removeFiles && { removeFiles: refuse }),
    ...(inner.serverSideCopy && { serverSideCopy: refuse }),
    ...(inner.serverSideCopyFrom && { serverSideCopyFrom: refuse }),
    ...(inner.serverSideMove && { serverSideMove: refuse }),
    ...(inner.serverSideMoveFolder && { serverSideMoveFolder: refuse }),
    ...(inner.trashFolder && { trashFolder: refuse }),
    ...(inner.makeDurable && { makeDurable: refuse }),
    ...(inner.setModifiedTime && { setModifiedTime: refuse }),
    ...(features && { features: readingExtras(features, refuse) }),
  };
}

function readingExtras(extras: RemoteFeatures, refuse: () => Promise<never>): RemoteFeatures {
  return {
    ...(extras.shareLink && { shareLink: extras.shareLink.bind(extras) }),
    ...(extras.properties && { properties: extras.properties.bind(extras) }),
    ...(extras.versionKeeping && { versionKeeping: extras.versionKeeping.bind(extras) }),
    ...(extras.quota && { quota: extras.quota.bind(extras) }),
    ...(extras.createBucket && { createBucket: refuse }),
  };
}
