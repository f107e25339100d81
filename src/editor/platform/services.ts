/** One command: its id in package.json and what it does. Arguments are what menus, rows or other extensions hand over. */
export interface CommandRow {
  readonly id: string;
  run(...args: readonly unknown[]): unknown;
}
