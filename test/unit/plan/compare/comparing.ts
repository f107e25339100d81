import {
  type ComparisonRules,
  compareFiles,
  comparisonRules,
  type Direction,
} from '../../../../src/plan/compare/comparison';
import type { Place } from '../../../../src/plan/model/plan';
import { defaultPlanOptions, type PlanOptions } from '../../../../src/plan/model/planOptions';
import type { Capabilities } from '../../../../src/remote/capabilities';
import type { FileEntry } from '../../../../src/remote/entry';
import { parsePath } from '../../../../src/remote/remotePath';

export type Facts = Partial<Pick<FileEntry, 'size' | 'modified' | 'serverModified' | 'md5' | 'exact'>>;

export function file(facts: Facts): FileEntry {
  return { kind: 'file', path: parsePath('f'), size: 3, ...facts };
}

type Precision = Capabilities['timePrecisionNs'];

/** The rules of these options, by default rclone's, between a folder and a store, or two stores, of these precisions. */
export function rulesOf(
  options: Partial<PlanOptions>,
  direction: Direction = 'upload',
  [source, target]: readonly [Precision, Precision] = [1, 1],
): ComparisonRules {
  const side = (isStore: boolean, timePrecisionNs: Precision) => {
    const place: Place = isStore
      ? { kind: 'remote', remote: 'r', path: parsePath('b') }
      : { kind: 'folder', path: '/w' };
    return { place, capabilities: { timePrecisionNs, listsModified: !isStore } as Capabilities };
  };
  return comparisonRules(
    { ...defaultPlanOptions, refreshTimes: true, ...options },
    side(direction !== 'upload', source),
    side(direction !== 'download', target),
  );
}

/** The result in a word: `same` for equal files, else the reason. */
export function compare(source: Facts, target: Facts, rules: ComparisonRules, hashed = false): string {
  const { verdict, because } = compareFiles(file(source), file(target), rules, hashed);
  return verdict === 'same' ? 'same' : because;
}
