import { type App, createApp } from '../app';
import type { Host } from '../usecases/host';
import { startEngineThread } from './engineThread';
import { SplitEngine } from './splitEngine';

export interface EditorApp extends App {
  /** The editor's proxies or certificates have changed. */
  connectionsChanged(): void;
}

/**
 * The editor's app: plans are made and run in a worker where possible, everything else in this thread. Does no I/O.
 * @param script the absolute path of a bundle that calls `serveIfEngineThread` when it is loaded
 */
export function createEditorApp(host: Host, script: string): EditorApp {
  const app = createApp(host);
  const engine = new SplitEngine(host, app, (data, onEnd) => startEngineThread(script, data, onEnd));
  return {
    ...app,
    planSync: engine.planSync,
    explainFilter: engine.explainFilter,
    runPlan: engine.runPlan,
    settingsChanged(name) {
      app.settingsChanged(name);
      engine.settingsChanged(name);
    },
    connectionsChanged: () => engine.connectionsChanged(),
    async close() {
      await Promise.all([engine.close(), app.close()]);
    },
  };
}
