import type { ComparisonMode, PlanOptions } from '../../src/plan/model/planOptions';
import type { RowClass } from '../../src/preview/planIndex';
import type { RowFilter } from '../../src/preview/planView';
import type { Banner, PageState } from '../../src/preview/previewProtocol';
import type { PageCommand } from '../../src/preview/readPageRequest';
import { cut, fill } from '../../src/preview/strings';
import { optionFacts } from '../../src/preview/summaries';
import { Chips } from './chips';
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
import { OptionsPanel, shownCompareModes } from './optionsPanel';
import type { PageText } from './pageText';

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
  private readonly banners = element('div', { class: 'banners' });
  private readonly toolbar = element('div', { class: 'toolbar' });
  private readonly controls = element('div', { class: 'options' });
  private readonly options: ButtonControl;
  private readonly panel: OptionsPanel;
  private optionsNow: PlanOptions | undefined;
  private readonly chips: Chips;
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
  private shownBanners = '';
  private timer = 0;

  constructor(private readonly host: HeaderHost) {
    const { words } = host.text;
    const { command } = host;
    this.swap = iconButton('swap', words.swapHint, () => command('swap'));
    this.rescan = iconButton('refresh', words.rescan, () => command('rescan'));
    this.save = iconButton('save', words.savePlan, () => command(this.isCheck ? 'saveList' : 'savePlan'));
    const log = iconButton('log', words.showLog, () => command('showLog'));
    const explain = iconButton('filter', words.explainPath, () => command('explainPath'));
    const asCommand = iconButton('terminal', words.copyAsCommand, () => command('copyAsCommand'));
    this.options = button('secondary', words.options, () => this.toggleOptions());
    setAttribute(this.options.element, 'aria-expanded', 'false');
    this.panel = new OptionsPanel({
      text: host.text,
      apply: (options) => host.setOptions(options),
      closed: () => {
        setAttribute(this.options.element, 'aria-expanded', 'false');
        this.options.element.focus();
      },
    });
    this.asList = iconButton('list', words.viewAsList, () => host.flat(true));
    this.asTree = iconButton('tree', words.viewAsTree, () => host.flat(false));
    this.clear = iconButton('close', words.clearFilters, () => this.set(noFilter));
    this.folding = [
      iconButton('collapse', words.collapseAll, () => host.expandAll(false)),
      iconButton('expand', words.expandAll, () => host.expandAll(true)),
    ];
    this.chips = new Chips({ ...host, filter: (filter) => this.set(filter) });
    this.compare = dropdown(
      words['option:compare'],
      shownCompareModes,
      (mode) => words[`compare:${mode}`],
      (mode) => host.compare(mode),
    );
    this.deletes = checkbox(words.deletesOption, words.deletesOptionHint, (on) => host.deletes(on));
    this.field = textField(words.filter, (text) => this.typed(text));
    this.field.element.addEventListener('keydown', (event) => this.onFilterKey(event));

    this.controls.append(
      element('span', { class: 'label', text: words['option:compare'] }),
      this.compare.element,
      this.deletes.element,
      this.options.element,
    );
    const folding = this.folding.map((control) => control.element);
    this.toolbar.append(
      this.chips.root,
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
    this.chips.update(table, state.run);
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
    const parts = cut(words[`sentence:${state.verb}`]).map((part) => {
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
    return this.host.text.words[`compared:${mode}`];
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
        for (const action of [banner.action, banner.other]) {
          if (!action) continue;
          const press = () => this.host.command(action.command);
          shown.append(button('secondary', action.label, press).element);
        }
        return shown;
      }),
    );
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
