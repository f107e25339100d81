// The only functions that show texts in the window; the architecture test forbids the functions of `vscode.window` elsewhere. Nearly
// every text contains names or server texts, in which the editor would find command links, icons and bidirectional controls. These
// functions make all texts inert. Actions of a message are buttons, and the icon of a row is a separate field.
import * as vscode from 'vscode';
import { isCancellation } from '../platform/cancellation';
import { inertLabel, inertLine, inertText } from './inertText';
import type { Tooltip } from './tooltip';

export const showInformationMessage = messageFunction('showInformationMessage');
export const showWarningMessage = messageFunction('showWarningMessage');
export const showErrorMessage = messageFunction('showErrorMessage');

/** The function resolves to the pressed button as the caller spelled it. */
function messageFunction(show: 'showInformationMessage' | 'showWarningMessage' | 'showErrorMessage') {
  return async <T extends string>(
    text: string,
    ...rest: readonly T[] | readonly [vscode.MessageOptions, ...T[]]
  ): Promise<T | undefined> => {
    const [first, ...others] = rest;
    const options = typeof first === 'object' ? first : {};
    const buttons = (typeof first === 'object' ? others : rest) as readonly T[];
    const shown = buttons.map(inertLine);
    const detail = options.detail !== undefined && { detail: inertText(options.detail) };
    const chosen = await vscode.window[show](inertLine(text), { ...options, ...detail }, ...shown);
    return chosen === undefined ? undefined : buttons[shown.indexOf(chosen)];
  };
}

type ProgressStep = { readonly message?: string; readonly increment?: number };

export function withProgress<R>(
  options: vscode.ProgressOptions,
  task: (progress: vscode.Progress<ProgressStep>, token: vscode.CancellationToken) => Thenable<R>,
): Thenable<R> {
  const { title } = options;
  return vscode.window.withProgress(
    { ...options, ...(title !== undefined && { title: inertLabel(title) }) },
    (progress, token) =>
      task(
        {
          report: ({ message, increment }) =>
            progress.report({
              ...(message !== undefined && { message: inertLabel(message) }),
              ...(increment !== undefined && { increment }),
            }),
        },
        token,
      ),
  );
}

export type Problem = string | vscode.InputBoxValidationMessage | undefined | null;

function inertProblem(problem: Problem): Problem {
  if (typeof problem === 'string') return inertLabel(problem);
  return problem && { ...problem, message: inertLabel(problem.message) };
}

export type InputOptions = Omit<vscode.InputBoxOptions, 'validateInput'> & {
  validateInput?(value: string): Problem | Thenable<Problem>;
};

/** All texts become inert except `value`, which the user edits. */
export function showInputBox(options: InputOptions): Thenable<string | undefined> {
  const { title, prompt, placeHolder, validateInput, ...others } = options;
  return vscode.window.showInputBox({
    // An editor that opens late takes the focus and would close the input box.
    ignoreFocusOut: true,
    ...others,
    ...(title !== undefined && { title: inertLabel(title) }),
    ...(prompt !== undefined && { prompt: inertLabel(prompt) }),
    ...(placeHolder !== undefined && { placeHolder: inertLine(placeHolder) }),
    ...(validateInput && {
      validateInput: async (value: string) => inertProblem(await validateInput(value)),
    }),
  });
}

/** An input with inert texts, except `value`, which the user edits. Stays open when the window loses the focus. */
class QuickInput<Shown extends vscode.InputBox | vscode.QuickPick<vscode.QuickPickItem>> {
  constructor(protected readonly input: Shown) {
    input.ignoreFocusOut = true;
  }

  set title(text: string) {
    this.input.title = inertLabel(text);
  }
  set placeholder(text: string) {
    this.input.placeholder = inertLine(text);
  }
  set value(text: string) {
    this.input.value = text;
  }
  get value(): string {
    return this.input.value;
  }
  set busy(is: boolean) {
    this.input.busy = is;
  }
  set buttons(buttons: readonly vscode.QuickInputButton[]) {
    this.input.buttons = buttons;
  }
  get onDidChangeValue(): vscode.Event<string> {
    return this.input.onDidChangeValue;
  }
  hide(): void {
    this.input.hide();
  }

