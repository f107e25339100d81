import type { ProvenRules } from './provenRules';
import { type Rule, rules } from './rules';

const chapters: readonly { readonly letter: string; readonly title: string }[] = [
  { letter: 'A', title: 'As `aws s3 sync`' },
  { letter: 'R', title: 'As rclone' },
  { letter: 'B', title: 'Two-way sync' },
  { letter: 'H', title: 'Hazards' },
];

/**
 * The text of docs/sync-rules.md: each rule, what the extension does, and the files whose tests name the rule. The page has no titles or numbers
 * of tests, so it changes only when a file begins or ceases to prove a rule.
 */
export function ruleTable(proven: ProvenRules): string {
  const lines = [
    '# The rules of a sync, and their tests',
    '',
    'The rules of `aws s3 sync` (1.45) and rclone (1.60) by number, what Cloud Remotes does, and the tests that prove it. Comments of the source',
    'and titles of tests cite the numbers. `npm run rules` writes this page from `test/rules/rules.ts` and those titles.',
    '',
    '`test/interop/differential.test.ts` also compares hundreds of random plans with the output of the real tools;',
    '`test/interop/differential/deliberateDifferences.ts` lists the deliberate differences.',
  ];
  for (const { letter, title } of chapters) {
    lines.push('', `## ${title}`, '', '| Rule | What it says | Cloud Remotes | Tests |', '|---|---|---|---|');
    for (const rule of rules)
      if (rule.id.startsWith(letter)) lines.push(row(rule, proven.get(rule.id) ?? []));
  }
  return `${lines.join('\n')}\n`;
}

function row({ id, says, instead, notHere }: Rule, files: readonly string[]): string {
  const doing = notHere === undefined ? (instead ?? 'As it says.') : `Does not apply: ${notHere}`;
  return `| ${id} | ${says} | ${doing} | ${files.map(link).join(', ')} |`;
}

function link(file: string): string {
  return `[${file.replace(/\.(test|spec)\.ts$/, '')}](../test/${file})`;
}
