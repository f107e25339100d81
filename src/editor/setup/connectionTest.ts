import * as vscode from 'vscode';
import type { App } from '../../app';
import type { ConnectionFinding, RemoteSettings } from '../../backends/backend';
import { isRemoteError } from '../../remote/remoteError';
import { isCancellation } from '../platform/cancellation';
import * as window from '../window/window';

/** The user's choice after a connection test; undefined when they cancelled. */
export type TestChoice =
  | { readonly chosen: 'save' }
  /** The first failure, if there is one. */
  | { readonly chosen: 'edit' | 'back'; readonly failure?: ConnectionFinding }
  | { readonly chosen: 'fix'; readonly settings: Readonly<Record<string, unknown>> }
  | undefined;

export interface TestRequest {
  readonly title: string;
  readonly settings: RemoteSettings;
  /** Used instead of the secrets in secret storage. */
  readonly secrets: Readonly<Record<string, string>>;
  /** `wizard` offers to save or go back; for `command` the remote is saved already. */
  readonly within: 'wizard' | 'command';
}

interface FindingItem extends window.Row {
  readonly choice?: NonNullable<TestChoice> | 'again';
}

const icons: Readonly<Record<ConnectionFinding['outcome'], string>> = {
  ok: 'pass-filled',
  warning: 'warning',
  failed: 'error',
  skipped: 'circle-slash',
};

const spoken: Readonly<Record<ConnectionFinding['outcome'], string>> = {
  ok: '✓',
  warning: 'to note',
  failed: '✗ failed',
  skipped: 'not tried',
};

/** Runs the connection test and shows each finding at once, with an action that helps. */
export async function showConnectionTest(app: App, request: TestRequest): Promise<TestChoice> {
  for (;;) {
    const choice = await runOnce(app, request);
    if (choice !== 'again') return choice;
  }
}

function runOnce(app: App, request: TestRequest): Promise<TestChoice | 'again'> {
  const pick = new window.QuickPick<FindingItem>();
  const abort = new AbortController();
  const findings: ConnectionFinding[] = [];
  let running = true;
  pick.title = request.title;
  pick.ignoreFocusOut = true;
  pick.busy = true;
  if (request.within === 'wizard') pick.buttons = [vscode.QuickInputButtons.Back];

  const draw = () => {
    pick.busy = running;
    pick.placeholder = running ? 'Testing the connection…' : verdict(findings);
    const actions = actionItems(request, findings, running);
    const active = pick.activeItems[0]?.label;
    pick.items = [
      ...findings.flatMap(findingItems),
      { label: '', kind: vscode.QuickPickItemKind.Separator },
      ...actions,
    ];
    const next = running ? pick.items.find((item) => item.label === active) : actions[0];
    if (next) pick.activeItems = [next];
  };

  const test = async () => {
    try {
      for await (const finding of app.testConnection(request.settings, request.secrets, abort.signal)) {
        findings.push(finding);
        draw();
      }
    } catch (error) {
      if (abort.signal.aborted || isCancellation(error)) return;
      findings.push({
        title: 'Settings',
        outcome: 'failed',
        detail: isRemoteError(error) ? error.message : `The test itself failed: ${String(error)}`,
      });
    }
    running = false;
    draw();
  };

  return new Promise((resolve) => {
    pick.onDidAccept(() => {
      const choice = pick.selectedItems[0]?.choice;
      if (choice === undefined) return;
      resolve(choice);
      pick.hide();
    });
    pick.onDidTriggerButton(() => {
      resolve(leaving('back', findings));
      pick.hide();
    });
    pick.onDidHide(() => {
      abort.abort(new vscode.CancellationError());
      resolve(undefined);
      pick.dispose();
    });
    draw();
    pick.show();
    void test();
  });
}

/** A row has one line for details; longer details continue in rows below. */
const longestLine = 84;

/** The rows of a finding: its title, the lines of its detail, and its fix. */
export function findingItems(finding: ConnectionFinding): FindingItem[] {
  const { fix } = finding;
  const [first = '', ...more] = wrapText(finding.detail, longestLine);
  const rows: FindingItem[] = [
    {
      icon: icons[finding.outcome],
      label: finding.title,
      description: spoken[finding.outcome],
      detail: first,
      alwaysShow: true,
    },
    ...more.map((line) => ({ icon: 'blank', label: '', description: line, alwaysShow: true })),
  ];
  if (fix)
    rows.push({
      icon: 'wrench',
      label: fix.label,
      description: 'changes the settings and tests again',
      alwaysShow: true,
      choice: { chosen: 'fix', settings: fix.settings },
    });
  return rows;
}

/** Wraps text at spaces into lines of at most `width` characters; a longer word gets its own line. Pure. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function actionItems(
  request: TestRequest,
  findings: readonly ConnectionFinding[],
  running: boolean,
): FindingItem[] {
  const bad = running || findings.some((finding) => finding.outcome === 'failed');
  const again: FindingItem = { icon: 'refresh', label: 'Test Again', alwaysShow: true, choice: 'again' };
  const save: FindingItem = {
    icon: 'save',
    label: bad ? 'Save Anyway' : 'Save',
    description: bad ? 'the remote can be mended later with Edit Remote' : '',
    alwaysShow: true,
    choice: { chosen: 'save' },
  };
  const change: FindingItem = {
    ...(request.within === 'wizard'
      ? { icon: 'arrow-left', label: 'Back' }
      : { icon: 'edit', label: 'Edit Remote' }),
    alwaysShow: true,
    choice: leaving(request.within === 'wizard' ? 'back' : 'edit', findings),
  };
  if (request.within === 'command') return running ? [change] : bad ? [change, again] : [again, change];
  if (running) return [save, change];
  return bad ? [change, again, save] : [save, again, change];
}

function leaving(chosen: 'edit' | 'back', findings: readonly ConnectionFinding[]): NonNullable<TestChoice> {
  const failure = findings.find(({ outcome }) => outcome === 'failed');
  return { chosen, ...(failure && { failure }) };
}

function verdict(findings: readonly ConnectionFinding[]): string {
  const failed = findings.filter((finding) => finding.outcome === 'failed');
  const first = failed[0];
  if (first)
    return failed.length === 1
      ? `Failed: ${first.title}`
      : `${failed.length} checks failed, first: ${first.title}`;
  const noted = findings.filter((finding) => finding.outcome === 'warning').length;
  return noted === 0
    ? 'Everything works.'
    : `It works; ${noted === 1 ? 'one thing' : `${noted} things`} to note.`;
}
