import type { Remote, RemoteExtras } from '../remote';
import { RemoteError } from '../remoteError';

/** The same remote for reading alone: planning gets this one, so that a preview can't write. Every change throws `unsupported`. */
export function refusingWrites(inner: Remote): Remote {
  const refuse = async (): Promise<never> => {
    throw new RemoteError('unsupported', 'Nothing is written while a plan is being made.');
  };
  const { readWhole, md5Of, listDeep, extras } = inner;
  return {
    get capabilities() {
      return inner.capabilities;
    },
    list: (folder, options, signal) => inner.list(folder, options, signal),
    ...(listDeep && { listDeep: (folder, options, signal) => listDeep.call(inner, folder, options, signal) }),
    stat: (path, signal) => inner.stat(path, signal),
    read: (path, options, signal) => inner.read(path, options, signal),
    ...(readWhole && { readWhole: (file, signal) => readWhole.call(inner, file, signal) }),
    ...(md5Of && { md5Of: (file, signal) => md5Of.call(inner, file, signal) }),
    write: refuse,
    removeFile: refuse,
    makeFolder: refuse,
    removeFolder: refuse,
    ...(inner.removeFolderMark && { removeFolderMark: refuse }),
    ...(inner.removeFiles && { removeFiles: refuse }),
    ...(inner.copyWithin && { copyWithin: refuse }),
    ...(inner.copyFrom && { copyFrom: refuse }),
    ...(inner.moveWithin && { moveWithin: refuse }),
    ...(inner.moveFolderWithin && { moveFolderWithin: refuse }),
    ...(inner.trashFolder && { trashFolder: refuse }),
    ...(inner.makeDurable && { makeDurable: refuse }),
    ...(inner.setModifiedTime && { setModifiedTime: refuse }),
    ...(extras && { extras: readingExtras(extras, refuse) }),
  };
}

function readingExtras(extras: RemoteExtras, refuse: () => Promise<never>): RemoteExtras {
  return {
    ...(extras.shareLink && { shareLink: extras.shareLink.bind(extras) }),
    ...(extras.properties && { properties: extras.properties.bind(extras) }),
    ...(extras.versionKeeping && { versionKeeping: extras.versionKeeping.bind(extras) }),
    ...(extras.quota && { quota: extras.quota.bind(extras) }),
    ...(extras.createBucket && { createBucket: refuse }),
  };
}