  /**
   * Shows the input until Enter (`accepted`) or a button (`pressed`) gives a result, or the user closes it; then disposes it. Resolves
   * to the result, or to undefined after a close.
   */
  ask<Result>(
    accepted: () => Result | undefined,
    pressed: (button: vscode.QuickInputButton) => Result | undefined = () => undefined,
  ): Promise<Result | undefined> {
    const { input } = this;
    return new Promise((resolve) => {
      const finish = (result: Result | undefined) => {
        if (result === undefined) return;
        resolve(result);
        input.hide();
      };
      input.onDidAccept(() => finish(accepted()));
      input.onDidTriggerButton((button) => finish(pressed(button)));
      input.onDidHide(() => {
        resolve(undefined);
        input.dispose();
      });
      input.show();
    });
  }
}

export class InputBox extends QuickInput<vscode.InputBox> {
  constructor() {
    super(vscode.window.createInputBox());
  }

  set prompt(text: string) {
    this.input.prompt = inertLabel(text);
  }
  set validationMessage(problem: Problem) {
    this.input.validationMessage = inertProblem(problem) ?? undefined;
  }
  set password(is: boolean) {
    this.input.password = is;
  }
}

/** A row of a quick pick. */
export interface Row {
  /** The name of an icon of the editor, never a text from outside: `cloud`. */
  readonly icon?: string;
  readonly label: string;
  readonly kind?: vscode.QuickPickItemKind;
  readonly description?: string;
  readonly detail?: string;
  readonly picked?: boolean;
  readonly alwaysShow?: boolean;
}

interface ShownRow<T> extends vscode.QuickPickItem {
  readonly row: T;
}

function shownRow<T extends Row>(row: T): ShownRow<T> {
  const { icon, label, kind, description, detail, picked, alwaysShow } = row;
  const text = inertLabel(label);
  return {
    row,
    label: icon === undefined ? text : `$(${icon}) ${text}`,
    ...(kind !== undefined && { kind }),
    ...(description !== undefined && { description: inertLabel(description) }),
    ...(detail !== undefined && { detail: inertLabel(detail) }),
    ...(picked !== undefined && { picked }),
    ...(alwaysShow !== undefined && { alwaysShow }),
  };
}

/** Resolves to the chosen row as the caller passed it. */
export async function showQuickPick<T extends Row>(
  rows: readonly T[] | PromiseLike<readonly T[]>,
  options: Omit<vscode.QuickPickOptions, 'onDidSelectItem' | 'canPickMany'>,
): Promise<T | undefined> {
  const { title, placeHolder } = options;
  const shown: Promise<readonly ShownRow<T>[]> = Promise.resolve(rows).then((all) => all.map(shownRow));
  const chosen = await vscode.window.showQuickPick<ShownRow<T>>(shown, {
    ...options,
    ...(title !== undefined && { title: inertLabel(title) }),
    ...(placeHolder !== undefined && { placeHolder: inertLine(placeHolder) }),
  });
  return chosen?.row;
}

type PickOptions = Pick<vscode.QuickPick<never>, 'matchOnDescription' | 'matchOnDetail' | 'canSelectMany'>;

/** Returns rows as the caller passed them. */
export class QuickPick<T extends Row> extends QuickInput<vscode.QuickPick<ShownRow<T>>> {
  private shown: readonly ShownRow<T>[] = [];

  constructor(options: Partial<PickOptions> = {}) {
    super(Object.assign(vscode.window.createQuickPick<ShownRow<T>>(), options));
  }

  onDidChangeSelection(listener: (selected: readonly T[]) => void): vscode.Disposable {
    return this.input.onDidChangeSelection((selected) => listener(selected.map(({ row }) => row)));
  }

  set items(rows: readonly T[]) {
    this.shown = rows.map(shownRow);
    this.input.items = this.shown;
  }
  get items(): readonly T[] {
    return this.shown.map(({ row }) => row);
  }
  set activeItems(rows: readonly T[]) {
    this.input.activeItems = this.shownOf(rows);
  }
  get activeItems(): readonly T[] {
    return this.input.activeItems.map(({ row }) => row);
  }
  set selectedItems(rows: readonly T[]) {
    this.input.selectedItems = this.shownOf(rows);
  }
  get selectedItems(): readonly T[] {
    return this.input.selectedItems.map(({ row }) => row);
  }

