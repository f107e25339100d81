import { printable } from '../../src/base/printable';
import { nameOf } from '../../src/preview/planIndex';
import type { FolderRow, ItemRow, Row, RowSide, SectionRow, Tick } from '../../src/preview/planRow';
import { folderOutcome, folderRunText } from '../../src/preview/summaries';
import { element, setAttribute, setText, show } from './dom';
import { icon, setIcon } from './icons';
import {
  groupName,
  groupTitle,
  newerSide,
  type PageText,
  reasonOf,
  sizeText,
  spoken,
  stateText,
  timeText,
} from './pageText';

export interface RowLook {
  readonly text: PageText;
  /** The name of the target in sentences. */
  readonly target: string;
  readonly flat: boolean;
  readonly ticksFixed: boolean;
  readonly now: number;
}

const indentPx = 14;

/** One row of the table. Created once and reused while the table scrolls. */
export class RowElement {
  readonly root: HTMLElement;
  private filled: { readonly row: Row | undefined; readonly look: RowLook } | undefined;
  private readonly box = element('span', { class: 'box', role: 'checkbox' });
  private readonly gateBox = element('span', { class: 'box', role: 'checkbox' });
  private readonly gateLabel = element('span');
  private readonly gate = element('span', { class: 'gate' }, this.gateBox, this.gateLabel);
  private readonly checkCell = element('div', { class: 'cell check', role: 'gridcell' }, this.box);
  private readonly twistie = icon('chevron');
  private readonly glyph = icon('folder');
  private readonly name = element('span', { class: 'name' });
  private readonly folder = element('span', { class: 'folder' });
  private readonly nameCell = element('div', { class: 'cell first', role: 'gridcell' });
  private readonly stateGlyph = icon('queued');
  private readonly what = element('span', { class: 'what' });
  private readonly reason = element('span', { class: 'reason' });
  private readonly bar = element('span', { class: 'bar' });
  private readonly reasonCell = element('div', { class: 'cell why', role: 'gridcell' });
  private readonly sourceSize = cell('number');
  private readonly targetSize = cell('number');
  private readonly sourceTime = cell('time');
  private readonly targetTime = cell('time');

  constructor() {
    this.twistie.classList.add('twistie');
    this.nameCell.append(this.twistie, this.glyph, this.name, this.folder);
    this.reasonCell.append(this.stateGlyph, this.gate, this.what, this.reason, this.bar);
    this.root = element(
      'div',
      { class: 'row', role: 'row' },
      this.checkCell,
      this.nameCell,
      this.reasonCell,
      this.sourceSize,
      this.targetSize,
      this.sourceTime,
      this.targetTime,
    );
  }

  place(index: number, top: number): void {
    this.root.id = `row-${index}`;
    this.root.dataset['index'] = String(index);
    this.root.style.transform = `translateY(${top}px)`;
    // The heading is row 1.
    setAttribute(this.root, 'aria-rowindex', String(index + 2));
  }

  mark(active: boolean, selected: boolean): void {
    this.root.classList.toggle('active', active);
    this.root.classList.toggle('selected', selected);
    setAttribute(this.root, 'aria-selected', String(selected));
  }

  /** Draws a row, unless it is drawn already. A row without facts yet stays empty. */
  fill(row: Row | undefined, look: RowLook): void {
    if (this.filled && this.filled.row === row && this.filled.look === look) return;
    this.filled = { row, look };
    this.root.dataset['kind'] = row?.kind ?? 'waiting';
    setAttribute(this.root, 'data-class', row?.kind === 'item' ? row.class : undefined);
    setAttribute(this.root, 'data-section', row?.kind === 'item' ? undefined : row?.section);
    setAttribute(this.root, 'data-state', row?.kind === 'item' ? row.state : undefined);
    setAttribute(this.root, 'aria-level', row && String(row.level));
    setAttribute(this.root, 'aria-expanded', row && row.kind !== 'item' ? String(row.expanded) : undefined);
    setAttribute(
      this.root,
      'aria-label',
      row ? spoken(row, look.target, look.text, look.now) : look.text.words.loading,
    );
    this.nameCell.style.paddingLeft = `${((row?.level ?? 1) - 1) * indentPx + 4}px`;
    this.folder.textContent = '';
    show(this.gate, row?.kind === 'section' && row.gate !== undefined && !look.ticksFixed);
    setAttribute(this.root, 'data-run', undefined);
    if (!row) this.fillWaiting();
    else if (row.kind === 'item') this.fillItem(row, look);
    else if (row.kind === 'folder') this.fillFolder(row, look);
    else this.fillSection(row, look);
  }

  private fillWaiting(): void {
    this.fillTick(undefined, false, '');
    for (const cellOfRow of [this.name, this.what, this.reason]) setText(cellOfRow, '');
    this.clearFacts();
    this.twistie.classList.remove('shown', 'open');
    this.glyph.classList.remove('shown');
    this.stateGlyph.classList.remove('shown');
  }

