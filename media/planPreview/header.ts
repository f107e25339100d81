import type { ComparisonMode, PlanOptions } from '../../src/plan/model/planOptions';
import { optionFacts } from '../../src/preview/optionFacts';
import type { RowClass } from '../../src/preview/planIndex';
import { type RunRowState, runStates } from '../../src/preview/planRow';
import type { ClassSummary, RowFilter } from '../../src/preview/planView';
import type { Banner, PageState, TableState } from '../../src/preview/previewProtocol';
import type { PageCommand } from '../../src/preview/readPageRequest';
import { cut, fill } from '../../src/preview/strings';
import {
  type ButtonControl,
  button,
  type Control,
  checkbox,
  dropdown,
  iconButton,
  textField,
} from './controls';
import { element, setAttribute, setText, show } from './dom';
import { icon } from './icons';
import { OptionsPanel } from './optionsPanel';
import { classCount, classTemplate, type PageText } from './pageText';
import { TickBox } from './tickBox';

/** The services that the header needs from the page. */
export interface HeaderHost {
  readonly text: PageText;
  command(command: PageCommand): void;
  compare(mode: ComparisonMode): void;
  deletes(on: boolean): void;
  /** Applies options. Resolves to the reason when they are rejected. */
  setOptions(options: Readonly<Record<string, unknown>>): Promise<string | undefined>;
  filter(filter: RowFilter): void;
  tickClass(rowClass: RowClass, on: boolean): void;
  flat(flat: boolean): void;
  expandAll(expanded: boolean): void;
  /** Called when the focus moves from the filter to the table. */
  leaveFilter(): void;
}

const noFilter: RowFilter = { text: '', classes: [], states: [] };
const filterDelayMs = 120;
/** A plan older than this many milliseconds shows its age. */
const staleMs = 10 * 60_000;

/** The part above the table: direction, comparison, and totals. */
export class Header {
  readonly root: HTMLElement;
  private readonly sentence = element('h1', { class: 'sentence' });
  private readonly facts = element('div', { class: 'facts' });
  private readonly chips = element('div', { class: 'chips', role: 'group' });
  private readonly banners = element('div', { class: 'banners' });
  private readonly toolbar = element('div', { class: 'toolbar' });
  private readonly controls = element('div', { class: 'options' });
  private readonly options: ButtonControl;
  private readonly panel: OptionsPanel;
  private optionsNow: PlanOptions | undefined;
  private readonly swap: ButtonControl;
  private readonly rescan: ButtonControl;
  private readonly save: ButtonControl;
  private readonly asList: ButtonControl;
  private readonly asTree: ButtonControl;
  private readonly clear: ButtonControl;
  private readonly folding: readonly ButtonControl[];
  private readonly compare: Control<ComparisonMode>;
  private readonly deletes: Control<boolean>;
  private readonly field: ReturnType<typeof textField>;
  private filter: RowFilter = noFilter;
  private shownChips = '';
  private boxes = new Map<RowClass, TickBox>();
  private shownBanners = '';
  private timer = 0;

  constructor(private readonly host: HeaderHost) {
    const { words } = host.text;
    this.swap = named(
      iconButton('swap', () => host.command('swap')),
      words.swapHint,
    );
    this.rescan = named(
      iconButton('refresh', () => host.command('rescan')),
      words.rescan,
    );
    this.save = named(
      iconButton('save', () => host.command(this.isCheck ? 'saveList' : 'savePlan')),
      words.savePlan,
    );
    const log = named(
      iconButton('log', () => host.command('showLog')),
      words.showLog,
    );
    const explain = named(
      iconButton('filter', () => host.command('explainPath')),
      words.explainPath,
    );
    const asCommand = named(
      iconButton('terminal', () => host.command('copyAsCommand')),
      words.copyAsCommand,
    );
    this.options = button('secondary', () => this.toggleOptions());
    this.options.set(words.options);
    setAttribute(this.options.element, 'aria-expanded', 'false');
    this.panel = new OptionsPanel({
      text: host.text,
      apply: (options) => host.setOptions(options),
      closed: () => {
        setAttribute(this.options.element, 'aria-expanded', 'false');
        this.options.element.focus();
      },
    });
    this.asList = named(
      iconButton('list', () => host.flat(true)),
      words.viewAsList,
    );
    this.asTree = named(
      iconButton('tree', () => host.flat(false)),
      words.viewAsTree,
    );
    this.clear = named(
      iconButton('close', () => this.set(noFilter)),
      words.clearFilters,
    );
    this.folding = [
      named(
        iconButton('collapse', () => host.expandAll(false)),
        words.collapseAll,
      ),
      named(
        iconButton('expand', () => host.expandAll(true)),
        words.expandAll,
      ),
    ];
    this.compare = dropdown(words.compare, compareChoices(host.text), (mode) => host.compare(mode));
    this.deletes = checkbox(words.deletesOption, words.deletesOptionHint, (on) => host.deletes(on));
    this.field = textField(words.filter, (text) => this.typed(text));
    this.field.element.addEventListener('keydown', (event) => this.onFilterKey(event));

    this.controls.append(
      element('span', { class: 'label', text: words.compare }),
      this.compare.element,
      this.deletes.element,
      this.options.element,
    );
    const folding = this.folding.map((control) => control.element);
    this.toolbar.append(
      this.chips,
      element('div', { class: 'filter' }, this.field.element, this.clear.element),
      element('div', { class: 'buttons' }, this.asList.element, this.asTree.element, ...folding),
    );
    const buttons = [this.swap, this.rescan, explain, asCommand, this.save, log].map(
      (control) => control.element,
    );
    this.root = element(
      'header',
      {},
      element('div', { class: 'top' }, this.sentence, element('div', { class: 'buttons' }, ...buttons)),
      element('div', { class: 'second' }, this.facts, this.controls),
      this.panel.root,
      this.banners,
      this.toolbar,
    );
  }

