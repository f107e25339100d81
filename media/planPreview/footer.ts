import type { PageState, RunState, TableState } from '../../src/preview/previewProtocol';
import type { PageCommand } from '../../src/preview/readPageRequest';
import { fill } from '../../src/preview/strings';
import { runLine, runSummary } from '../../src/preview/summaries';
import { button } from './controls';
import { element, setAttribute, setText, show } from './dom';
import { classCount, filesSeen, type PageText } from './pageText';

/** The selection, the progress, and the buttons. */
export class Footer {
  readonly root: HTMLElement;
  private readonly line = element('div', { class: 'line', role: 'status' });
  private readonly aside = element('div', { class: 'aside' });
  private readonly bar = element('div', { class: 'progress', role: 'progressbar' }, element('span'));
  private readonly buttons: ReturnType<typeof footerButtons>;
  private saidAt = 0;

  constructor(
    private readonly text: PageText,
    command: (command: PageCommand) => void,
  ) {
    this.buttons = footerButtons(text, command);
    const buttons = Object.values(this.buttons).map((control) => control.element);
    this.root = element(
      'footer',
      {},
      this.bar,
      element('div', { class: 'lines' }, this.line, this.aside),
      element('div', { class: 'buttons' }, ...buttons),
    );
  }

  update(state: PageState): void {
    const { words } = this.text;
    const { phase, table, run } = state;
    const { buttons } = this;
    const check = state.verb === 'check';
    const over = phase === 'finished' && run !== undefined;
    show(this.root, phase !== 'same' && phase !== 'error' && table !== undefined);
    show(this.bar, phase === 'running' && run !== undefined);
    show(buttons.log.element, over);
    show(buttons.close.element, phase === 'preview' || over);
    for (const name of ['saveList', 'copyInstead', 'syncInstead'] as const)
      show(buttons[name].element, check && phase === 'preview');
    show(buttons.cancel.element, phase === 'running' || phase === 'scanning');
    show(buttons.retry.element, over && run.again > 0);
    const canApply = phase === 'preview' || (phase === 'scanning' && table !== undefined);
    show(buttons.apply.element, !check && canApply);
    buttons.close.set(over ? words.close : words.cancel);
    buttons.cancel.set(run?.cancelling ? words.cancelling : words.cancel);
    buttons.cancel.enable(!run?.cancelling);
    if (table && phase === 'scanning') this.showScan(state);
    else if (table && check) this.showDifferences(table);
    else if (table && !run) this.showSelection(table, state.verb === 'move');
    if (run && phase === 'running') this.showRun(run);
    if (run && over) this.showEnd(run);
    if (phase === 'scanning') buttons.apply.enable(false);
  }

  private showDifferences(table: TableState): void {
    const { words } = this.text;
    const found = table.classes.map((sum) => classCount(sum.class, sum.files, this.text));
    setText(this.line, fill(words.differences, found.join(', ')));
    setText(this.aside, words.checkedNote);
  }

  private showSelection(table: TableState, moves: boolean): void {
    const { words, format } = this.text;
    const ticked = table.classes.filter((sum) => sum.class !== 'conflict' && sum.class !== 'skipped');
    const count = ticked.reduce((sum, { ticked: n }) => sum + n, 0);
    const moved = ticked
      .filter((sum) => sum.class !== 'delete' && sum.ticked > 0)
      .map((sum) => {
        const many = classCount(sum.class, sum.ticked, this.text);
        return sum.tickedBytes > 0 ? `${many} (${format.bytes(sum.tickedBytes)})` : many;
      });
    const deletes = ticked.find((sum) => sum.class === 'delete');
    const chosen = moved.length > 0 ? fill(words.selected, moved.join(', ')) : words.nothingSelected;
    const deletesText = classCount('delete', deletes?.ticked ?? 0, this.text);
    const text =
      moved.length === 0 && (deletes?.ticked ?? 0) > 0
        ? fill(words.selected, deletesText)
        : moves
          ? chosen
          : `${chosen} · ${deletesText}`;
    setText(this.line, ticked.length === 0 ? words.nothingToDo : text);
    const filtered = table.shown < table.all;
    const shown = fill(words.rowsShown, format.count(table.shown), format.count(table.all));
    setText(this.aside, ticked.length === 0 ? words.nothingToDoNote : filtered ? shown : '');
    const [one, many] = moves ? [words.moveOne, words.moveMany] : [words.applyOne, words.applyMany];
    this.buttons.apply.set(count === 0 ? words.applyNone : format.plural(count, one, many));
    this.buttons.apply.enable(count > 0);
  }

  private showScan(state: PageState): void {
    setText(this.line, this.text.words.scanning);
    if (state.scan) setText(this.aside, filesSeen(state, state.scan, this.text));
  }

  private showRun(run: RunState): void {
    const { words, format } = this.text;
    const { done, copied, failed, changed, cancelled } = run.counts;
    const settled = done + copied + failed + changed + cancelled;
    const share = run.bytes > 0 ? run.bytesDone / run.bytes : run.files > 0 ? settled / run.files : 0;
    const percent = Math.floor(Math.min(1, share) * 100);
    (this.bar.firstElementChild as HTMLElement).style.width = `${Math.min(1, share) * 100}%`;
    setAttribute(this.bar, 'aria-valuenow', String(percent));
    setAttribute(this.bar, 'aria-label', words.progress);
    // A live region that changes several times a second interrupts a screen reader all the time.
    setAttribute(this.line, 'aria-live', Date.now() - this.saidAt > 10_000 ? 'polite' : 'off');
    if (Date.now() - this.saidAt > 10_000) this.saidAt = Date.now();
    setText(this.line, runLine(run, words, format));
    const undone = failed + copied;
    setText(this.aside, undone > 0 ? fill(words.failedCount, format.count(undone)) : '');
  }

  private showEnd(run: RunState): void {
    const { words, format } = this.text;
    setAttribute(this.line, 'aria-live', 'polite');
    setText(this.line, runSummary(run, words, format));
    setText(this.aside, '');
    this.buttons.retry.set(
      fill(run.wasCancelled ? words.continueRun : words.retryFailed, format.count(run.again)),
    );
  }
}

/** In the order shown. */
function footerButtons({ words }: PageText, command: (command: PageCommand) => void) {
  return {
    log: button('secondary', words.showLog, () => command('showLog')),
    close: button('secondary', words.close, () => command('close')),
    saveList: button('secondary', words.saveList, () => command('saveList')),
    copyInstead: button('secondary', words.copyInstead, () => command('copyInstead')),
    syncInstead: button('primary', words.syncInstead, () => command('syncInstead')),
    cancel: button('secondary', words.cancel, () => command('cancel')),
    retry: button('primary', '', () => command('retry')),
    apply: button('primary', '', () => command('apply')),
  };
}
