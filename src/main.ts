import { serveIfEngineThread } from './engine/engineThread';

// The bundle of the extension is also the code of the engine's worker, where `vscode` doesn't exist and nothing of the editor is loaded.
serveIfEngineThread();

const extension = () => require('./extension') as typeof import('./extension');

export const activate: typeof import('./extension').activate = (context) => extension().activate(context);

export const deactivate = (): Promise<void> => extension().deactivate();
