import type { LogTag } from '../../base/log';
import type { Entry, FileEntry } from '../entry';
import type { Precondition, Remote } from '../remote';
import type { RemotePath } from '../remotePath';

/** The calls of the port that return a promise. `list` and `listRecursive` return pages; `close` passes through every layer. */
type Calls = {
  [Name in Exclude<keyof Remote, 'close'> as NonNullable<Remote[Name]> extends (
    ...args: never[]
  ) => Promise<unknown>
    ? Name
    : never]-?: NonNullable<Remote[Name]>;
};

export type CallName = keyof Calls;
export type CallArguments<Name extends CallName> = Parameters<Calls[Name]>;
type CallResult<Name extends CallName> = Awaited<ReturnType<Calls[Name]>>;

/** A call as the layers see it. Texts hold paths and sizes; never content, credentials or signed addresses. */
interface Operation<Name extends CallName> {
  /** Names the call in log lines. */
  text(...args: CallArguments<Name>): string;
  /** Continues `text` in the debug line of the call. */
  details?(...args: CallArguments<Name>): string;
  /** The result, for the debug line; default "done". */
  outcome?(result: CallResult<Name>): string;
  /** Default `http`. */
  readonly tag?: LogTag;
  readonly writes?: true;
}

const serverSide = {
  details: (_source: FileEntry, _to: RemotePath, precondition: Precondition) => condition(precondition),
  writes: true,
} as const;

/** Every call of the port, once; the layers wrap the calls by this table. */
export const operations: { readonly [Name in CallName]: Operation<Name> } = {
  stat: { text: (path) => `stat ${path}`, outcome: ({ kind }) => kind },
  read: {
    text: (path) => `read ${path}`,
    details: (_path, { range }) => (range ? ` from ${range.start} to ${range.end ?? 'the end'}` : ''),
    outcome: ({ entry }) => `${entry.size} bytes`,
  },
  readToBuffer: { text: ({ path }) => `read ${path}`, outcome: ({ entry }) => `${entry.size} bytes` },
  readInto: {
    text: ({ path }) => `read ${path}`,
    details: (_file, start, { length }) => ` from ${start} to ${start + length}`,
  },
  computeDigests: { text: ({ path }) => `hash ${path}` },
  computeMd5: { text: ({ path }) => `hash ${path}` },
  computeMd5s: {
    text: ({ length }) => `hash ${length} files`,
    outcome: (hashes) => `${hashes.filter((hash) => hash === undefined).length} not readable`,
  },
  write: {
    text: (path) => `write ${path}`,
    details: (_path, { size }, _facts, precondition) => `, ${size} bytes${condition(precondition)}`,
    writes: true,
  },
  discardWrite: { text: (path) => `discard the unfinished ${path}`, writes: true },
  removeFile: {
    text: (path) => `remove ${path}`,
    details: (_path, precondition) => condition(precondition),
    writes: true,
  },
  makeFolder: { text: (path) => `make ${path}/`, writes: true },
  removeFolder: { text: (path) => `remove ${path}/`, writes: true },
  removeFolderMark: { text: (path) => `remove the mark of ${path}/`, writes: true },
  removeFiles: {
    text: ({ length }) => `remove ${length} files`,
    outcome: ({ size }) => `${size} failures`,
    writes: true,
  },
  serverSideCopy: { ...serverSide, text: ({ path }, to) => `copy ${path} to ${to}` },
  serverSideCopyFrom: { ...serverSide, text: ({ path }, to) => `copy ${path} of another remote to ${to}` },
  serverSideMove: { ...serverSide, text: ({ path }, to) => `move ${path} to ${to}` },
  serverSideMoveFolder: { text: (folder, to) => `move ${folder}/ to ${to}/`, writes: true },
  trashFolder: { text: (folder) => `trash ${folder}/`, writes: true },
  makeDurable: { text: ({ path }) => `force ${path} to the disk`, writes: true },
  setModifiedTime: { text: ({ path }) => `set the time of ${path}`, writes: true },
  pollChanges: {
    text: () => 'changes',
    outcome: ({ paths }) => (paths === 'everything' ? paths : `${paths.length} paths`),
    tag: 'list',
  },
};

function condition(precondition: Precondition): string {
  switch (precondition.kind) {
    case 'none':
      return ', whatever is there';
    case 'ifAbsent':
      return ', if absent';
    case 'ifMatch':
      return `, if still ${precondition.entry.version ?? `${precondition.entry.size} bytes`}`;
  }
}

/** The arguments of any call. The last one is its AbortSignal. */
type AnyArguments = CallArguments<CallName>;

/** The behaviour of a layer around the calls of a remote. */
interface Layer {
  /** Runs `call`, which makes the call `name` with `args` on the inner remote. */
  call(
    name: CallName,
    operation: Operation<CallName>,
    args: AnyArguments,
    call: () => Promise<unknown>,
  ): Promise<unknown>;
  /** `text` names the listing; `open` starts it on the inner remote. */
  pages(text: string, open: () => Pages, signal: AbortSignal): Pages;
}

export type Pages = AsyncIterable<readonly Entry[]>;

/** `inner` within `layer`: an optional call exists where `inner` has it. Features, waits and `close` pass through. */
export function wrapRemote(inner: Remote, layer: Layer): Remote {
  const { listRecursive, features, waits, close } = inner;
  const calls = Object.entries(operations).flatMap(([key, operation]) => {
    const name = key as CallName;
    const method = inner[name] as ((...args: AnyArguments) => Promise<unknown>) | undefined;
    if (!method) return [];
    const wrapped = (...args: AnyArguments) =>
      layer.call(name, operation as Operation<CallName>, args, () => method.apply(inner, args));
    return [[name, wrapped] as const];
  });
  return {
    ...(Object.fromEntries(calls) as unknown as Pick<Remote, CallName>),
    // A getter, because capabilities may change after a response of the service.
    get capabilities() {
      return inner.capabilities;
    },
    list: (folder, options, signal) =>
      layer.pages(`list ${folder}/`, () => inner.list(folder, options, signal), signal),
    ...(listRecursive && {
      listRecursive: (folder, options, signal) =>
        layer.pages(`list ${folder}/**`, () => listRecursive.call(inner, folder, options, signal), signal),
    }),
    ...(features && { features }),
    ...(waits && { waits }),
    ...(close && { close: () => close.call(inner) }),
  };
}
