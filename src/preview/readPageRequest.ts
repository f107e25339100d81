import { isRecord } from '../base/encoding';
import { planOptionSchema } from '../plan/model/optionSchema';
import { rowClasses } from './planIndex';
import { rowStates } from './planRow';
import type { ViewState } from './planView';

type Check<T> = (value: unknown) => value is T;
type Checks = Readonly<Record<string, Check<unknown>>>;
type Checked<C extends Checks> = {
  readonly [Name in keyof C]: C[Name] extends Check<infer T> ? T : never;
};

/** More rows than any window shows. */
const maxRows = 2000;
const maxText = 8192;
/** Far more characters than options with long lists of rules have. */
const maxOptions = 1 << 20;

const filterFields = { text: isText, classes: someOf(rowClasses), states: someOf(rowStates) };
const anyTexts = textsUpTo(Number.POSITIVE_INFINITY);
const viewFields = { flat: isFlag, deletesEnabled: isFlag, collapsed: anyTexts, toggled: anyTexts };
/** The rows whose new positions the page needs after a change of the table: the active row and the topmost row. */
const anchors = textsUpTo(4);

/** The page's requests without a reply. */
const commands = {
  swap: {},
  rescan: {},
  apply: {},
  retry: {},
  continueEarlier: {},
  discardEarlier: {},
  cancel: {},
  close: {},
  savePlan: {},
  saveList: {},
  showLog: {},
  copyInstead: {},
  syncInstead: {},
  explainPath: {},
  copyAsCommand: {},
};
export type PageCommand = keyof typeof commands;

/** The requests of the page and their fields. A closed list: `readPageRequest` rejects everything else. */
export const pageRequests = {
  ...commands,
  ready: {},
  rows: { from: isCount, count: isRowCount },
  locate: { keys: textsUpTo(4) },
  find: { start: isNonEmptyText, after: isPosition },
  filter: { ...filterFields, anchors },
  flat: { flat: isFlag, anchors },
  expand: { key: isText, expanded: isFlag, anchors },
  expandAll: { expanded: isFlag, anchors },
  tick: { key: isText, on: isFlag },
  /** Rows of `table`. When the table has changed meanwhile, nothing is ticked. */
  toggleRange: { table: isCount, from: isCount, to: isCount },
  tickShown: { on: isFlag },
  tickClass: { class: oneOf(rowClasses), on: isFlag },
  includeDeletes: { on: isFlag },
  compare: { mode: oneOf(planOptionSchema.compare.choices) },
  deletes: { on: isFlag },
  /** The options of the page. Invalid ones change nothing; the reply has the reason. */
  setOptions: { options: isOptions },
  open: { key: isText },
  /** Explains which rule decides about the file of a row, and then about other paths. */
  explain: { key: isText },
} satisfies Readonly<Record<string, Checks>>;

type Requests = typeof pageRequests;
export type PageRequest = {
  readonly [Type in keyof Requests]: { readonly type: Type } & Checked<Requests[Type]>;
}[keyof Requests];

/**
 * Validates a message from the page. Returns undefined for an invalid one: the page shows names that others chose, so its
 * messages are not trusted.
 */
export function readPageRequest(message: unknown): PageRequest | undefined {
  if (!isRecord(message)) return undefined;
  const { type } = message;
  if (typeof type !== 'string' || !Object.hasOwn(pageRequests, type)) return undefined;
  const fields = readFields(message, pageRequests[type as keyof Requests]);
  return fields && ({ type, ...fields } as PageRequest);
}

/** The state of a view as the page saved it, also with the older keys `gate` and `turned`; undefined when a part is missing or wrong. */
export function readViewState(value: unknown): ViewState | undefined {
  if (!isRecord(value)) return undefined;
  const { filter, deletesEnabled = value['gate'], toggled = value['turned'] } = value;
  const filterRead = isRecord(filter) ? readFields(filter, filterFields) : undefined;
  const rest = readFields({ ...value, deletesEnabled, toggled }, viewFields);
  return filterRead && rest && { filter: filterRead, ...rest };
}

/** The fields of `checks`, without others; undefined when one is missing or wrong. */
function readFields<C extends Checks>(
  value: Readonly<Record<string, unknown>>,
  checks: C,
): Checked<C> | undefined {
  const names = Object.keys(checks);
  if (!names.every((name) => checks[name]?.(value[name]))) return undefined;
  return Object.fromEntries(names.map((name) => [name, value[name]])) as Checked<C>;
}

function isFlag(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxText;
}

function isNonEmptyText(value: unknown): value is string {
  return isText(value) && value !== '';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRowCount(value: unknown): value is number {
  return isCount(value) && value <= maxRows;
}

/** A row's position, or −1 for the position before the first row. */
function isPosition(value: unknown): value is number {
  return value === -1 || isCount(value);
}

function isOptions(value: unknown): value is Readonly<Record<string, unknown>> {
  return isRecord(value) && JSON.stringify(value).length <= maxOptions;
}

function textsUpTo(most: number): Check<readonly string[]> {
  return (value): value is readonly string[] =>
    Array.isArray(value) && value.length <= most && value.every(isText);
}

function oneOf<T>(values: readonly T[]): Check<T> {
  return (value): value is T => values.includes(value as T);
}

/** A list of different values. */
function someOf<T>(values: readonly T[]): Check<readonly T[]> {
  return (value): value is readonly T[] =>
    Array.isArray(value) && new Set(value).size === value.length && value.every(oneOf(values));
}
