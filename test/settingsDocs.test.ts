import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { driveFields } from '../src/backends/amazonDrive/driveFields';
import { s3Fields } from '../src/backends/s3/s3Config';

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();
const page = path.join(root, 'docs', 'settings.md');

interface Property {
  readonly default?: unknown;
  readonly scope?: string;
  readonly description?: string;
  readonly markdownDescription?: string;
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
    return `| \`${field.name}\` | ${field.kind} | ${field.default === undefined ? '' : String(field.default)} | ${field.description}${values} |`;
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
