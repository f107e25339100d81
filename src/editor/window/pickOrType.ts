import * as window from './window';

/** Lets the user choose a row or type something else, for which `typed` has rows of its own. Undefined when the user left. */
export function pickOrType<T extends window.Row>(
  title: string,
  placeholder: string,
  rows: readonly T[],
  typed: (text: string) => readonly T[],
  canBeChosen: (row: T) => boolean,
): Promise<T | undefined> {
  const pick = new window.QuickPick<T>();
  pick.title = title;
  pick.placeholder = placeholder;
  pick.ignoreFocusOut = true;
  pick.matchOnDescription = true;
  const draw = () => {
    const text = pick.value.trim();
    pick.items = text === '' ? rows : [...typed(text), ...rows];
  };
  return new Promise((resolve) => {
    pick.onDidChangeValue(draw);
    pick.onDidAccept(() => {
      const [row] = pick.selectedItems;
      if (!row || !canBeChosen(row)) return;
      resolve(row);
      pick.hide();
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    draw();
    pick.show();
  });
}