  private shownOf(rows: readonly T[]): readonly ShownRow<T>[] {
    const selected = new Set(rows);
    return this.shown.filter(({ row }) => selected.has(row));
  }
}

/** Shows a text in the status bar for some milliseconds. */
export function setStatusBarMessage(text: string, forMs: number): void {
  vscode.window.setStatusBarMessage(inertLabel(text), forMs);
}

export interface StatusItemContent {
  /** The name of an icon of the editor, never a text from outside; `~spin` animates it. */
  readonly icon: string;
  readonly text: string;
  /** The label for screen readers. */
  readonly accessibleLabel: string;
  readonly tooltip: Tooltip;
  readonly isWarning: boolean;
  readonly command: vscode.Command;
}

/** An item of the status bar; hidden until `show`. */
export class StatusItem {
  private readonly item: vscode.StatusBarItem;

  /** @param name the name in the menu of the status bar */
  constructor(id: string, alignment: vscode.StatusBarAlignment, priority: number, name: string) {
    this.item = vscode.window.createStatusBarItem(id, alignment, priority);
    this.item.name = name;
  }

  show({ icon, text, accessibleLabel, tooltip, isWarning, command }: StatusItemContent): void {
    this.item.text = `$(${icon}) ${inertLabel(text)}`;
    this.item.accessibilityInformation = { label: inertLine(accessibleLabel), role: 'status' };
    this.item.tooltip = tooltip.markdown;
    this.item.backgroundColor = isWarning
      ? new vscode.ThemeColor('statusBarItem.warningBackground')
      : undefined;
    this.item.command = command;
    this.item.show();
  }

  hide(): void {
    this.item.hide();
  }

  dispose(): void {
    this.item.dispose();
  }
}

export function showOpenDialog(options: vscode.OpenDialogOptions): Thenable<vscode.Uri[] | undefined> {
  return vscode.window.showOpenDialog(withInertTitle(options));
}

export function showSaveDialog(options: vscode.SaveDialogOptions): Thenable<vscode.Uri | undefined> {
  return vscode.window.showSaveDialog(withInertTitle(options));
}

function withInertTitle<T extends { title?: string }>(options: T): T {
  return options.title === undefined ? options : { ...options, title: inertLabel(options.title) };
}

export function showWorkspaceFolderPick(placeHolder: string): Thenable<vscode.WorkspaceFolder | undefined> {
  return vscode.window.showWorkspaceFolderPick({ placeHolder: inertLine(placeHolder) });
}

/** An empty panel in the active column. */
export function createWebviewPanel(viewType: string, title: string): vscode.WebviewPanel {
  return vscode.window.createWebviewPanel(viewType, inertLabel(title), vscode.ViewColumn.Active);
}

export function setPanelTitle(panel: vscode.WebviewPanel, title: string): void {
  panel.title = inertLabel(title);
}

/** The line above the rows of a tree; none for an empty text. */
export function setViewMessage(view: Pick<vscode.TreeView<unknown>, 'message'>, text: string): void {
  view.message = inertLabel(text);
}

/** Makes the message of an error inert, since the editor shows it. */
export function registerCommand(
  id: string,
  run: (...args: readonly unknown[]) => unknown,
): vscode.Disposable {
  return vscode.commands.registerCommand(id, async (...args: readonly unknown[]) => {
    try {
      return await run(...args);
    } catch (error) {
      throw inertError(error);
    }
  });
}

/** An error with an inert message and the original error as its cause. A cancellation is returned unchanged. */
export function inertError(error: unknown): unknown {
  if (isCancellation(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  const inert = inertLine(message);
  return inert === message ? error : new Error(inert, { cause: error });
}

/** A command: its id in package.json and its function. The arguments come from menus, rows or other extensions. */
export interface CommandRow {
  readonly id: string;
  run(...args: readonly unknown[]): unknown;
}