  update(state: PageState): void {
    const { table, phase } = state;
    const busy = phase === 'running' || phase === 'scanning';
    this.showSentence(state);
    setText(this.facts, this.factsOf(state));
    this.showBanners(this.bannersOf(state));
    this.compare.set(state.compare);
    this.compare.enable(phase !== 'running');
    this.compare.element.title = this.comparedText(state.compare);
    this.deletes.set(state.deletes !== 'none');
    this.deletes.enable(phase !== 'running');
    show(this.deletes.element, state.verb === 'sync');
    this.optionsNow = state.options;
    this.options.enable(phase !== 'running');
    if (phase === 'running') this.panel.close();
    this.save.set(state.verb === 'check' ? this.host.text.words.saveList : this.host.text.words.savePlan);
    this.swap.enable(phase !== 'running');
    this.rescan.enable(!busy);
    this.save.enable(table !== undefined);
    show(this.toolbar, table !== undefined && phase !== 'same');
    if (!table) return;
    this.filter = table.filter;
    this.showChips(table, state);
    if (this.timer === 0) this.field.set(table.filter.text);
    show(
      this.clear.element,
      table.filter.text !== '' || table.filter.classes.length + table.filter.states.length > 0,
    );
    show(this.asList.element, !table.flat);
    show(this.asTree.element, table.flat);
    for (const control of this.folding) show(control.element, !table.flat);
  }

  private get isCheck(): boolean {
    return this.optionsNow?.verb === 'check';
  }

  private toggleOptions(): void {
    if (this.panel.isOpen) this.panel.close();
    else if (this.optionsNow) {
      setAttribute(this.options.element, 'aria-expanded', 'true');
      this.panel.open(this.optionsNow);
    }
  }

  focusFilter(): void {
    this.field.focus();
  }

  private showSentence(state: PageState): void {
    const { words } = this.host.text;
    const key = JSON.stringify([state.verb, state.source, state.target]);
    if (this.sentence.dataset['key'] === key) return;
    this.sentence.dataset['key'] = key;
    const sides = [state.target, state.source];
    const template = {
      copy: words.copiedTo,
      sync: words.madeLike,
      move: words.movedTo,
      check: words.comparedWith,
    }[state.verb];
    const parts = cut(template).map((part) => {
      if (typeof part === 'string') return part;
      const side = sides[part];
      return element('strong', { text: side?.short ?? '', title: side?.full ?? '' });
    });
    this.sentence.replaceChildren(...parts);
  }

  private factsOf(state: PageState): string {
    const { words, format } = this.host.text;
    const { table } = state;
    const old = table !== undefined && Date.now() - table.scannedAt >= 60_000;
    const deleting = state.verb === 'sync' && state.deletes !== 'none';
    // The title of a move already says that it removes files.
    const kept = state.verb === 'move' ? undefined : deleting ? words.extraDeleted : words.extraKept;
    return [
      state.compare === 'rclone' ? undefined : this.comparedText(state.compare),
      ...optionFacts(state.options, words, format),
      table &&
        fill(
          format.plural(table.listed, words.scannedOne, words.scannedMany),
          '',
          format.duration(table.scanMs),
        ),
      old && fill(words.scannedWhen, format.ago(table.scannedAt, Date.now())),
      state.verb === 'check' ? words.checkedNote : kept,
    ]
      .filter((part) => typeof part === 'string')
      .join(' · ');
  }

  private comparedText(mode: ComparisonMode): string {
    const { words } = this.host.text;
    return {
      rclone: words.comparedRclone,
      aws: words.comparedAws,
      'exact-timestamps': words.comparedExact,
      'size-only': words.comparedSize,
      checksum: words.comparedChecksum,
    }[mode];
  }

  private bannersOf(state: PageState): readonly Banner[] {
    const { words, format } = this.host.text;
    const { table } = state;
    const now = Date.now();
    if (state.phase !== 'preview' || !table || now - table.scannedAt < staleMs) return state.banners;
    const text = fill(words.stale, format.ago(table.scannedAt, now));
    return [...state.banners, { tone: 'info', text, action: { command: 'rescan', label: words.rescan } }];
  }

