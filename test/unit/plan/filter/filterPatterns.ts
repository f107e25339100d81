import type { FilterDialect, FilterRule } from '../../../../src/plan/model/planOptions';
import type { Random } from '../../../support/random';

/** The rule of `+ pattern` or `- pattern`. */
export function filterRule(text: string): FilterRule {
  return text.startsWith('+') ? { include: text.slice(2) } : { exclude: text.slice(2) };
}

/** A valid pattern of the dialect. */
export function pattern(r: Random, dialect: FilterDialect): string {
  const more = {
    rclone: ['/**', '{a,sub}', '[^a]', '{{a|b}}', '{{\\b(a){2}}}'],
    aws: ['[!a]', '/*'],
    gitignore: ['**', '/**', '[!a]', '**/'],
  };
  const atoms = ['*', '?', 'a', 'b', '/', 'sub', 'ab', '[a-b]', '.txt', 'é', ...more[dialect]];
  const text = Array.from({ length: 1 + r.whole(4) }, () => r.pick(atoms)).join('');
  const safe = text.replace(/\*{3,}/g, '**').replace(/^[./*]+$/, 'a');
  return dialect !== 'aws' && r.chance(0.2) ? `${safe}/` : safe;
}
