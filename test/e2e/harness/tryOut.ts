import path from 'node:path';
import { chromiumPath } from './chromium';
import { extensionLog, saveEvidence } from './evidence';
import { type EditorSession, type SessionOptions, startSession } from './session';

/** What a script for try.mjs may export. */
export interface TryScript {
  /** How to start: files of the workspace, settings, buckets. */
  readonly options?: SessionOptions;
  /** The steps. */
  run?(session: EditorSession): Promise<void>;
}

/** Starts a session, runs the script in it, and tells how it went; with `stay` it keeps everything up until Ctrl-C. */
export async function tryOut(script: TryScript, name: string, stay: boolean): Promise<void> {
  const started = Date.now();
  console.log('Building and starting…');
  const noWindow = script.run === undefined && chromiumPath() === undefined;
  const session = await startSession({ ...script.options, ...(noWindow ? { window: false } : {}) });
  const seconds = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
  console.log(`Ready after ${seconds()}: ${session.editor.url}/?folder=${session.workspace}`);
  console.log(
    `S3 server: ${session.s3.endpoint} (${session.s3.accessKeyId} / ${session.s3.secretAccessKey})`,
  );
  try {
    await script.run?.(session);
    if (script.run !== undefined) console.log(`${name}: done after ${seconds()}`);
  } catch (error) {
    process.exitCode = 1;
    const folder = await saveEvidence(session, name);
    console.error(error instanceof Error ? error.stack : error);
    const log = extensionLog(session).trim().split('\n').slice(-15).join('\n');
    console.error(`Last lines of the extension's log:\n${log || '(none)'}`);
    console.error(`Pictures, logs and requests: ${path.relative(process.cwd(), folder)}`);
  }
  if (stay) {
    console.log('Ctrl-C stops everything.');
    await new Promise<void>((resolve) => {
      process.once('SIGINT', resolve);
      process.once('SIGTERM', resolve);
    });
  }
  await session.stop();
}
