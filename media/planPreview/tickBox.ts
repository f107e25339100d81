import type { Tick } from '../../src/preview/planRow';
import { element, setAttribute, show } from './dom';

/** A box of three states that stands for many rows: ticking it ticks them all, or unticks them when all are ticked. */
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

  /** What it is for; its tooltip too, unless there is more to say. */
  name(label: string, title = label): void {
    setAttribute(this.root, 'aria-label', label);
    setAttribute(this.root, 'title', title);
  }

  /** Undefined when there is nothing to tick; `fixed`: shown, but not to be changed. */
  set(tick: Tick | undefined, fixed: boolean): void {
    this.tick = tick;
    this.fixed = fixed;
    show(this.root, tick !== undefined);
    setAttribute(this.root, 'aria-checked', tick === 'some' ? 'mixed' : String(tick === 'on'));
    setAttribute(this.root, 'aria-disabled', fixed ? 'true' : undefined);
  }
}
