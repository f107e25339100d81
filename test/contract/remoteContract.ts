import { test } from 'node:test';
import type { Remote } from '../../src/remote/remote';
import { joinPath, type RemotePath } from '../../src/remote/remotePath';
import { registerChangingTests } from './chapters/changing';
import { registerListingTests } from './chapters/listing';
import { registerNameTests } from './chapters/names';
import { registerReadingTests } from './chapters/reading';
import { registerWritingTests } from './chapters/writing';

/** A remote for one test; `root` is an empty folder in it. */
export interface OpenedRemote {
  readonly remote: Remote;
  readonly root: RemotePath;
  dispose(): Promise<void>;
  /** Requests so far, if they can be counted. */
  requests?(): number;
  /** The attributes of the stored file by lower-case name (`content-type`), read directly from the store. */
  attributes?(path: RemotePath): Promise<Readonly<Record<string, string>>>;
  /** Stores a file with attributes directly in the store. */
  putWithAttributes?(
    path: RemotePath,
    content: string,
    attributes: Readonly<Record<string, string>>,
  ): Promise<void>;
}

interface ContractExpectations {
  /** Bytes of the large body, which the remote should send in parts. Default 3 MiB and a bit. */
  readonly largeSize?: number;
  /** Sentences of the contract that this store is known to break, each with the reason. */
  readonly exceptions?: Readonly<Record<string, string>>;
}

export interface ContractContext {
  /** Registers one sentence of the contract. `file` is the path of a missing file in the root. */
  sentence(text: string, check: (given: OpenedRemote & { readonly file: RemotePath }) => Promise<void>): void;
  readonly largeSize: number;
}

/** Registers a test for every sentence of the contract in src/remote/remote.ts. `open` is called once per test. */
export function remoteContract(
  name: string,
  open: () => Promise<OpenedRemote>,
  expectations: ContractExpectations = {},
): void {
  const known = new Set<string>();
  const context: ContractContext = {
    largeSize: expectations.largeSize ?? 3 * 1024 * 1024 + 17,
    sentence(text, check) {
      known.add(text);
      const exception = expectations.exceptions?.[text];
      test(`${name}: ${text}`, exception === undefined ? {} : { skip: exception }, async () => {
        const opened = await open();
        try {
          await check({ ...opened, file: joinPath(opened.root, 'f') });
        } finally {
          await opened.dispose();
        }
      });
    },
  };
  registerListingTests(context);
  registerReadingTests(context);
  registerWritingTests(context);
  registerChangingTests(context);
  registerNameTests(context);
  for (const text of Object.keys(expectations.exceptions ?? {}))
    if (!known.has(text)) throw new Error(`No sentence of the contract reads "${text}"`);
}