  private fillItem(row: ItemRow, look: RowLook): void {
    const { words } = look.text;
    const plainName = nameOf(row.path);
    const name = printable(plainName);
    const parent = row.path.slice(0, Math.max(0, row.path.length - plainName.length - 1));
    this.fillTick(
      row.tick === undefined ? undefined : row.tick ? 'on' : 'off',
      row.locked === true || look.ticksFixed,
      name,
    );
    this.twistie.classList.remove('shown', 'open');
    this.glyph.classList.add('shown');
    setIcon(this.glyph, row.class);
    setText(this.name, name, row.path);
    if (look.flat) setText(this.folder, parent, row.path);

    const state = stateText(row, look.text);
    this.stateGlyph.classList.toggle('shown', state !== '');
    if (row.state && row.state !== 'none') setIcon(this.stateGlyph, row.state);
    const reason = state === '' ? reasonOf(row, look.text) : state;
    const side = row.side === 'source' ? words.onSource : row.side === 'target' ? words.onTarget : '';
    setText(this.what, state === '' ? words[row.class] : '');
    setText(this.reason, reason, side === '' ? reason : `${reason} (${side})`);
    this.root.classList.toggle('isNew', row.isNew);
    this.root.classList.toggle('warns', row.because === 'targetIsNewer' && state === '');
    const long = row.class === 'conflict' || row.class === 'skipped' || row.error !== undefined;
    this.root.classList.toggle('long', long);
    show(this.bar, row.state === 'moving');
    this.bar.style.width = `${(row.share ?? 0) * 100}%`;
    this.fillFacts(row, look);
  }

  private fillFacts(row: ItemRow, look: RowLook): void {
    const { text, now } = look;
    const newer = newerSide(row);
    const size = (node: HTMLElement, side?: RowSide, other?: RowSide) =>
      setText(node, sizeText(side, other, text), side ? text.format.exactBytes(side.size) : '');
    const time = (node: HTMLElement, side: RowSide | undefined, isNewer: boolean) => {
      const exact = side?.time === undefined ? '' : text.format.exactTime(side.time);
      setText(node, timeText(side, text, now), isNewer ? `${exact} (${text.words.newerSide})` : exact);
      node.classList.toggle('newer', isNewer);
    };
    // Shows the new value in full, the old value only when it differs.
    size(this.sourceSize, row.source);
    size(this.targetSize, row.target, row.source);
    time(this.sourceTime, row.source, newer === 'source');
    time(this.targetTime, row.target, newer === 'target');
  }

  private fillFolder(row: FolderRow, look: RowLook): void {
    const { words, format } = look.text;
    this.fillTick(row.tick, row.locked === true || look.ticksFixed, row.label);
    this.twistie.classList.add('shown');
    this.twistie.classList.toggle('open', row.expanded);
    this.glyph.classList.add('shown');
    setIcon(this.glyph, 'folder');
    setText(this.name, row.label, row.path);
    this.clearFacts();
    const reason = row.run
      ? folderRunText(row.run, words, format)
      : format.plural(row.files, words.filesOne, words.filesMany);
    const outcome = row.run && folderOutcome(row.run);
    this.stateGlyph.classList.toggle('shown', outcome !== undefined);
    if (outcome && outcome !== 'none') setIcon(this.stateGlyph, outcome);
    setAttribute(this.root, 'data-run', outcome);
    setText(this.what, '');
    setText(this.reason, reason, reason);
    setText(this.sourceSize, row.section === 'change' && row.bytes > 0 ? format.bytes(row.bytes) : '');
    setText(this.targetSize, row.section === 'delete' ? format.bytes(row.bytes) : '');
  }

  private fillSection(row: SectionRow, look: RowLook): void {
    const { words, format } = look.text;
    this.clearFacts();
    this.fillTick(undefined, false, '');
    this.twistie.classList.add('shown');
    this.twistie.classList.toggle('open', row.expanded);
    this.glyph.classList.add('shown');
    setIcon(this.glyph, row.section === 'change' ? 'folder' : row.section);
    setText(this.name, groupName(row, words));
    const note = { delete: '', conflict: words.conflictsNote, skipped: words.skippedNote, change: '' }[
      row.section
    ];
    const title = groupTitle(row, look.target, look.text);
    const bytes = row.section === 'delete' ? format.bytes(row.bytes) : '';
    setText(this.what, [title, bytes, note].filter((part) => part !== '').join(' · '));
    setText(this.reason, '');
    setAttribute(this.gateBox, 'aria-checked', String(row.gate === true));
    setAttribute(this.gateBox, 'aria-label', words.includeDeletes);
    setText(this.gateLabel, words.includeDeletes);
    this.stateGlyph.classList.remove('shown');
  }

  private fillTick(tick: Tick | undefined, fixed: boolean, name: string): void {
    show(this.box, tick !== undefined);
    setAttribute(this.box, 'aria-checked', tick === 'some' ? 'mixed' : String(tick === 'on'));
    setAttribute(this.box, 'aria-disabled', fixed ? 'true' : undefined);
    setAttribute(this.box, 'aria-label', name);
  }

  private clearFacts(): void {
    for (const fact of [this.sourceSize, this.targetSize, this.sourceTime, this.targetTime]) {
      setText(fact, '');
      fact.classList.remove('newer');
    }
    this.root.classList.remove('isNew', 'warns', 'long');
    show(this.bar, false);
  }
}

function cell(kind: string): HTMLElement {
  return element('div', { class: `cell ${kind}`, role: 'gridcell' });
}
