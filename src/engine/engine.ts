import type { App } from '../app';

/** Makes and runs plans. An app is an engine in its own thread. */
export type Engine = Pick<App, 'planSync' | 'explainFilter' | 'runPlan'>;
