import type { PageState } from '../../src/preview/previewProtocol';
import type { PageCommand } from '../../src/preview/readPageRequest';
import { fill } from '../../src/preview/strings';
import { type ButtonControl, button, progressRing } from './controls';
import { element, setText, show } from './dom';
import { icon, setIcon } from './icons';
import { filesSeen, type PageText } from './pageText';

/** Shown instead of the table: scanning, both sides equal, or an error. */
export class CenterPane {
  readonly root: HTMLElement;
  private readonly ring = progressRing();
  private readonly sign = icon('done');
  private readonly title = element('h2', { role: 'status' });
  private readonly lines = [element('p'), element('p')] as const;
  private readonly again: ButtonControl;
  private readonly log: ButtonControl;
  private readonly cancel: ButtonControl;
  private readonly close: ButtonControl;

  constructor(
    private readonly text: PageText,
    command: (command: PageCommand) => void,
  ) {
    const { words } = text;
    this.again = button('primary', words.rescan, () => command('rescan'));
    this.cancel = button('secondary', words.cancel, () => command('cancel'));
    this.close = button('secondary', words.close, () => command('close'));
    this.log = button('secondary', words.showLog, () => command('showLog'));
    const buttons = [this.again, this.log, this.cancel, this.close].map((control) => control.element);
    this.root = element(
      'main',
      { class: 'center' },
      this.ring,
      this.sign,
      this.title,
      ...this.lines,
      element('div', { class: 'buttons' }, ...buttons),
    );
  }

  update(state: PageState): void {
    const { words, format } = this.text;
    const { phase, table, scan, error } = state;
    const scanning = phase === 'scanning' && !table;
    const ended = phase === 'same' || phase === 'error';
    show(this.root, scanning || ended);
    if (!scanning && !ended) return;
    const cancelled = phase === 'error' && error === undefined;
    show(this.ring, scanning);
    this.sign.classList.toggle('shown', !scanning);
    this.root.dataset['sign'] = phase === 'error' && !cancelled ? 'error' : phase;
    setIcon(this.sign, phase === 'same' ? 'done' : cancelled ? 'cancelled' : 'error');
    show(this.again.element, !scanning);
    show(this.log.element, error !== undefined);
    show(this.cancel.element, scanning);
    show(this.close.element, !scanning);
    this.again.set(error === undefined ? words.rescan : words.tryAgain);
    const say = (title: string, first: string, second = '') => {
      setText(this.title, title);
      setText(this.lines[0], first);
      setText(this.lines[1], second);
    };
    if (cancelled) say(words.scanCancelled, words.nothingChanged);
    else if (phase === 'error') say(words.failedTitle, error ?? '');
    else if (phase === 'same' && table) {
      const files = format.plural(table.listed, words.filesOne, words.filesMany);
      const extra = format.plural(table.extra, words.extraOne, words.extraMany);
      const checked = fill(words.lastChecked, format.ago(table.scannedAt, Date.now()));
      say(
        table.extra > 0 ? words.allThere : words.bothSame,
        fill(words.checked, files, format.duration(table.scanMs)),
        `${table.extra > 0 ? extra : ''} ${checked}`,
      );
    } else if (scan) {
      say(
        words.scanning,
        filesSeen(state, scan, this.text),
        scan.requested > 0
          ? fill(words.asking, format.count(scan.completed), format.count(scan.requested))
          : scan.actions > 0
            ? format.plural(scan.actions, words.soFarOne, words.soFarMany)
            : '',
      );
    }
  }
}
