import * as vscode from 'vscode';
import * as window from './window';

/** One of the things that can be ticked, or that can't and is shown with the reason. */
export interface MultiSelectRow<T> {
  readonly label: string;
  readonly description: string;
  /** Why it can't be ticked, a sentence. */
  readonly disabledReason?: string;
  readonly checked?: boolean;
  readonly value: T;
}

interface RowItem<T> extends window.Row {
  readonly row?: MultiSelectRow<T>;
}

/** Lets the user tick some of the rows. Resolves to what was ticked, in the rows' order, or undefined when the user left. */
export function multiSelect<T>(
  title: string,
  placeholder: string,
  rows: readonly MultiSelectRow<T>[],
  unusableTitle: string,
): Promise<readonly T[] | undefined> {
  const pick = new window.QuickPick<RowItem<T>>();
  const usable = rows.filter(({ disabledReason }) => disabledReason === undefined).map(itemOf);
  const unusable = rows.filter((row) => row.disabledReason !== undefined).map(itemOf);
  pick.title = title;
  pick.placeholder = placeholder;
  pick.canSelectMany = true;
  pick.ignoreFocusOut = true;
  pick.matchOnDescription = true;
  pick.items =
    unusable.length === 0
      ? usable
      : [...usable, { label: unusableTitle, kind: vscode.QuickPickItemKind.Separator }, ...unusable];
  pick.selectedItems = usable.filter(({ row }) => row?.checked !== false);
  return new Promise((resolve) => {
    // The editor has no rows that can't be ticked, so the tick is taken away again.
    pick.onDidChangeSelection((selected) => {
      const good = selected.filter(({ row }) => row?.disabledReason === undefined);
      if (good.length < selected.length) pick.selectedItems = good;
    });
    pick.onDidAccept(() => {
      const chosen = new Set(pick.selectedItems);
      resolve(usable.filter((item) => chosen.has(item)).flatMap(({ row }) => (row ? [row.value] : [])));
      pick.hide();
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}

function itemOf<T>(row: MultiSelectRow<T>): RowItem<T> {
  return {
    ...(row.disabledReason !== undefined && { icon: 'circle-slash' }),
    label: row.label,
    description: row.description,
    ...(row.disabledReason !== undefined && { detail: row.disabledReason }),
    row,
  };
}

/** What is to become of something whose name is taken. */
export type NameConflictChoice = 'skip' | 'replace' | { readonly name: string };

/**
 * Asks about a taken name. Resolves to undefined when the user left. `problem` says why a new name can't be taken, as a sentence;
 * `canReplace` is false where the name itself is no good.
 */
export async function askNameConflict(
  title: string,
  question: string,
  free: string,
  problem: (name: string) => string | undefined,
  canReplace = true,
): Promise<NameConflictChoice | undefined> {
  const rows: (window.Row & { readonly does: 'skip' | 'replace' | 'name' })[] = [
    { label: 'Skip', description: 'leave it out', does: 'skip' },
    ...(canReplace ? [{ label: 'Replace', description: 'take its place', does: 'replace' as const }] : []),
    { label: 'Other Name…', description: `for example ${free}`, does: 'name' },
  ];
  const chosen = await window.showQuickPick(rows, {
    title,
    placeHolder: question,
    ignoreFocusOut: true,
  });
  if (chosen?.does !== 'name') return chosen?.does;
  const name = await window.showInputBox({
    title,
    prompt: 'The other name',
    value: free,
    validateInput: (text) => problem(text.trim()),
  });
  return name === undefined ? undefined : { name: name.trim() };
}
