import type { Row } from '../../src/preview/planRow';
import type { RowsReply, TableState } from '../../src/preview/previewProtocol';
import { element, setAttribute } from './dom';
import type { PageText } from './pageText';
import { RowCache } from './rowCache';
import { RowElement, type RowLook } from './rowElement';
import { TableHeading } from './tableHeading';

/** The services that the table needs from the page. */
export interface TableHost {
  readonly text: PageText;
  fetch(from: number, count: number): Promise<RowsReply>;
  find(start: string, after: number): Promise<number>;
  /** Returns the position of the row of a key; −1 without one. */
  locate(key: string): Promise<number>;
  tick(key: string, on: boolean): void;
  toggleRange(table: number, from: number, to: number): void;
  tickShown(on: boolean): void;
  includeDeletes(on: boolean): void;
  expand(key: string, expanded: boolean): void;
  open(key: string): void;
  explain(key: string): void;
  goToFilter(): void;
  scrolled(): void;
  failed(error: unknown): void;
}

const rowPx = 22;
/** Number of rows drawn above and below the view, so that a short scroll shows no gap. */
const overscan = 8;
const typeAheadMs = 700;

/**
 * A tree grid of any length: only the visible rows are in the page. The table has the focus, and `aria-activedescendant` names the
 * active row, as in the editor's own lists.
 */
export class ActionTable {
  readonly root: HTMLElement;
  private readonly body = element('div', { class: 'body', role: 'rowgroup' });
  private readonly heading: TableHeading;
  private readonly cache: RowCache;
  private readonly drawn = new Map<number, RowElement>();
  private readonly spare: RowElement[] = [];
  private state: TableState | undefined;
  private look: RowLook | undefined;
  private active = 0;
  /** The other end of a range of rows. */
  private anchor = 0;
  private typed = '';
  private typedAt = 0;
  private frame = 0;
  private tidying = 0;

  constructor(private readonly host: TableHost) {
    const { words } = host.text;
    this.heading = new TableHeading(words, (on) => host.tickShown(on));
    this.root = element(
      'div',
      {
        class: 'table',
        role: 'treegrid',
        attributes: { tabindex: '0', 'aria-label': words.table, 'aria-multiselectable': 'true' },
      },
      this.heading.root,
      this.body,
    );
    setAttribute(this.root, 'aria-description', words.keyboardHint);
    this.cache = new RowCache(host.fetch, () => this.draw(), host.failed);
    this.root.addEventListener('scroll', () => this.drawSoon(), { passive: true });
    this.root.addEventListener('focus', () => this.root.classList.add('visited'), { once: true });
    this.root.addEventListener('keydown', (event) => this.onKey(event));
    this.body.addEventListener('click', (event) => this.onClick(event));
    this.body.addEventListener('mousedown', (event) => {
      // Selects a range of rows, not text.
      if (event.shiftKey) event.preventDefault();
    });
    new ResizeObserver(() => this.draw()).observe(this.root);
  }

  /** The keys of the active row and of the topmost visible row, to restore the position after a change of the table. */
  get anchors(): readonly string[] {
    const key = (index: number) => this.cache.at(index)?.key ?? '';
    return [key(this.active), key(this.firstInView)];
  }

  get scrollTop(): number {
    return this.root.scrollTop;
  }

  /** Shows a table. `places` are the positions of the rows of `anchors`; with −1 or without them, keeps the scroll position. */
  update(state: TableState, target: string, places: readonly number[] = []): void {
    this.look = {
      text: this.host.text,
      target,
      flat: state.flat,
      ticksFixed: state.ticksFixed,
      now: Date.now(),
    };
    const offset = this.root.scrollTop - this.firstInView * rowPx;
    const changed = this.state?.table !== state.table;
    this.state = state;
    setAttribute(this.root, 'aria-rowcount', String(state.rowCount + 1));
    setAttribute(this.root, 'aria-readonly', state.ticksFixed ? 'true' : undefined);
    this.root.classList.toggle('ticksFixed', state.ticksFixed);
    this.heading.update(state.tickOfShown, state.ticksFixed, state.running);
    this.body.style.height = `${state.rowCount * rowPx}px`;
    if (changed) {
      const [active = -1, top = -1] = places;
      this.active = Math.max(0, Math.min(state.rowCount - 1, active >= 0 ? active : this.active));
      this.anchor = this.active;
      if (top >= 0) this.root.scrollTop = top * rowPx + offset;
      this.cache.setTable(state.table);
    }
    this.draw();
  }

  /** Redraws rows that changed without a change of order. */
  refresh(): void {
    this.cache.refresh();
  }

  focus(): void {
    this.root.focus();
  }

  scrollTo(top: number): void {
    this.root.scrollTop = top;
  }

  private get rowCount(): number {
    return this.state?.rowCount ?? 0;
  }

  private get firstInView(): number {
    return Math.floor(this.root.scrollTop / rowPx);
  }

  /** Number of whole rows that fit below the heading. */
  private get pageRows(): number {
    return Math.max(1, Math.floor((this.root.clientHeight - this.heading.height) / rowPx) - 1);
  }

