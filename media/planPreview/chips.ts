import type { RowClass } from '../../src/preview/planIndex';
import { type RunRowState, runStates } from '../../src/preview/planRow';
import type { ClassSummary } from '../../src/preview/planTicks';
import type { RowFilter } from '../../src/preview/planView';
import type { RunState, TableState } from '../../src/preview/previewProtocol';
import { cut, fill } from '../../src/preview/strings';
import { element, setAttribute } from './dom';
import { icon } from './icons';
import { classCount, classTemplate, type PageText } from './pageText';
import { TickBox } from './tickBox';

/** The services that the chips need from the page. */
export interface ChipsHost {
  readonly text: PageText;
  filter(filter: RowFilter): void;
  tickClass(rowClass: RowClass, on: boolean): void;
}

/** Counts that filter the table: of classes before a run, of outcomes after its start. */
export class Chips {
  readonly root = element('div', { class: 'chips', role: 'group' });
  private filter: RowFilter = { text: '', classes: [], states: [] };
  private shown = '';
  private boxes = new Map<RowClass, TickBox>();

  constructor(private readonly host: ChipsHost) {}

  update(table: TableState, run: RunState | undefined): void {
    this.filter = table.filter;
    const boxes = new Map<RowClass, TickBox>();
    const chips = run ? this.outcomes(run) : this.classes(table, boxes);
    const key = chips.map((chip) => `${chip.textContent}${chip.dataset['pressed']}`).join('|');
    if (this.shown !== key) {
      this.shown = key;
      this.boxes = boxes;
      const focused = this.root.contains(document.activeElement)
        ? (document.activeElement as HTMLElement).dataset['focus']
        : undefined;
      this.root.replaceChildren(...chips);
      if (focused) this.root.querySelector<HTMLElement>(`[data-focus="${focused}"]`)?.focus();
    }
    // The tick boxes keep the focus, so they are updated, not replaced.
    for (const summary of table.classes) this.showTick(summary, table);
  }

  private outcomes({ counts }: RunState): HTMLElement[] {
    const { words } = this.host.text;
    const { states } = this.filter;
    return runStates
      .filter((name) => counts[name] > 0 || states.includes(name))
      .map((name) => {
        const press = () => this.choose({ states: toggled(this.filter.states, name) });
        return this.chip(name, `{0} ${words[name]}`, counts[name], states.includes(name), press);
      });
  }

  private classes({ classes, unchanged }: TableState, boxes: Map<RowClass, TickBox>): HTMLElement[] {
    const { words, format } = this.host.text;
    const chips = classes.map(({ class: name, files, bytes }) => {
      const template = classTemplate(name, files, words);
      const press = () => this.choose({ classes: toggled(this.filter.classes, name) });
      const chip = this.chip(name, template, files, this.filter.classes.includes(name), press);
      if (bytes > 0 && name !== 'skipped' && name !== 'conflict')
        chip.lastElementChild?.append(element('span', { class: 'size', text: format.bytes(bytes) }));
      if (canBeTicked(name)) {
        const box = new TickBox((on) => this.host.tickClass(name, on));
        setAttribute(box.root, 'data-focus', `tick-${name}`);
        chip.prepend(box.root);
        boxes.set(name, box);
      }
      return chip;
    });
    const count = element('b', { text: format.count(unchanged) });
    const same = { class: 'chip still', title: words.sameHint };
    return [...chips, element('span', same, icon('same'), count, words.same)];
  }

  /** Chips stay in the page while the filter changes, so they change the current filter. */
  private choose(change: Partial<RowFilter>): void {
    this.host.filter({ ...this.filter, ...change });
  }

  private showTick({ class: name, files, ticked }: ClassSummary, table: TableState): void {
    const box = this.boxes.get(name);
    if (!box) return;
    const { words } = this.host.text;
    const closed = (name === 'delete' || name === 'removeFolder') && !table.deletesIncluded;
    const label = fill(words.tickClass, classCount(name, files, this.host.text));
    box.name(label, closed ? words.tickDeletesFirst : label);
    box.set(ticked === 0 ? 'off' : ticked === files ? 'on' : 'some', closed || table.ticksFixed);
  }

  private chip(
    name: RowClass | RunRowState,
    template: string,
    count: number,
    pressed: boolean,
    press: () => void,
  ): HTMLElement {
    const { words, format } = this.host.text;
    const parts = cut(template).map((part) =>
      typeof part === 'string' ? part : element('b', { text: format.count(count) }),
    );
    const attributes = { type: 'button', 'data-focus': name, 'aria-pressed': String(pressed) };
    const button = element(
      'button',
      { title: words.chipHint, attributes },
      icon(name),
      element('span', {}, ...parts),
    );
    button.addEventListener('click', press);
    const state = { 'data-name': name, 'data-pressed': String(pressed) };
    return element('div', { class: 'chip', attributes: state }, button);
  }
}

function toggled<T>(list: readonly T[], item: T): readonly T[] {
  return list.includes(item) ? list.filter((other) => other !== item) : [...list, item];
}

/** Conflicts and skipped files have no action, and a comparison has none. */
function canBeTicked(name: RowClass): boolean {
  return !['sourceOnly', 'differs', 'targetOnly', 'conflict', 'skipped'].includes(name);
}
