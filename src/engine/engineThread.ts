import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createApp } from '../app';
import { serveCopies } from './copyServer';
import { copyThreadsOf } from './copyThreads';
import { serveEngine } from './engineServer';
import type { WorkerStart } from './protocol';
import type { StartedWorker, StartWorker } from './workerEngine';

/** Marks the data of our own workers: a bundle may be loaded by workers of others. */
const mark = 'cloudRemotesEngine';

interface ThreadStart extends WorkerStart {
  /** The bundle, for further threads. */
  readonly script: string;
}

/**
 * Starts a worker from a bundle that calls `serveIfEngineThread` when it is loaded.
 * @param script the bundle's absolute path
 */
export function startEngineThread(
  script: string,
  data: WorkerStart,
  onEnd: (reason: string) => void,
): StartedWorker {
  const start: ThreadStart = { ...data, script };
  const worker = new Worker(script, { workerData: { [mark]: start }, name: 'cloud-remotes' });
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

/**
 * In a worker of `startEngineThread`: serves an app of its own, or the copies of another one. Returns whether this thread is such a worker.
 * @param perThread as in `copyThreadsOf`
 */
export function serveIfEngineThread(perThread?: number): boolean {
  const start = isMainThread ? undefined : (workerData as Record<string, ThreadStart> | null)?.[mark];
  if (!start || !parentPort) return false;
  const startThread: StartWorker = (data, onEnd) => startEngineThread(start.script, data, onEnd);
  const log = start.copies
    ? serveCopies(parentPort, start, createApp)
    : serveEngine(parentPort, start, createApp, (host) => copyThreadsOf(host, startThread, perThread));
  // As in the editor's thread, a rejection that nobody handles is logged and ends nothing.
  process.on('unhandledRejection', (reason) => {
    const { stack = String(reason) } = reason instanceof Error ? reason : {};
    log.write('error', 'plan', `A background task failed: ${stack}`);
  });
  return true;
}