  private showBanners(banners: readonly Banner[]): void {
    const key = JSON.stringify(banners);
    if (this.shownBanners === key) return;
    this.shownBanners = key;
    this.banners.replaceChildren(
      ...banners.map((banner) => {
        const shown = element(
          'div',
          { class: `banner ${banner.tone}`, role: banner.tone === 'info' ? 'note' : 'alert' },
          icon(banner.tone),
          element('span', { text: banner.text }),
        );
        const { action } = banner;
        if (action) {
          const way = button('secondary', () => this.host.command(action.command));
          way.set(action.label);
          shown.append(way.element);
        }
        return shown;
      }),
    );
  }

  /** Chips for classes before a run, for outcomes after its start. A chip shows only its rows. */
  private showChips(table: TableState, state: PageState): void {
    const { words, format } = this.host.text;
    const { filter } = table;
    const chips: HTMLElement[] = [];
    const boxes = new Map<RowClass, TickBox>();
    if (state.run) {
      const { counts } = state.run;
      for (const name of runStates) {
        if (counts[name] === 0 && !filter.states.includes(name)) continue;
        const pressed = filter.states.includes(name);
        chips.push(
          this.chip(name, `{0} ${words[name]}`, counts[name], '', pressed, undefined, () => {
            this.set({ ...this.filter, states: toggled(this.filter.states, name) });
          }),
        );
      }
    } else {
      for (const { class: name, files, bytes } of table.classes) {
        const pressed = filter.classes.includes(name);
        const size = bytes > 0 && name !== 'skipped' && name !== 'conflict' ? format.bytes(bytes) : '';
        const box = canBeTicked(name) ? new TickBox((on) => this.host.tickClass(name, on)) : undefined;
        if (box) boxes.set(name, box);
        chips.push(
          this.chip(name, classTemplate(name, files, words), files, size, pressed, box, () => {
            this.set({ ...this.filter, classes: toggled(this.filter.classes, name) });
          }),
        );
      }
      chips.push(
        element(
          'span',
          { class: 'chip still', title: words.sameHint },
          icon('same'),
          element('b', { text: format.count(table.unchanged) }),
          words.same,
        ),
      );
    }
    const key = chips.map((chip) => `${chip.textContent}${chip.dataset['pressed']}`).join('|');
    if (this.shownChips !== key) {
      this.shownChips = key;
      this.boxes = boxes;
      const focused = this.chips.contains(document.activeElement)
        ? (document.activeElement as HTMLElement).dataset['focus']
        : undefined;
      this.chips.replaceChildren(...chips);
      if (focused) this.chips.querySelector<HTMLElement>(`[data-focus="${focused}"]`)?.focus();
    }
    // The tick boxes keep the focus, so they are updated, not replaced.
    for (const summary of table.classes) this.showTick(summary, table);
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
    size: string,
    pressed: boolean,
    box: TickBox | undefined,
    press: () => void,
  ): HTMLElement {
    const { words, format } = this.host.text;
    const made = element(
      'button',
      { title: words.chipHint, attributes: { type: 'button', 'data-focus': name } },
      icon(name),
      element(
        'span',
        {},
        ...cut(template).map((part) =>
          typeof part === 'string' ? part : element('b', { text: format.count(count) }),
        ),
      ),
    );
    if (size !== '') made.append(element('span', { class: 'size', text: size }));
    setAttribute(made, 'aria-pressed', String(pressed));
    made.addEventListener('click', press);
    const chip = element('div', {
      class: 'chip',
      attributes: { 'data-name': name, 'data-pressed': String(pressed) },
    });
    if (box) {
      setAttribute(box.root, 'data-focus', `tick-${name}`);
      chip.append(box.root);
    }
    chip.append(made);
    return chip;
  }

  private typed(text: string): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      this.set({ ...this.filter, text });
    }, filterDelayMs);
  }

  private set(filter: RowFilter): void {
    window.clearTimeout(this.timer);
    this.timer = 0;
    this.host.filter(filter);
  }

  private onFilterKey(event: KeyboardEvent): void {
    if (event.key !== 'Escape' && event.key !== 'ArrowDown' && event.key !== 'Enter') return;
    event.preventDefault();
    this.host.leaveFilter();
  }
}

function named(control: ButtonControl, name: string): ButtonControl {
  control.set(name);
  return control;
}

function toggled<T>(list: readonly T[], item: T): readonly T[] {
  return list.includes(item) ? list.filter((other) => other !== item) : [...list, item];
}

/** Conflicts and skipped files have no action. */
function canBeTicked(name: RowClass): boolean {
  return !['sourceOnly', 'differs', 'targetOnly', 'conflict', 'skipped'].includes(name);
}

function compareChoices({ words }: PageText): readonly { value: ComparisonMode; label: string }[] {
  return [
    { value: 'rclone', label: words.compareRclone },
    { value: 'checksum', label: words.compareChecksum },
    { value: 'size-only', label: words.compareSize },
    { value: 'aws', label: words.compareAws },
    { value: 'exact-timestamps', label: words.compareExact },
  ];
}