  private drawSoon(): void {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
      this.host.scrolled();
    });
  }

  private draw(): void {
    const { look } = this;
    if (!look) return;
    const first = Math.max(0, this.firstInView - overscan);
    const end = Math.min(this.rowCount, first + Math.ceil(this.root.clientHeight / rowPx) + 2 * overscan);
    for (const [index, row] of this.drawn) {
      if (index >= first && index < end) continue;
      this.drawn.delete(index);
      this.spare.push(row);
    }
    const [from, to] = this.range;
    for (let index = first; index < end; index++) {
      let row = this.drawn.get(index);
      if (!row) {
        row = this.spare.pop() ?? new RowElement();
        row.place(index, index * rowPx);
        this.drawn.set(index, row);
      }
      row.fill(this.cache.at(index), look);
      if (!row.root.isConnected) this.body.append(row.root);
      row.mark(index === this.active, index >= from && index <= to && from !== to);
    }
    for (const row of this.spare) row.root.remove();
    window.clearTimeout(this.tidying);
    this.tidying = window.setTimeout(() => this.tidy(), 150);
    setAttribute(
      this.root,
      'aria-activedescendant',
      this.drawn.has(this.active) ? `row-${this.active}` : undefined,
    );
    this.cache.show(first, end);
  }

  /** Sorts the rows in the page for screen readers, except while the user scrolls. */
  private tidy(): void {
    let before = this.body.firstElementChild;
    for (const [, { root }] of [...this.drawn].sort(([a], [b]) => a - b)) {
      if (root === before) before = before.nextElementSibling;
      else this.body.insertBefore(root, before);
    }
  }

  private get range(): readonly [number, number] {
    return [Math.min(this.anchor, this.active), Math.max(this.anchor, this.active)];
  }

  /** Makes a row active and scrolls it into view. */
  private go(to: number, extend = false): void {
    if (this.rowCount === 0) return;
    this.active = Math.max(0, Math.min(this.rowCount - 1, to));
    if (!extend) this.anchor = this.active;
    const top = this.active * rowPx;
    const room = this.root.clientHeight - this.heading.height - rowPx;
    if (top < this.root.scrollTop) this.root.scrollTop = top;
    else if (top > this.root.scrollTop + room) this.root.scrollTop = top - room;
    this.draw();
  }

  private onClick(event: MouseEvent): void {
    const target = event.target instanceof Element ? event.target : undefined;
    const rowRoot = target?.closest<HTMLElement>('.row');
    const index = Number(rowRoot?.dataset['index'] ?? Number.NaN);
    const row = this.cache.at(index);
    if (!row) return;
    const onBox = target?.closest('.check') !== null && target?.closest('.check') !== undefined;
    if (event.shiftKey) {
      this.go(index, true);
      if (onBox) this.tickActive(row);
      return;
    }
    this.go(index);
    if (onBox || target?.closest('.gate')) this.tickActive(row);
    else if (row.kind !== 'item') this.host.expand(row.key, !row.expanded);
    else if (!event.ctrlKey && !event.metaKey) this.host.open(row.key);
  }

  /** Ticks or unticks the active row, or all rows of the range. */
  private tickActive(row: Row): void {
    if (!this.state || this.state.ticksFixed) return;
    const [from, to] = this.range;
    if (from !== to) {
      this.host.toggleRange(this.state.table, from, to);
      return;
    }
    if (row.kind === 'section') {
      if (row.gate !== undefined) this.host.includeDeletes(!row.gate);
      return;
    }
    if (row.tick !== undefined) this.host.tick(row.key, row.tick !== 'on' && row.tick !== true);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.target !== this.root || event.altKey) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'f') {
      event.preventDefault();
      this.host.goToFilter();
      return;
    }
    if (this.move(event) || (!event.ctrlKey && !event.metaKey && this.act(event))) event.preventDefault();
  }

  private move(event: KeyboardEvent): boolean {
    const to = {
      ArrowDown: this.active + 1,
      ArrowUp: this.active - 1,
      PageDown: this.active + this.pageRows,
      PageUp: this.active - this.pageRows,
      Home: 0,
      End: this.rowCount - 1,
    }[event.key];
    if (to === undefined) return false;
    this.go(to, event.shiftKey);
    return true;
  }

  private act(event: KeyboardEvent): boolean {
    const row = this.cache.at(this.active);
    if (event.key === '/') this.host.goToFilter();
    else if (event.key === 'Escape') this.go(this.active);
    else if (!row) return false;
    else if (event.key === ' ') this.tickActive(row);
    else if (event.key === '?') this.host.explain(row.key);
    else if (event.key === 'Enter') {
      if (row.kind === 'item') this.host.open(row.key);
      else this.host.expand(row.key, !row.expanded);
    } else if (event.key === 'ArrowRight') {
      if (row.kind === 'item') return false;
      if (row.expanded) this.go(this.active + 1);
      else this.host.expand(row.key, true);
    } else if (event.key === 'ArrowLeft') {
      if (row.kind !== 'item' && row.expanded) this.host.expand(row.key, false);
      else void this.goToParent(row);
    } else if (event.key.length === 1) void this.typeAhead(event.key);
    else return false;
    return true;
  }

  private async goToParent(row: Row): Promise<void> {
    try {
      const at = row.parent === undefined ? -1 : await this.host.locate(row.parent);
      if (at >= 0) this.go(at);
    } catch (error) {
      this.host.failed(error);
    }
  }

  private async typeAhead(letter: string): Promise<void> {
    const now = Date.now();
    const fresh = now - this.typedAt > typeAheadMs;
    this.typedAt = now;
    this.typed = fresh ? letter : this.typed + letter;
    try {
      const at = await this.host.find(this.typed, fresh ? this.active : this.active - 1);
      if (at >= 0) this.go(at);
    } catch (error) {
      this.host.failed(error);
    }
  }
}
