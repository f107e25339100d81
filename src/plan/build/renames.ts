import { forEachConcurrent, WeightedSemaphore } from '../../base/semaphore';
import type { FileEntry } from '../../remote/entry';
import { type Instant, nsBetween } from '../../remote/modifiedTime';
import type { Remote } from '../../remote/remote';
import { isRemoteError, planFatalErrorKinds } from '../../remote/remoteError';
import { baseName, comparePaths, type RemotePath } from '../../remote/remotePath';
import { canSetTime, mayBeArchived } from '../compare/archived';
import { type ComparisonRules, compareFiles, knowsTime, timeOf } from '../compare/comparison';
import { HashReader, hashesByReading, statFile } from '../list/fileFacts';
import type { CopyFile, DeleteFile, MoveFile } from '../model/plan';
import { type RenameTracking, usesAwsRules } from '../model/planOptions';

export interface RenameRequest {
  readonly source: Remote;
  readonly target: Remote;
  readonly rules: ComparisonRules;
  /** How modified times are compared here, whatever the mode: by the owner's, or by the service's with `useServerTimes`. */
  readonly times: Pick<ComparisonRules, 'serverTime' | 'windowNs'>;
  readonly tracking: RenameTracking;
}

/** A pair of a copy and a delete that `move` replaces. */
export interface Rename {
  readonly copy: CopyFile;
  readonly deleted: DeleteFile;
  readonly move: MoveFile;
}

const maxRequestConcurrency = 32;

/** Whether a file can be moved within the remote without downloading its content. */
export function supportsServerSideMove(remote: Remote): boolean {
  return (
    remote.serverSideMove !== undefined ||
    remote.serverSideCopy !== undefined ||
    remote.capabilities.isLocalDisk === true
  );
}

/**
 * Finds files to be copied that are files to be deleted under another name (R24). Equal input gives equal pairs.
 *
 * 1. `hash` pairs files of equal size and MD5; `modified` pairs equal size and modified time within the window. A comparison by checksum
 *    pairs by hash for both.
 * 2. Files with the same base name are paired first, then the first match by path.
 * 3. Never pairs empty files, archived files, files with unknown hash or time, or files that would need a copy anyway.
 * 4. Requests are made only about files whose size occurs on both sides: a `stat` where the listing lacks the fact, then MD5s of a disk's
 *    files where the other side has one to compare with.
 * 5. A file whose request fails stays unpaired; a failure in `planFatalErrorKinds` is thrown.
 */
export async function findRenames(
  copies: readonly CopyFile[],
  deletes: readonly DeleteFile[],
  request: RenameRequest,
  signal: AbortSignal,
): Promise<readonly Rename[]> {
  if (request.tracking === 'none' || !supportsServerSideMove(request.target)) return [];
  const groups = groupsOfOneSize(copies, deletes);
  if (groups.length === 0) return [];
  const byHash = request.tracking === 'hash' || request.rules.mode === 'checksum';
  if (!byHash && request.times.windowNs === 'none') return [];
  // Where a time can't be set after the move, the file must have the right one already.
  const timesFirst = request.rules.mode === 'rclone' && request.target.setModifiedTime === undefined;
  const rounds = [
    ...(!byHash || timesFirst ? timeRounds(groups, request) : []),
    ...(byHash ? hashRounds(groups, request) : []),
  ];
  await fetchMissingFacts(rounds, signal);
  const matcher = byHash ? matchByHash : matchByTime(request.times);
  const renames = groups.flatMap((group) => pairFiles(group, request, matcher));
  return renames.sort((a, b) => comparePaths(a.copy.path, b.copy.path));
}

interface Candidate<Action> {
  readonly action: Action;
  /** With the fetched facts; undefined when they could not be fetched. */
  file: FileEntry | undefined;
}

interface Group {
  readonly copies: readonly Candidate<CopyFile>[];
  readonly deletes: readonly Candidate<DeleteFile>[];
}

function groupsOfOneSize(copies: readonly CopyFile[], deletes: readonly DeleteFile[]): readonly Group[] {
  const bySize = new Map<number, { copies: Candidate<CopyFile>[]; deletes: Candidate<DeleteFile>[] }>();
  for (const action of deletes) {
    const file = action.before;
    if (action.because !== 'notInSource' || file.size === 0 || mayBeArchived(file)) continue;
    const group = bySize.get(file.size) ?? { copies: [], deletes: [] };
    bySize.set(file.size, group);
    group.deletes.push({ action, file });
  }
  for (const action of copies)
    if (!action.before) bySize.get(action.source.size)?.copies.push({ action, file: action.source });
  const groups = [...bySize.values()].filter((group) => group.copies.length > 0);
  for (const group of groups) {
    group.copies.sort((a, b) => comparePaths(a.action.path, b.action.path));
    group.deletes.sort((a, b) => comparePaths(a.action.path, b.action.path));
  }
  return groups;
}

