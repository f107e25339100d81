import { type TestContext, type TestOptions, test } from 'node:test';

type TestBody = (t: TestContext) => void | Promise<void>;

let current = false;

/** Whether the running test of `inBothThreads` is the one for a thread that may wait for the disk. */
export function ownThread(): boolean {
  return current;
}

/** As `test`, twice: for the editor's thread, and for a thread of the app's own. Tests of a file run one after the other. */
export function inBothThreads(title: string, ...rest: [TestBody] | [TestOptions, TestBody]): void {
  const body = rest.at(-1) as TestBody;
  const options = rest.length === 2 ? (rest[0] as TestOptions) : {};
  for (const own of [false, true])
    test(own ? `${title}, in a thread of its own` : title, options, (t) => {
      current = own;
      return body(t);
    });
}
