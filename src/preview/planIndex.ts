import type { Steps } from '../base/timeSlices';
import type { Action, Conflict, Plan, Skipped } from '../plan/model/plan';

/** The kinds of rows. */
export type PlanItem = Action | Conflict | Skipped;

/** The classes of rows, in the order of the chips that filter by them. */
export const rowClasses = [
  'upload',
  'download',
  'copy',
  'rename',
  'setTime',
  'removeSource',
  'sourceOnly',
  'differs',
  'targetOnly',
  'delete',
  'removeFolder',
  'conflict',
  'skipped',
] as const;
export type RowClass = (typeof rowClasses)[number];

/** Whether actions of a class remove something from the target; such rows belong to the deletes. */
export function isDeleting(rowClass: RowClass | undefined): boolean {
  return rowClass === 'delete' || rowClass === 'removeFolder';
}

/** The groups of the table in order; `change` has no heading. */
export const sections = ['change', 'delete', 'conflict', 'skipped'] as const;
export type Section = (typeof sections)[number];

/**
 * A plan laid out for a table. Items (actions, then conflicts, then skipped files) and folders are numbered; the rows of the tree
 * form one sequence in which a subtree is a range. Built once for each plan.
 */
export interface PlanIndex {
  readonly plan: Plan;
  /** Number of items; those below `plan.actions.length` are actions and can be ticked. */
  readonly size: number;
  readonly classOf: Uint8Array;
  readonly bytesOf: Float64Array;
  /** The innermost folder of each item. */
  readonly folderOf: Int32Array;
  readonly folders: readonly FolderNode[];
  /** The tree in drawing order: an item's number, or the negative `~folder` for a folder or a heading. */
  readonly sequence: Int32Array;
  /** For each position in the sequence: the position after its subtree. */
  readonly endOf: Int32Array;
  /** For each position in the sequence: its depth; 1 = outermost. */
  readonly levelOf: Uint16Array;
  /** For each section: its items in the order of their paths. */
  readonly flat: readonly Int32Array[];
}

export interface FolderNode {
  readonly section: Section;
  /** '' stands for the section itself. */
  readonly path: string;
  /** The label of its row: several parts when the folders in between hold nothing else. */
  readonly label: string;
  /** Its parent folder; -1 for a section. */
  readonly parent: number;
}

interface Draft extends FolderNode {
  label: string;
  readonly folders: number[];
  readonly items: number[];
}

export function pathOf(plan: Plan, item: number): string {
  return itemAt(plan, item)?.path ?? '';
}

export function actionOf(plan: Plan, item: number): Action | undefined {
  return plan.actions[item];
}

export function conflictOf(plan: Plan, item: number): Conflict | undefined {
  return plan.conflicts[item - plan.actions.length];
}

export function skippedOf(plan: Plan, item: number): Skipped | undefined {
  return plan.skipped[item - plan.actions.length - plan.conflicts.length];
}

export function itemAt(plan: Plan, item: number): PlanItem | undefined {
  return actionOf(plan, item) ?? conflictOf(plan, item) ?? skippedOf(plan, item);
}