/** Requests for some of the candidates; a round is built when the results of the round before are known. */
type Round = () => readonly FactQuery[];

interface FactQuery {
  readonly candidate: Candidate<unknown>;
  readonly remote: Remote;
  readonly fetch: typeof statFile;
}

type Candidates = readonly Candidate<unknown>[];

/** Requests for the candidates whose file `lacks` a fact. */
function queries(
  remote: Remote,
  candidates: Candidates,
  lacks: (file: FileEntry) => boolean,
  fetch = statFile,
): readonly FactQuery[] {
  const lacking = candidates.filter(({ file }) => file && lacks(file));
  return lacking.map((candidate) => ({ candidate, remote, fetch }));
}

/** First the `stat`s, then the content that has to be read, which is done only where the other side has a hash to compare with. */
function hashRounds(groups: readonly Group[], { source, target }: RenameRequest): readonly Round[] {
  const hashes = new HashReader();
  const withHash: typeof statFile = (...file) => hashes.withHash(...file);
  const stats = (remote: Remote, candidates: Candidates) =>
    queries(remote, candidates, ({ md5, exact }) => !md5 && !exact && !hashesByReading(remote));
  const readings = (remote: Remote, candidates: Candidates) =>
    queries(remote, candidates, ({ md5 }) => !md5 && hashesByReading(remote), withHash);
  const hasHashes = (remote: Remote, candidates: Candidates) =>
    candidates.some(({ file }) => file && (file.md5 !== undefined || hashesByReading(remote)));
  return [
    () => groups.flatMap(({ deletes }) => stats(target, deletes)),
    () => groups.flatMap(({ copies, deletes }) => (hasHashes(target, deletes) ? stats(source, copies) : [])),
    () =>
      groups.flatMap(({ copies, deletes }) =>
        hasHashes(source, copies) && hasHashes(target, deletes)
          ? [...readings(source, copies), ...readings(target, deletes)]
          : [],
      ),
  ];
}

function timeRounds(groups: readonly Group[], { source, target, times }: RenameRequest): readonly Round[] {
  const { serverTime } = times;
  return [
    () =>
      groups.flatMap(({ copies, deletes }) => [
        ...queries(source, copies, (file) => !knowsTime(file, serverTime.source)),
        ...queries(target, deletes, (file) => !knowsTime(file, serverTime.target)),
      ]),
  ];
}

async function fetchMissingFacts(rounds: readonly Round[], signal: AbortSignal): Promise<void> {
  const slots = new WeightedSemaphore(maxRequestConcurrency);
  const fatal: unknown[] = [];
  const run = async ({ candidate, remote, fetch }: FactQuery) => {
    try {
      const listed = candidate.file;
      const file = listed && (await fetch(remote, listed, signal));
      // A file that changed since it was listed is no longer the file that the plan describes.
      candidate.file = file?.size === listed?.size ? file : undefined;
    } catch (error) {
      candidate.file = undefined;
      if (!isRemoteError(error) || planFatalErrorKinds.has(error.kind)) fatal.push(error);
    }
  };
  const weight = () => 1;
  const failed = () => fatal.length > 0;
  for (const round of rounds) {
    await forEachConcurrent(round(), slots, weight, run, signal, failed);
    signal.throwIfAborted();
    if (fatal.length > 0) throw fatal[0];
  }
}

/** Decides whether two files of equal size are the same. */
interface RenameMatcher {
  /** For the same file, `keyOf` of the target is one of `candidateKeys` of the source. Undefined where the fact is unknown. */
  keyOf(target: FileEntry): string | undefined;
  candidateKeys(source: FileEntry): readonly string[];
  isSameFile(source: FileEntry, target: FileEntry): boolean;
}

const matchByHash: RenameMatcher = {
  keyOf: ({ md5 }) => md5,
  candidateKeys: ({ md5 }) => (md5 === undefined ? [] : [md5]),
  isSameFile: (source, target) => source.md5 === target.md5,
};

