import type { SyncRequest } from '../app';
import type { Plan } from '../plan/plan';
import type { PanelAround, PreviewServices } from './previewSurroundings';

/** Buttons of the page that change neither the plan nor a run of it. */
export type AsideCommand =
  | 'close'
  | 'savePlan'
  | 'saveList'
  | 'showLog'
  | 'syncInstead'
  | 'explainPath'
  | 'copyAsCommand';

/** Does what such a button says. `plan` is what the page shows, if anything. */
export async function doAside(
  command: AsideCommand,
  request: SyncRequest,
  plan: Plan | undefined,
  panel: PanelAround,
  services: PreviewServices,
): Promise<undefined> {
  switch (command) {
    case 'close':
      panel.close();
      break;
    case 'savePlan':
      if (plan) await panel.savePlan(plan);
      break;
    case 'saveList':
      if (plan) await panel.saveList(plan);
      break;
    case 'showLog':
      services.showLog();
      break;
    case 'syncInstead':
      panel.preview({ ...request, options: { ...request.options, verb: 'sync' } });
      break;
    case 'explainPath':
      await services.explainPath(request);
      break;
    case 'copyAsCommand':
      await services.copyAsCommand(request);
      break;
  }
}
