// Writes docs/sync-rules.md.
// usage: npm run rules
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { provenRules } from './provenRules';
import { rules } from './rules';
import { ruleTable } from './ruleTable';

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();
const proven = provenRules(root);
writeFileSync(path.join(root, 'docs/sync-rules.md'), ruleTable(proven));
for (const { id, says, notHere } of rules)
  if (notHere === undefined && !proven.has(id)) console.log(`${id} has no test: ${says}`);
