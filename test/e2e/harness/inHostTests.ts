import { writeFileSync } from 'node:fs';

// The test runner inside the extension host. Mocha would do, but this is all that is needed of it.

const STEP_SECONDS = process.env['CLOUD_REMOTES_MEASURE'] === undefined ? 90 : 600;

interface InHostTest {
  readonly name: string;
  readonly run: () => Promise<void> | void;
}

/** One line of the results file. */
export interface InHostResult {
  readonly name: string;
  readonly outcome: 'passed' | 'failed';
  readonly milliseconds: number;
  readonly error?: string;
}

const tests: InHostTest[] = [];

/** Declares a test; they run one after the other, in the order of declaration. */
export function test(name: string, run: () => Promise<void> | void): void {
  tests.push({ name, run });
}

/** Runs all declared tests and writes an InHostResult per line to `file` as each ends. Throws when one failed. */
export async function runTests(file: string): Promise<void> {
  process.setSourceMapsEnabled(true);
  const results: InHostResult[] = [];
  writeFileSync(file, '');
  for (const { name, run } of tests) {
    const started = Date.now();
    let error: string | undefined;
    try {
      await withTimeout(run);
    } catch (thrown) {
      error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    }
    const milliseconds = Date.now() - started;
    results.push(
      error === undefined
        ? { name, outcome: 'passed', milliseconds }
        : { name, outcome: 'failed', milliseconds, error },
    );
    writeFileSync(file, results.map((result) => `${JSON.stringify(result)}\n`).join(''));
  }
  writeFileSync(`${file}.end`, String(results.length));
  if (results.some((result) => result.outcome === 'failed')) throw new Error('some tests failed');
}

async function withTimeout(run: () => Promise<void> | void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${STEP_SECONDS} s`)), STEP_SECONDS * 1000);
  });
  try {
    await Promise.race([run(), late]);
  } finally {
    clearTimeout(timer);
  }
}
