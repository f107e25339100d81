import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { driveFields } from '../src/backends/amazonDrive/config/driveFields';
import { s3Fields } from '../src/backends/s3/config/s3Fields';
import { type OptionName, type OptionRow, planOptionSchema } from '../src/plan/model/optionSchema';

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();
const readJson = (file: string) => JSON.parse(readFileSync(path.join(root, file), 'utf8'));

interface Property {
  readonly default?: unknown;
  readonly scope?: string;
  readonly description?: string;
  readonly markdownDescription?: string;
  readonly enum?: readonly string[];
  readonly enumDescriptions?: readonly string[];
  readonly properties?: Readonly<Record<string, Property>>;
  readonly items?: Property;
}

const groups: readonly { readonly properties: Readonly<Record<string, Property>> }[] =
  readJson('package.json').contributes.configuration;
const settings = groups.flatMap(({ properties }) => Object.entries(properties));
const texts: Readonly<Record<string, string>> = readJson('package.nls.json');

/** A text of the manifest for a cell of a table. Links to commands work in the settings editor only. */
function cell(key: string | undefined): string {
  return (texts[key?.slice(1, -1) ?? ''] ?? '')
    .replaceAll(/\[([^\]]+)\]\(command:[^)]*\)/g, '*$1*')
    .replaceAll('|', '\\|');
}

/** The table of the options of a sync, from the manifest, with the flags of the other tools. */
function optionTable(): string {
  const [, syncs] = settings.find(([name]) => name === 'cloudRemotes.syncs') ?? [];
  const options = Object.entries(syncs?.items?.properties?.['options']?.properties ?? {});
  assert.deepEqual(options.map(([name]) => name).sort(), Object.keys(planOptionSchema).sort());
  const rows = options.map(([name, option]) => {
    const values = (option.enum ?? []).map(
      (value, i) => `\`${value}\`: ${cell(option.enumDescriptions?.[i])}`,
    );
    const parts = Object.entries(option.properties ?? {}).map(
      ([part, { description }]) => `\`${part}\`: ${cell(description)}`,
    );
    const { aws = '', rclone = '' }: OptionRow = planOptionSchema[name as OptionName];
    return `| \`${name}\` | ${[cell(option.description), ...values, ...parts].join('<br>')} | ${aws} | ${rclone} |`;
  });
  return ['| Option | What it does | `aws s3` | rclone |', '|---|---|---|---|', ...rows].join('\n');
}

/** The tables of docs/settings.md, from the manifest and the fields of the backends. */
function tables(): string {
  const fields = s3Fields.map((field) => {
    const values = field.values
      ? ` (${field.kind === 'choice' ? '' : 'such as '}${field.values.map((value) => `\`${value}\``).join(', ')})`
      : '';
    return `| \`${field.name}\` | ${field.kind} | ${field.defaultText ?? field.default ?? ''} | ${field.description}${values} |`;
  });
  return [
    '## Settings of the extension',
    '',
    '| Setting | Default | Scope | What it does |',
    '|---|---|---|---|',
    ...settings.map(
      ([name, { default: preset, scope, markdownDescription, description }]) =>
        `| \`${name}\` | \`${JSON.stringify(preset)}\` | ${scope} | ${cell(markdownDescription ?? description)} |`,
    ),
    '',
    '## Settings of an S3 remote',
    '',
    'An entry of `cloudRemotes.remotes` with `name`, `"backend": "s3"` and any of these settings. The secret access key and the session token',
    "are never settings: the wizard stores them in the editor's secret storage.",
    '',
    '| Setting | Kind | Default | What it does |',
    '|---|---|---|---|',
    ...fields,
    '',
    '## Settings of an Amazon Drive remote',
    '',
    'An entry of `cloudRemotes.remotes` with `name`, `"backend": "amazonDrive"`, `client_id` and any of the other settings. Names, defaults',
    "and units are those of rclone's backend `amazon cloud drive`. The client secret and the tokens are never settings: they are in the editor's",
    'secret storage. Amazon closed its service at the end of 2023, so `endpoint`, `auth_url` and `token_url` must name a compatible service.',
    '',
    '| Setting | Kind | Default | What it does |',
    '|---|---|---|---|',
    ...driveFields.map(
      ({ name, kind, default: preset = '', description }) =>
        `| \`${name}\` | ${kind} | ${preset} | ${description} |`,
    ),
    '',
  ].join('\n');
}

/** Compares a file of the repository with the text that it must have; `UPDATE_GOLDEN=1` writes the file. */
function mustBe(file: string, expected: (before: string) => string): void {
  const whole = path.join(root, file);
  const before = readFileSync(whole, 'utf8');
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(whole, expected(before));
  else assert.equal(before, expected(before));
}

test('docs/settings.md agrees with the manifest and the backends', () => {
  const start =
    '# Settings\n\nMade from the code: `UPDATE_GOLDEN=1 node test/run.mjs test/settingsDocs.test.ts` writes this page.\n\n';
  mustBe('docs/settings.md', () => start + tables());
});

test('the table of options in the README agrees with the manifest', () => {
  const [from, to] = ['<!-- options -->\n', '\n<!-- end of options -->'];
  mustBe('README.md', (before) => {
    const at = before.indexOf(from) + from.length;
    const end = before.indexOf(to);
    assert.ok(at > from.length && end >= at, 'the README has a place for the table');
    return before.slice(0, at) + optionTable() + before.slice(end);
  });
});
