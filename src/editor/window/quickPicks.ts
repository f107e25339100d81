import * as vscode from 'vscode';
import * as window from './window';

/** A row that the user can check, or a disabled row with its reason. */
export interface MultiSelectRow<T> {
  readonly label: string;
  readonly description: string;
  /** Why the row can't be checked, as a sentence. */
  readonly disabledReason?: string;
  readonly checked?: boolean;
  readonly value: T;
}

interface RowItem<T> extends window.Row {
  readonly row?: MultiSelectRow<T>;
}

/** Lets the user check rows. Resolves to the checked values in the order of the rows, or undefined when the user cancels. */
export function multiSelect<T>(
  title: string,
  placeholder: string,
  rows: readonly MultiSelectRow<T>[],
  disabledTitle: string,
): Promise<readonly T[] | undefined> {
  const pick = new window.QuickPick<RowItem<T>>({ canSelectMany: true, matchOnDescription: true });
  const enabled = rows.filter((row) => row.disabledReason === undefined).map(itemOf);
  const disabled = rows.filter((row) => row.disabledReason !== undefined).map(itemOf);
  pick.title = title;
  pick.placeholder = placeholder;
  pick.items =
    disabled.length === 0
      ? enabled
      : [...enabled, { label: disabledTitle, kind: vscode.QuickPickItemKind.Separator }, ...disabled];
  pick.selectedItems = enabled.filter(({ row }) => row?.checked !== false);
  // The editor has no disabled rows, so a check on one is removed.
  pick.onDidChangeSelection((selected) => {
    const allowed = selected.filter(({ row }) => row?.disabledReason === undefined);
    if (allowed.length < selected.length) pick.selectedItems = allowed;
  });
  return pick.ask(() => {
    const chosen = new Set(pick.selectedItems);
    return enabled.filter((item) => chosen.has(item)).flatMap(({ row }) => (row ? [row.value] : []));
  });
}

function itemOf<T>(row: MultiSelectRow<T>): RowItem<T> {
  const { label, description, disabledReason } = row;
  return {
    label,
    description,
    ...(disabledReason !== undefined && { icon: 'circle-slash', detail: disabledReason }),
    row,
  };
}

/** Lets the user choose a row or type a text, for which `typed` makes rows. Resolves to undefined when the user cancels. */
export function pickOrType<T extends window.Row>(
  title: string,
  placeholder: string,
  rows: readonly T[],
  typed: (text: string) => readonly T[],
  isSelectable: (row: T) => boolean,
): Promise<T | undefined> {
  const pick = new window.QuickPick<T>({ matchOnDescription: true });
  pick.title = title;
  pick.placeholder = placeholder;
  pick.items = rows;
  pick.onDidChangeValue((value) => {
    const text = value.trim();
    pick.items = text === '' ? rows : [...typed(text), ...rows];
  });
  return pick.ask(() => {
    const [row] = pick.selectedItems;
    return row && isSelectable(row) ? row : undefined;
  });
}

/** How to resolve a name that already exists. */
export type NameConflictChoice = 'skip' | 'replace' | { readonly name: string };

/**
 * Asks how to resolve a name conflict; `suggestion` is a unique name. Resolves to undefined when the user cancels. `problem` says why a
 * typed name is rejected, as a sentence; `canReplace` is false when the name itself is invalid.
 */
export async function askNameConflict(
  title: string,
  question: string,
  suggestion: string,
  problem: (name: string) => string | undefined,
  canReplace = true,
): Promise<NameConflictChoice | undefined> {
  const rows: (window.Row & { readonly choice: 'skip' | 'replace' | 'name' })[] = [
    { label: 'Skip', description: 'leave it out', choice: 'skip' },
    ...(canReplace
      ? [{ label: 'Replace', description: 'overwrite the existing one', choice: 'replace' as const }]
      : []),
    { label: 'Rename…', description: `for example ${suggestion}`, choice: 'name' },
  ];
  const chosen = await window.showQuickPick(rows, { title, placeHolder: question, ignoreFocusOut: true });
  if (chosen?.choice !== 'name') return chosen?.choice;
  const name = await window.showInputBox({
    title,
    prompt: 'New name',
    value: suggestion,
    validateInput: (text) => problem(text.trim()),
  });
  return name === undefined ? undefined : { name: name.trim() };
}
