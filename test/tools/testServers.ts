// Runs the S3 contract checks against the embedded server and every real server that is available.
// usage: npm run test:servers [-- --only NAME ...] [--grep TEXT] [--verbose] [--write]
//   --only   embedded, endpoint (S3_ENDPOINT, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION), moto, versitygw
//   --grep   only checks whose name holds TEXT
//   --write  puts the table of failures into docs/s3-servers.md
// Exit code 0 when exactly the gaps of knownGaps.ts fail; a new failure and a closed gap both fail.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Gaps, KNOWN_GAPS } from '../servers/s3/contract/knownGaps';
import { openServer, SERVER_NAMES } from '../servers/s3/contract/realServers';
import { ALL_CHECKS, ContractRun } from '../servers/s3/contract/runChecks';
import { runMain } from './program';

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();

interface ServerResult {
  title: string;
  /** Name of a failed check → its error. */
  failures: Map<string, string>;
  gaps: Gaps;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      grep: { type: 'string', default: '' },
      verbose: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  });
  const unknown = (values.only ?? []).filter((name) => !SERVER_NAMES.some((known) => known === name));
  if (unknown.length > 0)
    throw new Error(`--only takes ${SERVER_NAMES.join(', ')}, not ${unknown.join(', ')}`);
  const checks = ALL_CHECKS.filter((check) => check.name.includes(values.grep));
  if (checks.length === 0) throw new Error(`No check's name holds ${values.grep}`);

  const results: ServerResult[] = [];
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const name of SERVER_NAMES.filter((n) => values.only?.includes(n) ?? true)) {
    const server = await openServer(name, path.join(root, 'out', 'servers'));
    if ('absent' in server) {
      console.log(`${name}: left out, ${server.absent}`);
      continue;
    }
    console.log(`${server.title} at ${server.target.endpoint}`);
    const gaps = KNOWN_GAPS[server.name] ?? {};
    const failures = new Map<string, string>();
    const contract = new ContractRun(server.target);
    try {
      for (const check of checks) {
        const outcome = await contract.run(check).then(() => undefined, firstLines);
        if (outcome !== undefined) failures.set(check.name, outcome);
        const known = Object.hasOwn(gaps, check.name);
        if (outcome === undefined && !known) counts.passed++;
        else if (outcome !== undefined && known) {
          counts.skipped++;
          if (values.verbose) console.log(`  gap     ${check.name}\n          ${outcome}`);
        } else {
          counts.failed++;
          if (known) console.log(`  CLOSED  ${check.name}: remove it from knownGaps.ts`);
          else console.log(`  FAILED  ${check.name}\n          ${outcome}`);
        }
      }
    } finally {
      contract.end();
      await server.stop();
    }
    for (const gap of Object.keys(gaps))
      if (!ALL_CHECKS.some((check) => check.name === gap)) {
        counts.failed++;
        console.log(`  UNKNOWN ${gap}: knownGaps.ts names a check that does not exist`);
      }
    results.push({ title: server.title, failures, gaps });
  }

  console.log(`\n${summary(results, checks.length)}`);
  if (values.write) writeTable(results);
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed > 0 || results.length === 0 ? 1 : 0;
}

function firstLines(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.replace(/\s+/g, ' ').slice(0, 300);
}

function summary(results: readonly ServerResult[], count: number): string {
  const width = Math.max(6, ...results.map((r) => r.title.length));
  const lines = results.map((r) => {
    const unexpected = [...r.failures.keys()].filter((name) => !Object.hasOwn(r.gaps, name)).length;
    const known = r.failures.size - unexpected;
    const numbers = [count - r.failures.size, known, unexpected].map((n) => String(n).padStart(9)).join('');
    return `${r.title.padEnd(width)}${numbers}`;
  });
  return [`${'server'.padEnd(width)}     keeps known gap new fault`, ...lines].join('\n');
}

/** One row per check that some server fails: what it does instead, or `ok`. */
function writeTable(results: readonly ServerResult[]): void {
  const file = path.join(root, 'docs', 's3-servers.md');
  const text = readFileSync(file, 'utf8');
  const [start, end] = ['<!-- table: written by test:servers -- --write -->', '<!-- end of table -->'];
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${file} has lost the marks around its table`);
  const cell = (content: string): string => content.replaceAll('|', '\\|').replaceAll('<', '&lt;');
  const rows = ALL_CHECKS.filter((check) => results.some((r) => r.failures.has(check.name))).map((check) => {
    const cells = results.map((r) =>
      r.failures.has(check.name) ? cell(r.gaps[check.name] ?? `**${r.failures.get(check.name)}**`) : 'ok',
    );
    return `| ${[cell(check.name), ...cells].join(' | ')} |`;
  });
  const kept = results.map((r) => `${ALL_CHECKS.length - r.failures.size} of ${ALL_CHECKS.length}`);
  const table = [
    `| check | ${results.map((r) => r.title).join(' | ')} |`,
    `|---|${results.map(() => '---|').join('')}`,
    ...rows,
    `| **kept** | ${kept.join(' | ')} |`,
  ];
  writeFileSync(file, `${text.slice(0, from + start.length)}\n${table.join('\n')}\n${text.slice(to)}`);
}

runMain(main);
