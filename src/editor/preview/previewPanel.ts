import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { SyncRequest } from '../../app';
import { isRecord } from '../../base/encoding';
import { describePlan } from '../../plan/build/describePlan';
import { type Place, samePlace } from '../../plan/model/plan';
import { HostChannel } from '../../preview/messageChannel';
import { initialViewState, type ViewState } from '../../preview/planView';
import type { PlaceName, RunState } from '../../preview/previewProtocol';
import { readViewState } from '../../preview/readPageRequest';
import { englishStrings, fill, type Strings } from '../../preview/strings';
import type { RecordedRun } from '../../transfer/journal/recordedRun';
import * as window from '../window/window';
import type { PanelHost, PreviewApp, PreviewServices } from './previewPorts';
import { PlanPreviewSession } from './previewSession';
import { RunNotification } from './runNotification';
import { readSyncRequest } from './syncRequests';
import { requestOf } from './unfinishedRun';

/**
 * Builds the HTML shell of the preview. It has no data: everything arrives by messages and is set as text. `script` and `style` are
 * addresses from `webview.asWebviewUri`.
 */
export function planPreviewPage(parts: {
  readonly script: string;
  readonly style: string;
  readonly cspSource: string;
  readonly language: string;
  readonly title: string;
}): string {
  const nonce = randomBytes(16).toString('base64');
  // The toolkit uses constructed style sheets, which the policy allows. Its feature test needs a style element, whose nonce it
  // reads from the meta element below.
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${parts.cspSource} 'nonce-${nonce}';`;
  return `<!DOCTYPE html>
<html lang="${escaped(parts.language)}">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta property="csp-nonce" content="${nonce}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${escaped(parts.style)}">
<title>${escaped(parts.title)}</title>
</head>
<body data-page="planPreview">
<script nonce="${nonce}" src="${escaped(parts.script)}"></script>
</body>
</html>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

const viewType = 'cloudRemotes.planPreview';

/** The open previews, one for each pair of places and verb. */
export class PlanPreviewPanels implements vscode.WebviewPanelSerializer, vscode.Disposable {
  private readonly panels = new Set<PlanPreviewPanel>();

  /** @param extensionUri where `dist/media` is */
  constructor(
    private readonly app: PreviewApp,
    private readonly services: PreviewServices,
    private readonly extensionUri: vscode.Uri,
  ) {}

  /** Registers the previews with the editor, which restores them after a reload of the window; their plans are computed again. */
  register(): vscode.Disposable {
    return vscode.window.registerWebviewPanelSerializer(viewType, this);
  }

  /**
   * Shows the preview of a copy or sync and starts its scan. Reuses an open preview of the same sides and verb, which scans again with
   * these options unless it is running. Resolves when the panel is open, before the scan ends.
   */
  async open(request: SyncRequest, title?: string): Promise<void> {
    const same = [...this.panels].find((panel) => panel.isFor(request));
    if (same) {
      same.show();
      void same.session.replan(request);
      return;
    }
    const panel = window.createWebviewPanel(viewType, title ?? '');
    this.add(panel, request, title, initialViewState, false);
  }

  /** Shows the plan of an unfinished run with what is left of it; nothing runs before the user continues it. */
  async openUnfinished(recorded: RecordedRun): Promise<void> {
    const request = requestOf(recorded);
    const same = [...this.panels].find((panel) => panel.isFor(request));
    if (same) {
      same.show();
      await same.session.showUnfinished(recorded);
    } else
      this.add(
        window.createWebviewPanel(viewType, ''),
        request,
        undefined,
        initialViewState,
        false,
        recorded,
      );
  }

  /** The editor calls this after a reload of the window. The saved state is checked, because another version may have written it. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const saved = isRecord(state) && isRecord(state['saved']) ? state['saved'] : {};
    const request = saved['version'] === 1 ? readSyncRequest(saved['request']) : undefined;
    if (!request) {
      panel.dispose();
      return;
    }
    const title = typeof saved['title'] === 'string' ? saved['title'] : undefined;
    const memory = readViewState(saved['view']);
    this.add(panel, request, title, memory ?? initialViewState, saved['ticksKept'] !== true || !memory);
  }

  /** Stops everything when the extension ends. The panels stay, so that a reload of the window can restore them. */
  dispose(): void {
    for (const panel of this.panels) panel.session.stop();
  }

  private add(
    webview: vscode.WebviewPanel,
    request: SyncRequest,
    title: string | undefined,
    memory: ViewState,
    ticksLost: boolean,
    unfinished?: RecordedRun,
  ): void {
    const { app, services, extensionUri } = this;
    const start = (host: PanelHost) =>
      new PlanPreviewSession(request, title, app, services, host, memory, ticksLost);
    const panel = new PlanPreviewPanel(webview, extensionUri, request, title, services, start);
    this.panels.add(panel);
    webview.onDidDispose(() => this.panels.delete(panel));
    void (unfinished ? panel.session.showUnfinished(unfinished) : panel.session.rescan());
  }
}

/** One webview panel and its session. */
class PlanPreviewPanel {
  readonly session: PlanPreviewSession;
  private readonly channel: HostChannel;
  private readonly words = translated();
  private readonly notification: RunNotification;
  /** Cached here, because a disposed panel has no column. */
  private title: string;
  private isGone = false;

  constructor(
    private readonly panel: vscode.WebviewPanel,
    extensionUri: vscode.Uri,
    request: SyncRequest,
    title: string | undefined,
    private readonly services: PreviewServices,
    start: (host: PanelHost) => PlanPreviewSession,
  ) {
    this.session = start(this.panelHost());
    this.notification = new RunNotification(this.words, () => this.session.cancel());
    this.channel = new HostChannel(
      (message) => {
        // The page is gone before the reply to "close".
        if (!this.isGone) void panel.webview.postMessage(message);
      },
      (message) => this.session.answer(message),
      (error) =>
        services.log.write('warn', 'plan', `Preview: ${error instanceof Error ? error.message : error}`),
    );
    this.title = title ?? titleOf(request);
    window.setPanelTitle(panel, this.title);
    this.load(extensionUri);
    panel.webview.onDidReceiveMessage((message) => void this.channel.receive(message));
    panel.onDidChangeViewState(() => {
      // The editor discards a hidden page; it sends "ready" again when it is shown.
      if (!panel.visible) this.channel.pageGone();
      this.notification.needed(!panel.visible);
    });
    panel.onDidDispose(() => {
      this.isGone = true;
      this.channel.pageGone();
      this.session.dispose();
      this.notification.needed(true);
    });
  }

  isFor(request: SyncRequest): boolean {
    const { source, target, options } = this.session.request;
    const sameVerb = options.verb === request.options.verb;
    return sameVerb && samePlace(source, request.source) && samePlace(target, request.target);
  }

  show(): void {
    this.panel.reveal();
  }

  private load(extensionUri: vscode.Uri): void {
    const { webview } = this.panel;
    const media = vscode.Uri.joinPath(extensionUri, 'dist', 'media');
    webview.options = { enableScripts: true, localResourceRoots: [media] };
    webview.html = planPreviewPage({
      script: webview.asWebviewUri(vscode.Uri.joinPath(media, 'planPreview.js')).toString(),
      style: webview.asWebviewUri(vscode.Uri.joinPath(media, 'planPreview.css')).toString(),
      cspSource: webview.cspSource,
      language: vscode.env.language,
      title: this.panel.title,
    });
  }

  private panelHost(): PanelHost {
    return {
      words: this.words,
      language: vscode.env.language,
      nameOf,
      tell: (notice) => this.channel?.tell(notice),
      renamed: () => {
        this.title = titleOf(this.session.request);
        window.setPanelTitle(this.panel, this.title);
      },
      close: () => this.panel.dispose(),
      savePlan: (plan) => saveText('plan.json', { JSON: ['json'] }, `${JSON.stringify(plan, null, 2)}\n`),
      saveList: (plan) =>
        saveText('differences.txt', { Text: ['txt'] }, [...describePlan(plan), ''].join('\n')),
      showError: (sentence) => void window.showErrorMessage(sentence),
      runBegan: () => this.notification.began(this.title, this.isGone || !this.panel.visible),
      runProgressed: (run) => this.notification.progressed(run),
      runEnded: (run, summary) => {
        this.notification.ended();
        if (this.isGone || !this.panel.visible) void this.toast(run, summary);
      },
      now: () => Date.now(),
    };
  }

  /** Shows the only notification at the end of a run, and only when the panel is not visible. */
  private async toast(run: RunState, summary: string): Promise<void> {
    const { copied, failed, changed, cancelled, notStarted } = run.counts;
    const undone = copied + failed + changed + (run.leftAlone?.undone ?? 0);
    // A user who cancels knows that the rest was not done; a run that stopped by itself is an error.
    const wrong = undone > 0 || (!run.wasCancelled && cancelled + notStarted > 0);
    const show = vscode.l10n.t('Show');
    const buttons = [...(this.isGone ? [] : [show]), this.words.showLog];
    const text = `${this.title} — ${summary}`;
    const chosen = await (wrong
      ? window.showWarningMessage(text, ...buttons)
      : window.showInformationMessage(text, ...buttons));
    if (chosen === show) this.panel.reveal();
    if (chosen === this.words.showLog) this.services.showLog();
  }
}

/** The page's strings in the language of the editor. */
function translated(): Strings {
  const entries = Object.entries(englishStrings).map(([key, english]) => [key, vscode.l10n.t(english)]);
  return Object.fromEntries(entries) as Strings;
}

/** Formats a place: a workspace folder by its name, another folder by its path, a remote as `remote:bucket/path/`. */
function nameOf(place: Place): PlaceName {
  if (place.kind === 'remote') {
    const full = `${place.remote}:${place.path}`;
    return { short: place.path === '' ? full : `${full}/`, full };
  }
  const uri = place.kind === 'folder' ? vscode.Uri.file(place.path) : vscode.Uri.parse(place.uri);
  const full = place.kind === 'folder' ? place.path : uri.toString(true);
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  if (!folder) return { short: full, full };
  const below = uri.path.slice(folder.uri.path.length).replace(/^\//, '');
  return { short: below === '' ? folder.name : `${folder.name}/${below}`, full };
}

function titleOf(request: SyncRequest): string {
  const trimmed = (place: Place) => nameOf(place).short.replace(/\/$/, '');
  const template = {
    copy: vscode.l10n.t('Copy: {0} → {1}'),
    sync: vscode.l10n.t('Sync: {0} → {1}'),
    move: vscode.l10n.t('Move: {0} → {1}'),
    check: vscode.l10n.t('Compare: {0} → {1}'),
  }[request.options.verb];
  return fill(template, trimmed(request.source), trimmed(request.target));
}

/** Lets the user choose a file for the text, first in the workspace's folder. */
async function saveText(name: string, filters: Record<string, string[]>, text: string): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const defaultUri = folder && vscode.Uri.joinPath(folder, name);
  const uri = await window.showSaveDialog({ filters, ...(defaultUri && { defaultUri }) });
  if (uri) await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
}
