import type { PageState, SavedPanel } from '../../preview/previewProtocol';
import type { PanelHost } from './previewPorts';

const progressEveryMs = 150;
const rememberAfterMs = 300;

/** Sends the state of a session to its page: at once, or a few times a second however often it changes. */
export class StateNotices {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private rememberTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly panel: Pick<PanelHost, 'tell'>,
    private readonly session: { state(): PageState; saved(): SavedPanel },
  ) {}

  /** Sends the state at once, and soon the part that the page keeps for a reload. */
  now(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.panel.tell({ type: 'state', state: this.session.state() });
    this.remember();
  }

  /** Sends the state after `update`, unless it is about to be sent. */
  soon(update: () => void): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      update();
      this.panel.tell({ type: 'state', state: this.session.state() });
    }, progressEveryMs);
  }

  /** Delayed, because a held key ticks many times a second and the saved state of a large plan takes long to write. */
  remember(): void {
    this.rememberTimer ??= setTimeout(() => {
      this.rememberTimer = undefined;
      this.panel.tell({ type: 'remember', saved: this.session.saved() });
    }, rememberAfterMs);
  }

  /** The page is gone: it keeps nothing. */
  forget(): void {
    clearTimeout(this.rememberTimer);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.forget();
  }
}
