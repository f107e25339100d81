import type { Tick } from '../../src/preview/planRow';
import { element, setAttribute, show } from './dom';

/** A tick box with three states for many rows: ticks all of them, or unticks them when all are ticked. */
export class TickBox {
  readonly root: HTMLElement;
  private tick: Tick | undefined;
  private fixed = false;

  constructor(toggled: (on: boolean) => void) {
    this.root = element('span', { class: 'box', role: 'checkbox', attributes: { tabindex: '0' } });
    const toggle = () => {
      if (!this.fixed && this.tick !== undefined) toggled(this.tick !== 'on');
    };
    this.root.addEventListener('click', toggle);
    this.root.addEventListener('keydown', (event) => {
      if (event.key !== ' ' && event.key !== 'Enter') return;
      event.preventDefault();
      event.stopPropagation();
      toggle();
    });
  }

  /** The label, which is also the tooltip unless `title` is given. */
  name(label: string, title = label): void {
    setAttribute(this.root, 'aria-label', label);
    setAttribute(this.root, 'title', title);
  }

  /** `tick` is undefined when there is nothing to tick; `fixed` shows the box as read-only. */
  set(tick: Tick | undefined, fixed: boolean): void {
    this.tick = tick;
    this.fixed = fixed;
    show(this.root, tick !== undefined);
    setAttribute(this.root, 'aria-checked', tick === 'some' ? 'mixed' : String(tick === 'on'));
    setAttribute(this.root, 'aria-disabled', fixed ? 'true' : undefined);
  }
}
