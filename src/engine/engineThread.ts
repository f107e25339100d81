import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createApp } from '../app';
import { serveEngine } from './engineServer';
import type { WorkerStart } from './protocol';
import type { StartedWorker } from './workerEngine';

/** Marks the data of our own workers: a bundle may be loaded by workers of others. */
const mark = 'cloudRemotesEngine';

/**
 * Starts a worker from a bundle that calls `serveIfEngineThread` when it is loaded.
 * @param script the bundle's absolute path
 */
export function startEngineThread(
  script: string,
  data: WorkerStart,
  onEnd: (reason: string) => void,
): StartedWorker {
  const worker = new Worker(script, { workerData: { [mark]: data }, name: 'cloud-remotes' });
  const { threadId } = worker;
  let reason: string | undefined;
  worker.on('error', (error) => {
    reason = error.message;
  });
  worker.on('messageerror', () => void worker.terminate());
  worker.on('exit', (code) => onEnd(reason ?? `code ${code}`));
  return {
    port: worker,
    threadId,
    ref: () => worker.ref(),
    unref: () => worker.unref(),
    terminate: () => worker.terminate(),
  };
}

/** In a worker of `startEngineThread`: serves an app of its own. Returns whether this thread is one. */
export function serveIfEngineThread(): boolean {
  const start = isMainThread ? undefined : (workerData as Record<string, WorkerStart> | null)?.[mark];
  if (!start || !parentPort) return false;
  const log = serveEngine(parentPort, start, createApp);
  // As in the editor's thread, a rejection that nobody handles is logged and ends nothing.
  process.on('unhandledRejection', (reason) => {
    const { stack = String(reason) } = reason instanceof Error ? reason : {};
    log.write('error', 'plan', `A background task failed: ${stack}`);
  });
  return true;
}
