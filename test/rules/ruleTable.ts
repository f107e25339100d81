import type { ProvenRules } from './provenRules';
import { type Rule, rules } from './rules';

const chapters: readonly { readonly letter: string; readonly title: string }[] = [
  { letter: 'A', title: 'As `aws s3 sync`' },
  { letter: 'R', title: 'As rclone' },
  { letter: 'B', title: 'Two-way sync' },
  { letter: 'H', title: 'Hazards that others met' },
];

/**
 * docs/sync-rules.md: each rule, what we do, and the files whose tests name it. Titles and numbers of tests are left out, so that the
 * page changes only when a file begins or ceases to prove a rule.
 */
export function ruleTable(proven: ProvenRules): string {
  const lines = [
    '# The rules of a sync, and their tests',
    '',
    'What `aws s3 sync` (1.45) and rclone (1.60) do, by number, what Cloud Remotes does, and where that is proved. The numbers stand in',
    'comments of the source and in titles of tests. `npm run rules` writes this page from `test/rules/rules.ts` and those titles.',
    '',
    'Besides, `test/interop/differential.test.ts` compares hundreds of generated plans with what the real tools print; where we differ on',
    'purpose stands in `test/interop/differential/deliberateDifferences.ts`.',
  ];
  for (const { letter, title } of chapters) {
    lines.push('', `## ${title}`, '', '| rule | what it says | what we do | tests |', '|---|---|---|---|');
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
