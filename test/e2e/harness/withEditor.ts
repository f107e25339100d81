import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { saveEvidence } from './evidence';
import { type EditorSession, type SessionOptions, startSession } from './session';

/** How long a step may take at all: what it waits for has limits of its own, and a machine full of work takes ten times as long. */
const STEP_SECONDS = 300;
/** After so many failures in one editor the rest is not tried: each would only wait for something that is not there. */
const MOST_FAILURES = 3;

/** Declares one step of a spec. The steps share one editor and run in the order of declaration. */
export type Step = (name: string, run: (session: EditorSession) => Promise<void>, timeoutMs?: number) => void;

/**
 * A group of steps in one editor of its own, with its own S3 server and workspace. When a step fails, pictures and logs are
 * kept in out/editor-failures.
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
        if (failures >= MOST_FAILURES) throw new Error('Not tried after so many failures before');
        try {
          await run(session);
        } catch (error) {
          failures++;
          const folder = await saveEvidence(session, `${title}-${name}`);
          // What is left open must not swallow the keys of the next step.
          await session.window.page.keyboard.press('Escape');
          console.error(`Pictures, logs and requests: ${path.relative(process.cwd(), folder)}`);
          throw error;
        }
      });
    });
  });
}
