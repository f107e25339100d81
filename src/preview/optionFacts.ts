import { optionNames, planOptionSchema } from '../plan/model/optionSchema';
import type { PlanOptions } from '../plan/model/planOptions';
import type { Formatter } from './format';
import { fill, type Strings } from './strings';

/** Options whose control has a label that explains them; the summary only counts them. */
const counted = optionNames.filter(
  (name) =>
    ['flag', 'milliseconds', 'size', 'age'].includes(planOptionSchema[name].kind) &&
    !('default' in planOptionSchema[name]),
);

/** Summarises the options of a plan that differ from the defaults. Options that can lose a file come first and in full. */
export function optionFacts(options: PlanOptions, words: Strings, format: Formatter): string[] {
  const { verb, filters, deletes, maxDelete, backupFolder, trackRenames, ignoreFiles } = options;
  const deleting = verb === 'sync' && deletes !== 'none';
  const changing = verb !== 'check';
  const more = counted.filter((name) => options[name] !== undefined && options[name] !== false).length;
  const limits = [
    maxDelete?.files !== undefined && format.plural(maxDelete.files, words.filesOne, words.filesMany),
    maxDelete?.percent !== undefined && format.percent(maxDelete.percent / 100),
    maxDelete?.bytes !== undefined && format.bytes(maxDelete.bytes),
  ].filter((limit) => limit !== false);
  return [
    verb === 'move' && words.factMove,
    deleting && deletes === 'before' && words.factBefore,
    deleting && deletes === 'during' && words.factDuring,
    changing && backupFolder !== undefined && fill(words.factBackup, backupFolder),
    deleting && limits.length > 0 && fill(words.factMaxDelete, limits.join(', ')),
    deleting && trackRenames && trackRenames !== 'none' && words[`factRenames:${trackRenames}`],
    filters.length > 0 && format.plural(filters.length, words.rulesOne, words.rulesMany),
    ignoreFiles && ignoreFiles.length > 0 && ignoreFiles.join(', '),
    more > 0 && format.plural(more, words.factOptionsOne, words.factOptionsMany),
  ].filter((fact) => typeof fact === 'string');
}
