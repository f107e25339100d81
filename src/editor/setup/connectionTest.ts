import * as vscode from 'vscode';
import type { App } from '../../app';
import type { ConnectionFinding, RemoteSettings } from '../../backends/backend';
import { isRemoteError } from '../../remote/remoteError';
import { isCancellation } from '../platform/cancellation';
import { countOf } from '../window/numberFormat';
import * as window from '../window/window';

/** The user's choice after a connection test; undefined when they cancelled. */
export type TestChoice = Chosen | undefined;
type Chosen =
  | { readonly chosen: 'save' }
  /** The first failure, if there is one. */
  | { readonly chosen: 'edit' | 'back'; readonly failure?: ConnectionFinding }
  | { readonly chosen: 'fix'; readonly settings: Readonly<Record<string, unknown>> };

export interface TestRequest {
  readonly settings: RemoteSettings;
  /** Used instead of the secrets in secret storage. */
  readonly secrets: Readonly<Record<string, string>>;
  /** `wizard` offers to save or go back; for `command` the remote is saved already. */
  readonly within: 'wizard' | 'command';
}

interface FindingItem extends window.Row {
  readonly choice?: Chosen | 'again';
}

const outcomes: Readonly<Record<ConnectionFinding['outcome'], { icon: string; text: string }>> = {
  ok: { icon: 'pass-filled', text: '✓' },
  warning: { icon: 'warning', text: 'warning' },
  failed: { icon: 'error', text: '✗ failed' },
  skipped: { icon: 'circle-slash', text: 'skipped' },
};

/** Runs the connection test and shows each finding at once, with an action that helps. */
export async function showConnectionTest(app: App, request: TestRequest): Promise<TestChoice> {
  for (;;) {
    const choice = await runOnce(app, request);
    if (choice !== 'again') return choice;
  }
}

async function runOnce(app: App, request: TestRequest): Promise<TestChoice | 'again'> {
  const { settings, secrets, within } = request;
  const pick = new window.QuickPick<FindingItem>();
  const abort = new AbortController();
  const findings: ConnectionFinding[] = [];
  let running = true;
  pick.title = `${settings.name}: connection test`;
  if (within === 'wizard') pick.buttons = [vscode.QuickInputButtons.Back];

  const draw = () => {
    pick.busy = running;
    pick.placeholder = running ? 'Testing the connection…' : verdict(findings);
    const actions = actionItems(within, findings, running);
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
      for await (const finding of app.testConnection(settings, secrets, abort.signal)) {
        findings.push(finding);
        draw();
      }
    } catch (error) {
      if (abort.signal.aborted || isCancellation(error)) return;
      const detail = isRemoteError(error) ? error.message : `The test itself failed: ${String(error)}`;
      findings.push({ title: 'Settings', outcome: 'failed', detail });
    }
    running = false;
    draw();
  };

  draw();
  const choice = pick.ask<Chosen | 'again'>(
    () => pick.selectedItems[0]?.choice,
    () => leave('back', findings),
  );
  void test();
  await choice;
  abort.abort(new vscode.CancellationError());
  return choice;
}

/** A row has one line for details; longer details continue in rows below. */
const maxLineLength = 84;

/** The rows of a finding: its title, the lines of its detail, and its fix. */
export function findingItems({ title, outcome, detail, fix }: ConnectionFinding): FindingItem[] {
  const { icon, text } = outcomes[outcome];
  const [first = '', ...more] = wrapText(detail, maxLineLength);
  const rows: FindingItem[] = [
    { icon, label: title, description: text, detail: first, alwaysShow: true },
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
  within: TestRequest['within'],
  findings: readonly ConnectionFinding[],
  running: boolean,
): FindingItem[] {
  const bad = running || findings.some(({ outcome }) => outcome === 'failed');
  const again: FindingItem = { icon: 'refresh', label: 'Test Again', alwaysShow: true, choice: 'again' };
  const save: FindingItem = {
    icon: 'save',
    label: bad ? 'Save Anyway' : 'Save',
    description: bad ? 'correct it later with Edit Remote' : '',
    alwaysShow: true,
    choice: { chosen: 'save' },
  };
  const change: FindingItem = {
    ...(within === 'wizard'
      ? { icon: 'arrow-left', label: 'Back', choice: leave('back', findings) }
      : { icon: 'edit', label: 'Edit Remote', choice: leave('edit', findings) }),
    alwaysShow: true,
  };
  if (within === 'command') return running ? [change] : bad ? [change, again] : [again, change];
  if (running) return [save, change];
  return bad ? [change, again, save] : [save, again, change];
}

function leave(chosen: 'edit' | 'back', findings: readonly ConnectionFinding[]): Chosen {
  const failure = findings.find(({ outcome }) => outcome === 'failed');
  return { chosen, ...(failure && { failure }) };
}

function verdict(findings: readonly ConnectionFinding[]): string {
  const [first, ...more] = findings.filter(({ outcome }) => outcome === 'failed');
  if (first)
    return more.length === 0
      ? `Failed: ${first.title}`
      : `${more.length + 1} checks failed, first: ${first.title}`;
  const warnings = findings.filter(({ outcome }) => outcome === 'warning').length;
  return warnings === 0 ? 'Everything works.' : `It works, with ${countOf(warnings, 'warning')}.`;
}
