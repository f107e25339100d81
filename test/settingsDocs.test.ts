import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { driveFields } from '../src/backends/amazonDrive/config/driveFields';
import { s3Fields } from '../src/backends/s3/config/s3Fields';
import { type OptionName, type OptionRow, planOptionSchema } from '../src/plan/model/optionSchema';

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();
const page = path.join(root, 'docs', 'settings.md');

interface Property {
  readonly default?: unknown;
  readonly scope?: string;
  readonly description?: string;
  readonly markdownDescription?: string;
}

interface OptionSchema extends Property {
  readonly enum?: readonly string[];
  readonly enumDescriptions?: readonly string[];
  readonly properties?: Readonly<Record<string, { readonly description: string }>>;
}

/** The table of all options that a sync has, from the manifest and with what the other tools call them. */
function optionTable(): string {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const texts = JSON.parse(readFileSync(path.join(root, 'package.nls.json'), 'utf8')) as Record<
    string,
    string
  >;
  const text = (key: string | undefined) => (texts[key?.slice(1, -1) ?? ''] ?? '').replaceAll('|', '\\|');
  const groups = manifest.contributes.configuration as readonly {
    properties: Record<string, { items?: { properties: { options: { properties: object } } } }>;
  }[];
  const syncs = groups.map((group) => group.properties['cloudRemotes.syncs']).find((found) => found);
  const options = Object.entries(syncs?.items?.properties.options.properties ?? {}) as [
    OptionName,
    OptionSchema,
  ][];
  assert.deepEqual(options.map(([name]) => name).sort(), Object.keys(planOptionSchema).sort());
  const rows = options.map(([name, schema]) => {
    const values = (schema.enum ?? []).map(
      (value, i) => `\`${value}\`: ${text(schema.enumDescriptions?.[i])}`,
    );
    const parts = Object.entries(schema.properties ?? {}).map(
      ([part, { description }]) => `\`${part}\`: ${text(description)}`,
    );
    const says = [text(schema.description), ...values, ...parts].join('<br>');
    const { aws = '', rclone = '' }: OptionRow = planOptionSchema[name];
    return `| \`${name}\` | ${says} | ${aws} | ${rclone} |`;
  });
  return ['| Option | What it does | `aws s3` | rclone |', '|---|---|---|---|', ...rows].join('\n');
}

/** The tables of docs/settings.md, from the manifest and from what the backends declare. */
function tables(): string {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    contributes: { configuration: readonly { properties: Record<string, Property> }[] };
  };
  const texts = JSON.parse(readFileSync(path.join(root, 'package.nls.json'), 'utf8')) as Record<
    string,
    string
  >;
  const text = (key: string | undefined) => {
    const found = key?.startsWith('%') ? texts[key.slice(1, -1)] : key;
    // Links to commands work in the settings editor only.
    return (found ?? '').replaceAll(/\[([^\]]+)\]\(command:[^)]*\)/g, '*$1*').replaceAll('|', '\\|');
  };
  const properties = manifest.contributes.configuration.flatMap((group) => Object.entries(group.properties));
  const settings = properties.map(
    ([name, property]) =>
      `| \`${name}\` | \`${JSON.stringify(property.default)}\` | ${property.scope} | ${text(property.markdownDescription ?? property.description)} |`,
  );
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
    ...settings,
    '',
    '## Settings of an S3 remote',
    '',
    'One entry of `cloudRemotes.remotes` has `name`, `"backend": "s3"` and any of these. The secret access key and the session',
    "token are never settings: the wizard puts them into the editor's secret storage.",
    '',
    '| Setting | Kind | Default | What it does |',
    '|---|---|---|---|',
    ...fields,
    '',
    '## Settings of an Amazon Drive remote',
    '',
    'One entry of `cloudRemotes.remotes` has `name`, `"backend": "amazonDrive"` and any of these; `client_id` must be there. Names,',
    "defaults and units are those of rclone's backend `amazon cloud drive`. The client secret and the tokens are never settings: they",
    'are in the secret storage of the editor. Amazon closed its own service at the end of 2023, so `endpoint`, `auth_url` and',
    '`token_url` have to be those of a compatible one.',
    '',
    '| Setting | Kind | Default | What it does |',
    '|---|---|---|---|',
    ...driveFields.map(
      ({ name, kind, default: value, description }) =>
        `| \`${name}\` | ${kind} | ${value === undefined ? '' : String(value)} | ${description} |`,
    ),
    '',
  ].join('\n');
}

test('docs/settings.md says what the manifest and the backend declare', () => {
  const start =
    '# Settings\n\nMade from the code; `UPDATE_GOLDEN=1 node test/run.mjs test/settingsDocs.test.ts` renews it.\n\n';
  const wanted = start + tables();
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(page, wanted);
  assert.equal(readFileSync(page, 'utf8'), wanted);
});

test('the table of options in the README says what the manifest declares', () => {
  const readme = path.join(root, 'README.md');
  const [from, to] = ['<!-- options -->\n', '\n<!-- end of options -->'];
  const before = readFileSync(readme, 'utf8');
  const at = before.indexOf(from) + from.length;
  const end = before.indexOf(to);
  assert.ok(at > from.length && end >= at, 'the README has a place for the table');
  const wanted = before.slice(0, at) + optionTable() + before.slice(end);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(readme, wanted);
  assert.equal(readFileSync(readme, 'utf8'), wanted);
});
