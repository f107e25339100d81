import type { Tick } from '../../src/preview/planRow';
import type { Words } from '../../src/preview/words';
import { element, setAttribute, setText, show } from './dom';

/** The row of column names that stays on top, with the tick for all rows shown. */
export class TableHeading {
  readonly root: HTMLElement;
  private readonly box: HTMLElement;
  private readonly why: HTMLElement;
  private tick: Tick | undefined;
  private fixed = false;

  constructor(
    private readonly words: Words,
    tickShown: (on: boolean) => void,
  ) {
    this.box = element('span', {
      class: 'box',
      role: 'checkbox',
      title: words.tickShown,
      attributes: { tabindex: '0' },
    });
    setAttribute(this.box, 'aria-label', words.tickShown);
    const toggle = () => {
      if (!this.fixed) tickShown(this.tick !== 'on');
    };
    this.box.addEventListener('click', toggle);
    this.box.addEventListener('keydown', (event) => {
      if (event.key !== ' ' && event.key !== 'Enter') return;
      event.preventDefault();
      event.stopPropagation();
      toggle();
    });
    const column = (text: string, kind: string) =>
      element('div', { class: `cell ${kind}`, role: 'columnheader', title: text }, element('span', { text }));
    this.why = column(words.reason, 'why');
    this.root = element(
      'div',
      { class: 'heading', role: 'row', attributes: { 'aria-rowindex': '1' } },
      element('div', { class: 'cell check', role: 'columnheader' }, this.box),
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

  /** `tick`: of all rows shown that can be ticked. */
  update(tick: Tick | undefined, fixed: boolean, running: boolean): void {
    setText(this.why, running ? this.words.progress : this.words.reason);
    this.tick = tick;
    this.fixed = fixed;
    show(this.box, tick !== undefined);
    setAttribute(this.box, 'aria-checked', tick === 'some' ? 'mixed' : String(tick === 'on'));
    setAttribute(this.box, 'aria-disabled', fixed ? 'true' : undefined);
  }
}
