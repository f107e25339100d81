import type { SyncRequest } from '../../app';
import type { PlanView } from '../../preview/planView';
import type { PageRequest } from '../../preview/readPageRequest';
import type { PanelHost, PreviewServices } from './previewPorts';

/** The requests that change neither the plan nor its run. */
export type AsideRequest =
  | Extract<PageRequest, { readonly type: 'explain' }>
  | {
      readonly type: 'close' | 'savePlan' | 'saveList' | 'showLog' | 'explainPath' | 'copyAsCommand';
    };

/** Handles such a request. `view` is the visible table, if there is one. */
export async function handlePanelCommand(
  asked: AsideRequest,
  request: SyncRequest,
  view: PlanView | undefined,
  panel: PanelHost,
  services: PreviewServices,
): Promise<undefined> {
  switch (asked.type) {
    case 'close':
      panel.close();
      break;
    case 'savePlan':
      if (view) await panel.savePlan(view.plan);
      break;
    case 'saveList':
      if (view) await panel.saveList(view.plan);
      break;
    case 'showLog':
      services.showLog();
      break;
    case 'explain':
      await services.explainPath(request, view?.itemOf(asked.key)?.path);
      break;
    case 'explainPath':
      await services.explainPath(request);
      break;
    case 'copyAsCommand':
      await services.copyAsCommand(request);
      break;
  }
}
