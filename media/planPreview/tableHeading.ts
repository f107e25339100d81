import type { Tick } from '../../src/preview/planRow';
import type { Strings } from '../../src/preview/strings';
import { element, setText } from './dom';
import { TickBox } from './tickBox';

/** The fixed row of column names, with the tick for all visible rows. */
export class TableHeading {
  readonly root: HTMLElement;
  private readonly box: TickBox;
  private readonly why: HTMLElement;

  constructor(
    private readonly words: Strings,
    tickShown: (on: boolean) => void,
  ) {
    this.box = new TickBox(tickShown);
    this.box.name(words.tickShown);
    const column = (text: string, kind: string) =>
      element('div', { class: `cell ${kind}`, role: 'columnheader', title: text }, element('span', { text }));
    this.why = column(words.reason, 'why');
    this.root = element(
      'div',
      { class: 'heading', role: 'row', attributes: { 'aria-rowindex': '1' } },
      element('div', { class: 'cell check', role: 'columnheader' }, this.box.root),
      column(words.name, 'first'),
      this.why,
      column(words.sourceSize, 'number'),
      column(words.targetSize, 'number'),
      column(words.sourceTime, 'time'),
      column(words.targetTime, 'time'),
    );
  }

  get height(): number {
    return this.root.offsetHeight;
  }

  /** `tick` is the common tick of all visible rows that can be ticked. */
  update(tick: Tick | undefined, fixed: boolean, running: boolean): void {
    setText(this.why, running ? this.words.progress : this.words.reason);
    this.box.set(tick, fixed);
  }
}