/** Returns the last part of a path. In a malformed key a leading or trailing slash belongs to the name. */
export function nameOf(path: string): string {
  return path.slice(nameStart(path));
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function nameStart(path: string): number {
  const slash = path.lastIndexOf('/', path.length - 2);
  return slash <= 0 ? 0 : slash + 1;
}

function classOfAction(action: Action, check: boolean): RowClass {
  if (check && action.kind !== 'removeFolder')
    return action.kind === 'deleteFile' ? 'targetOnly' : action.before ? 'differs' : 'sourceOnly';
  if (action.kind === 'copyFile') return action.direction;
  if (action.kind === 'moveFile') return 'rename';
  return action.kind === 'deleteFile' ? 'delete' : action.kind;
}

/** The bytes that an action moves or frees. */
export function bytesOfAction(action: Action): number {
  if (action.kind === 'copyFile' || action.kind === 'removeSource') return action.source.size;
  return action.kind === 'deleteFile' ? action.before.size : 0;
}

export function buildPlanIndex(plan: Plan): PlanIndex {
  const steps = planIndexSteps(plan);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Number of items after which building may pause. */
const itemsAStep = 500;

/** Builds the index in steps, because a plan may have more than a hundred thousand items. */
export function* planIndexSteps(plan: Plan): Steps<PlanIndex> {
  const { actions, conflicts, skipped } = plan;
  const check = plan.options.verb === 'check';
  const size = actions.length + conflicts.length + skipped.length;
  const classOf = new Uint8Array(size);
  const bytesOf = new Float64Array(size);
  const folderOf = new Int32Array(size);
  const drafts: Draft[] = sections.map((section) => draft(section, '', -1));
  const byPath = sections.map(() => new Map<string, number>());

  const folderAt = (section: number, path: string): number => {
    if (path === '') return section;
    const known = byPath[section]?.get(path);
    if (known !== undefined) return known;
    const slash = path.lastIndexOf('/');
    const parent = folderAt(section, slash < 0 ? '' : path.slice(0, slash));
    const made = drafts.length;
    drafts.push(draft(sections[section] ?? 'change', path, parent));
    drafts[parent]?.folders.push(made);
    byPath[section]?.set(path, made);
    return made;
  };

  // Neighbours mostly share their folder, so the last folder is cached.
  let lastSection = -1;
  let lastPath = '';
  let lastFolder = 0;
  const add = (item: number, rowClass: RowClass, section: Section, path: string, bytes: number) => {
    classOf[item] = rowClasses.indexOf(rowClass);
    bytesOf[item] = bytes;
    const s = sections.indexOf(section);
    const parent = path.slice(0, Math.max(0, nameStart(path) - 1));
    if (s !== lastSection || parent !== lastPath) {
      lastFolder = folderAt(s, parent);
      lastSection = s;
      lastPath = parent;
    }
    folderOf[item] = lastFolder;
    drafts[lastFolder]?.items.push(item);
  };

  let item = 0;
  for (const action of actions) {
    const rowClass = classOfAction(action, check);
    const section = isDeleting(rowClass) ? 'delete' : 'change';
    add(item++, rowClass, section, action.path, bytesOfAction(action));
    if (item % itemsAStep === 0) yield;
  }
  for (const conflict of conflicts) {
    add(item++, 'conflict', 'conflict', conflict.path, conflict.source?.size ?? conflict.target?.size ?? 0);
    if (item % itemsAStep === 0) yield;
  }
  for (const thing of skipped) {
    add(item++, 'skipped', 'skipped', thing.path, thing.bytes ?? 0);
    if (item % itemsAStep === 0) yield;
  }

  let sorted = 0;
  for (const folder of drafts) {
    sortBy(folder.folders, (n) => drafts[n]?.path ?? '');
    sortBy(folder.items, (i) => pathOf(plan, i));
    sorted += 1 + folder.folders.length + folder.items.length;
    if (sorted < itemsAStep) continue;
    sorted = 0;
    yield;
  }
  return { plan, size, classOf, bytesOf, folderOf, ...layOut(drafts, size) };
}

function draft(section: Section, path: string, parent: number): Draft {
  return { section, path, parent, label: lastPart(path), folders: [], items: [] };
}

/** Sorts only when needed: a plan is nearly always sorted, and checking is cheaper. */
function sortBy(numbers: number[], key: (n: number) => string): void {
  let last: string | undefined;
  for (const n of numbers) {
    const here = key(n);
    if (last !== undefined && here < last) {
      numbers.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a - b));
      return;
    }
    last = here;
  }
}

function layOut(
  drafts: Draft[],
  size: number,
): Pick<PlanIndex, 'folders' | 'sequence' | 'endOf' | 'levelOf' | 'flat'> {
  const sequence = new Int32Array(size + drafts.length);
  const endOf = new Int32Array(size + drafts.length);
  const levelOf = new Uint16Array(size + drafts.length);
  const flat = sections.map(() => [] as number[]);
  let at = 0;

  const put = (folder: Draft, level: number) => {
    for (const child of folder.folders) putFolder(child, level, '');
    for (const item of folder.items) {
      sequence[at] = item;
      levelOf[at] = level;
      endOf[at] = ++at;
    }
  };
  /** A folder that holds only one folder shares its row, as in the Explorer. */
  const putFolder = (number: number, level: number, before: string) => {
    const folder = drafts[number];
    if (!folder) return;
    folder.label = before + lastPart(folder.path);
    const [only, ...more] = folder.folders;
    if (only !== undefined && more.length === 0 && folder.items.length === 0) {
      putFolder(only, level, `${folder.label}/`);
      return;
    }
    const here = at++;
    sequence[here] = ~number;
    levelOf[here] = level;
    put(folder, level + 1);
    endOf[here] = at;
  };

  sections.forEach((section, number) => {
    const root = drafts[number];
    if (!root || (root.folders.length === 0 && root.items.length === 0)) return;
    const here = at;
    if (section === 'change') put(root, 1);
    else {
      sequence[at++] = ~number;
      levelOf[here] = 1;
      put(root, 2);
      endOf[here] = at;
    }
    const items = flat[number];
    for (let place = here; items && place < at; place++) {
      const item = sequence[place] ?? -1;
      if (item >= 0) items.push(item);
    }
  });

  return {
    folders: drafts.map(({ section, path, label, parent }) => ({ section, path, label, parent })),
    sequence: sequence.slice(0, at),
    endOf: endOf.slice(0, at),
    levelOf: levelOf.slice(0, at),
    flat: flat.map((items) => Int32Array.from(items)),
  };
}
