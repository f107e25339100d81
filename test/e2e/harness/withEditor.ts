import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { saveEvidence } from './evidence';
import { type EditorSession, type SessionOptions, startSession } from './session';

/** The limit of a step. Its waits have their own limits, and a loaded machine takes ten times as long. */
const STEP_SECONDS = 300;
/** After so many failures in one editor the remaining steps are skipped: each would only run into its timeout. */
const MOST_FAILURES = 3;

/** Declares one step of a spec. The steps share one editor and run in the order of declaration. */
export type Step = (name: string, run: (session: EditorSession) => Promise<void>, timeoutMs?: number) => void;

/**
 * A group of steps that share one editor, S3 server and workspace. After a failed step, pictures and logs are in
 * out/editor-failures.
 */
export function withEditor(title: string, options: SessionOptions, define: (step: Step) => void): void {
  describe(title, () => {
    let session: EditorSession | undefined;
    let failures = 0;
    before(
      async () => {
        session = await startSession(options);
      },
      { timeout: STEP_SECONDS * 1000 },
    );
    after(async () => {
      await session?.stop();
    });
    define((name, run, timeoutMs = STEP_SECONDS * 1000) => {
      it(name, { timeout: timeoutMs }, async () => {
        if (session === undefined) throw new Error('The editor did not start');
        if (failures >= MOST_FAILURES) throw new Error('Skipped after too many failures');
        try {
          await run(session);
        } catch (error) {
          failures++;
          const folder = await saveEvidence(session, `${title}-${name}`);
          // An open menu or input must not receive the keys of the next step.
          await session.window.page.keyboard.press('Escape');
          console.error(`Pictures, logs and requests: ${path.relative(process.cwd(), folder)}`);
          throw error;
        }
      });
    });
  });
}
