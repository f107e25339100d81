import { formatter } from '../../src/preview/format';
import { PageChannel } from '../../src/preview/messageChannel';
import type {
  HostNotice,
  PageState,
  SavedPanel,
  StartReply,
  TableReply,
} from '../../src/preview/previewProtocol';
import type { PageCommand } from '../../src/preview/readPageRequest';
import { ActionTable } from './actionTable';
import { CenterPane } from './centerPane';
import { element, setText, show } from './dom';
import { Footer } from './footer';
import { Header } from './header';
import type { PageText } from './pageText';
import './styles/page.css';
import './styles/header.css';
import './styles/table.css';
import './styles/rows.css';
import './styles/center.css';
import './styles/footer.css';

interface EditorApi {
  postMessage(message: unknown): void;
  getState(): Kept | undefined;
  setState(state: Kept): void;
}

/** The state that the editor keeps for this page: the panel's state for a reload, and the page's position. */
interface Kept {
  readonly saved?: SavedPanel;
  readonly scrollTop?: number;
}

declare function acquireVsCodeApi(): EditorApi;

const editor = acquireVsCodeApi();
let kept: Kept = editor.getState() ?? {};
let page: Page | undefined;

const channel = new PageChannel(
  (message) => editor.postMessage(message),
  (notice) => noticed(notice),
);
window.addEventListener('message', (event) => channel.receive(event.data));

/** The parts of the page, created when the strings have arrived. */
class Page {
  private readonly header: Header;
  private readonly table: ActionTable;
  private readonly center: CenterPane;
  private readonly footer: Footer;
  private readonly trouble = element('div', { class: 'trouble', role: 'alert' });
  private readonly empty: HTMLElement;
  private state: PageState;
  private scrollTop = kept.scrollTop;
  /** Grows with every state, so that a late state is not shown. */
  private turn = 0;

  constructor(start: StartReply) {
    const { words } = start;
    const text: PageText = { words, format: formatter(start.language, words) };
    const command = (name: PageCommand) => this.do(channel.ask({ type: name }));
    const anchors = () => this.table.anchors;
    this.state = start.state;
    this.header = new Header({
      text,
      command,
      compare: (mode) => this.change(channel.ask({ type: 'compare', mode })),
      deletes: (on) => this.change(channel.ask({ type: 'deletes', on })),
      setOptions: async (options) => {
        const reply = channel.ask({ type: 'setOptions', options });
        this.change(reply);
        return (await reply).problem;
      },
      tickClass: (rowClass, on) => this.retick(channel.ask({ type: 'tickClass', class: rowClass, on })),
      filter: (filter) => this.reorder(channel.ask({ type: 'filter', ...filter, anchors: anchors() })),
      flat: (flat) => this.reorder(channel.ask({ type: 'flat', flat, anchors: anchors() })),
      expandAll: (expanded) => this.reorder(channel.ask({ type: 'expandAll', expanded, anchors: anchors() })),
      leaveFilter: () => this.table.focus(),
    });
    this.table = new ActionTable({
      text,
      fetch: (from, count) => channel.ask({ type: 'rows', from, count }),
      find: async (start, after) => (await channel.ask({ type: 'find', start, after })).at,
      locate: async (key) => (await channel.ask({ type: 'locate', keys: [key] })).places[0] ?? -1,
      tick: (key, on) => this.retick(channel.ask({ type: 'tick', key, on })),
      toggleRange: (table, from, to) => this.retick(channel.ask({ type: 'toggleRange', table, from, to })),
      tickShown: (on) => this.retick(channel.ask({ type: 'tickShown', on })),
      includeDeletes: (on) => this.retick(channel.ask({ type: 'includeDeletes', on })),
      expand: (key, expanded) =>
        this.reorder(channel.ask({ type: 'expand', key, expanded, anchors: anchors() })),
      open: (key) => this.do(channel.ask({ type: 'open', key })),
      explain: (key) => this.do(channel.ask({ type: 'explain', key })),
      goToFilter: () => this.header.focusFilter(),
      scrolled: () => keep({ scrollTop: this.table.scrollTop }),
      failed: (error) => this.failed(error),
    });
    this.center = new CenterPane(text, command);
    this.footer = new Footer(text, command);
    this.empty = element('div', { class: 'empty', text: words.noMatch });
    show(this.trouble, false);
    const middle = element('div', { class: 'middle' }, this.table.root, this.empty, this.center.root);
    document.body.replaceChildren(this.header.root, this.trouble, middle, this.footer.root);
    this.show(start.state, []);
    // Keeps "3 min ago" up to date.
    window.setInterval(() => this.show(this.state, []), 30_000);
  }

  /** Shows a state that the panel sent unasked; rows may have moved in it. */
  noticed(state: PageState): void {
    this.do(this.take(state));
  }

  private async take(state: PageState): Promise<void> {
    const turn = ++this.turn;
    const before = this.state.table?.table;
    const moved = before !== undefined && state.table !== undefined && state.table.table !== before;
    const { places } = moved
      ? await channel.ask({ type: 'locate', keys: this.table.anchors })
      : { places: [] as readonly number[] };
    if (turn !== this.turn) return;
    this.show(state, places);
    if (state.phase === 'running' || state.phase === 'finished') this.table.refresh();
  }

  private show(state: PageState, places: readonly number[]): void {
    this.state = state;
    const { table, phase } = state;
    document.body.dataset['phase'] = phase;
    this.header.update(state);
    this.center.update(state);
    const shown = table !== undefined && phase !== 'same' && phase !== 'error';
    show(this.table.root, shown);
    show(this.empty, shown && table.rowCount === 0);
    if (table && shown) {
      this.table.update(table, state.target.short, places);
      // Restores the position from before the page was hidden or reloaded, for the first table only.
      if (this.scrollTop !== undefined) this.table.scrollTo(this.scrollTop);
      this.scrollTop = undefined;
    }
    this.footer.update(state);
    document.body.dataset['ready'] = 'true';
  }

  private change(reply: Promise<{ readonly state: PageState }>): void {
    const turn = ++this.turn;
    this.do(
      reply.then(({ state }) => {
        if (turn === this.turn) this.show(state, []);
      }),
    );
  }

  private reorder(reply: Promise<TableReply>): void {
    const turn = ++this.turn;
    this.do(
      reply.then(({ state, places }) => {
        if (turn === this.turn) this.show(state, places);
      }),
    );
  }

  private retick(reply: Promise<{ readonly state: PageState }>): void {
    this.change(reply);
    this.do(reply.then(() => this.table.refresh()));
  }

  private do(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.failed(error));
  }

  private failed(error: unknown): void {
    setText(this.trouble, error instanceof Error ? error.message : String(error));
    show(this.trouble, true);
    window.setTimeout(() => show(this.trouble, false), 10_000);
  }
}

function noticed(notice: HostNotice): void {
  if (notice.type === 'remember') keep({ saved: notice.saved });
  else page?.noticed(notice.state);
}

function keep(more: Kept): void {
  kept = { ...kept, ...more };
  editor.setState(kept);
}

channel.ask({ type: 'ready' }).then(
  (start) => {
    page = new Page(start);
  },
  (error: unknown) => {
    document.body.textContent = error instanceof Error ? error.message : String(error);
  },
);