function matchByTime({ serverTime, windowNs }: RenameRequest['times']): RenameMatcher {
  const window = windowNs === 'none' ? 1 : windowNs;
  const seconds = Math.max(1, Math.ceil(window / 1e9));
  const slotOf = ({ s }: Instant) => Math.floor(s / seconds);
  return {
    keyOf(target) {
      const time = timeOf(target, serverTime.target);
      return time && String(slotOf(time));
    },
    candidateKeys(source) {
      const time = timeOf(source, serverTime.source);
      return time ? [-1, 0, 1].map((step) => String(slotOf(time) + step)) : [];
    },
    isSameFile(source, target) {
      if (source.md5 !== undefined && target.md5 !== undefined && source.md5 !== target.md5) return false;
      const [from, to] = [timeOf(source, serverTime.source), timeOf(target, serverTime.target)];
      return from !== undefined && to !== undefined && Math.abs(nsBetween(from, to)) < window;
    },
  };
}

type Deleted = Candidate<DeleteFile>;

/** The files to be deleted, by key. Each is taken once, in the order in which they were added. */
class DeleteCandidates {
  private readonly queues = new Map<string, { readonly all: Deleted[]; from: number }>();
  private readonly taken = new Set<Deleted>();

  add(key: string, candidate: Deleted): void {
    const queue = this.queues.get(key);
    if (queue) queue.all.push(candidate);
    else this.queues.set(key, { all: [candidate], from: 0 });
  }

  /** Takes the first candidate, by path, under any of `keys` that `fits`. */
  take(keys: readonly string[], fits: (candidate: Deleted) => boolean): Deleted | undefined {
    let first: Deleted | undefined;
    for (const key of keys) {
      const found = this.firstOf(key, fits);
      if (found && (!first || comparePaths(found.action.path, first.action.path) < 0)) first = found;
    }
    if (first) this.taken.add(first);
    return first;
  }

  private firstOf(key: string, fits: (candidate: Deleted) => boolean): Deleted | undefined {
    const queue = this.queues.get(key);
    if (!queue) return undefined;
    for (let at = queue.from; at < queue.all.length; at++) {
      const candidate = queue.all[at];
      if (!candidate) continue;
      if (this.taken.has(candidate)) {
        // Taken candidates at the front need not be visited again.
        if (at === queue.from) queue.from++;
      } else if (fits(candidate)) return candidate;
    }
    return undefined;
  }
}

function pairFiles({ copies, deletes }: Group, request: RenameRequest, matcher: RenameMatcher): Rename[] {
  const candidates = new DeleteCandidates();
  const withName = (key: string, path: RemotePath) => `${key}/${baseName(path)}`;
  for (const candidate of deletes) {
    const key = candidate.file && matcher.keyOf(candidate.file);
    if (key === undefined) continue;
    candidates.add(key, candidate);
    candidates.add(withName(key, candidate.action.path), candidate);
  }
  const found: Rename[] = [];
  const take = (one: Candidate<CopyFile>, keysOf: (keys: readonly string[]) => readonly string[]) => {
    const source = one.file;
    if (!source) return false;
    const fits = ({ file }: Deleted) =>
      file !== undefined && matcher.isSameFile(source, file) && isStableAfterMove(source, file, request);
    const match = candidates.take(keysOf(matcher.candidateKeys(source)), fits);
    if (!match?.file) return false;
    const { action: copy } = one;
    found.push({ copy, deleted: match.action, move: createMove(copy, source, match.action, match.file) });
    return true;
  };
  const takeNamesake = (one: Candidate<CopyFile>) =>
    take(one, (keys) => keys.map((key) => withName(key, one.action.path)));
  for (const one of copies.filter((copy) => !takeNamesake(copy))) take(one, (keys) => keys);
  return found;
}

/** Whether the next plan leaves the file alone after the move, which also sets the source's time where the remote can. */
function isStableAfterMove(
  source: FileEntry,
  target: FileEntry,
  { target: remote, rules }: RenameRequest,
): boolean {
  // The move gives the object a new time, as a copy would.
  if (usesAwsRules(rules.mode)) return true;
  const comparison = compareFiles(source, target, rules, true);
  if (comparison.verdict !== 'different' || comparison.because === 'always') return true;
  return comparison.because === 'onlyTimeDiffers' && canSetTime(remote, target);
}

function createMove(copy: CopyFile, source: FileEntry, deleted: DeleteFile, before: FileEntry): MoveFile {
  return {
    id: `r:${copy.path}`,
    kind: 'moveFile',
    path: copy.path,
    source,
    before,
    from: deleted.path,
    because: 'renamed',
    ...(copy.storeModified && { storeModified: copy.storeModified }),
  };
}
