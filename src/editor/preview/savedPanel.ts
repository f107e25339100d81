import type { SyncRequest } from '../../app';
import type { ViewState } from '../../preview/planView';
import type { SavedPanel } from '../../preview/previewProtocol';

/** Maximum number of ticks and folded folders that survive a reload of the window. */
const mostRemembered = 2000;

/** The state to keep for a reload of the window. */
export function savedPanel(request: SyncRequest, title: string | undefined, memory: ViewState): SavedPanel {
  const ticksKept = memory.toggled.length <= mostRemembered;
  return {
    version: 1,
    request,
    ...(title === undefined ? {} : { title }),
    view: {
      ...memory,
      toggled: ticksKept ? memory.toggled : [],
      deletesEnabled: ticksKept && memory.deletesEnabled,
      collapsed: memory.collapsed.length <= mostRemembered ? memory.collapsed : [],
    },
    ticksKept,
  };
}
