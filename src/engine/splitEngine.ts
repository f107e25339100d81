import type { App } from '../app';
import { type WayTo, wayTo } from '../http/wayTo';
import type { Place } from '../plan/model/plan';
import type { Host } from '../usecases/host';
import type { Engine } from './engine';
import type { HostCalls } from './protocol';
import { type StartWorker, WorkerEngine } from './workerEngine';

type MayConnect = HostCalls['mayConnect'];

/**
 * The engine of the editor: a worker where possible, and this thread for places that only the editor reaches: folders of virtual workspaces,
 * and services behind a proxy or with certificates that only the editor knows.
 */
export class SplitEngine implements Engine {
  private readonly worker: WorkerEngine;
  /** Remotes that need the editor's HTTP client; one whose service can't be reached needs it once, for the error. */
  private readonly needEditor = new Map<string, WayTo>();

  constructor(
    private readonly host: Host,
    private readonly app: App,
    start: StartWorker,
  ) {
    this.worker = new WorkerEngine({ host, app, start, mayConnect: (call) => this.mayConnect(call) });
  }

  planSync: Engine['planSync'] = (request, signal, onProgress) =>
    this.read([request.source, request.target], (engine) => engine.planSync(request, signal, onProgress));

  explainFilter: Engine['explainFilter'] = (request, path, signal) =>
    this.read([request.source, request.target], (engine) => engine.explainFilter(request, path, signal));

  runPlan: Engine['runPlan'] = (plan, signal, options) => {
    const places = [plan.source, plan.target, ...(plan.backup ? [plan.backup] : [])];
    return (this.suitsWorker(places) ? this.worker : this.app).runPlan(plan, signal, options);
  };

  settingsChanged(name?: string): void {
    if (name === undefined) this.needEditor.clear();
    else this.needEditor.delete(name);
    this.worker.settingsChanged(name);
  }

  /** The editor's connections have changed: whether services are reached directly has to be found out again. */
  connectionsChanged(): void {
    this.needEditor.clear();
    this.worker.renew();
  }

  close(): Promise<void> {
    return this.worker.close();
  }

  /** A request that writes nothing is repeated in this thread when a remote proves to need the editor. */
  private async read<T>(places: readonly Place[], request: (engine: Engine) => Promise<T>): Promise<T> {
    if (!this.suitsWorker(places)) return request(this.app);
    try {
      return await request(this.worker);
    } catch (error) {
      if (this.suitsWorker(places)) throw error;
      for (const [remote, way] of this.needEditor) if (way === 'unreachable') this.needEditor.delete(remote);
      return request(this.app);
    }
  }

  private suitsWorker(places: readonly Place[]): boolean {
    const leavesEditor = this.host.directConnections?.() ?? true;
    return places.every((place) => {
      if (place.kind !== 'remote') return place.kind === 'folder';
      return leavesEditor && !this.needEditor.has(place.remote);
    });
  }

  private async mayConnect({ remote, service, isTrusted }: MayConnect['args']): Promise<boolean> {
    const way = isTrusted ? await wayTo(service) : 'indirect';
    if (way !== 'direct') this.needEditor.set(remote, way);
    return way === 'direct';
  }
}
