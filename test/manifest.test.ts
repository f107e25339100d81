import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { allBackends } from '../src/backends/allBackends';
import { driveSchema, parseDuration, parseSize } from '../src/backends/amazonDrive/config/driveConfig';
import { driveFields } from '../src/backends/amazonDrive/config/driveFields';
import { s3Schema } from '../src/backends/s3/config/s3Config';
import { s3Fields } from '../src/backends/s3/config/s3Fields';
import { s3Presets } from '../src/backends/s3/config/s3Presets';
import { checkSettings } from '../src/editor/platform/checkedSettings';
import { type OptionRow, optionNames, planOptionSchema } from '../src/plan/model/optionSchema';
import { comparisonModes } from '../src/plan/model/planOptions';

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();
const readJson = (file: string) => JSON.parse(readFileSync(path.join(root, file), 'utf8'));

interface MenuItem {
  readonly command?: string;
  readonly submenu?: string;
  readonly when?: string;
  readonly group?: string;
}
interface Schema {
  readonly type?: string | readonly string[];
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly enumDescriptions?: readonly string[];
  readonly description?: string;
  readonly markdownDescription?: string;
  readonly scope?: string;
  readonly order?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
}
const manifest = readJson('package.json');
const nls: Readonly<Record<string, string>> = readJson('package.nls.json');
const { contributes } = manifest;
const commands: readonly { command: string; title: string; category?: string }[] = contributes.commands;
const menus: Readonly<Record<string, readonly MenuItem[]>> = contributes.menus;
const settings = Object.assign(
  {},
  ...contributes.configuration.map((part: { properties: object }) => part.properties),
) as Readonly<Record<string, Schema>>;
const declared = new Set(commands.map(({ command }) => command));

/** The text of all sources below src/. */
const sources = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(path.join(root, 'src', file), 'utf8'))
  .join('\n');

const matches = (pattern: RegExp) => new Set([...sources.matchAll(pattern)].map((match) => match[1] ?? ''));

/** The commands that the sources register, in tables of rows or one by one. */
const registered = new Set([
  ...matches(/\bid: '(cloudRemotes\.\w+)'/g),
  ...matches(/\b(?:registerCommand|command)\(\s*'(cloudRemotes\.\w+)'/g),
  ...[...matches(/\b(?:row|onRemote|commandRow)\((?:context, )?'(\w+)'/g)].map(
    (name) => `cloudRemotes.${name}`,
  ),
]);

test('no command of the manifest is declared twice', () => {
  assert.equal(declared.size, commands.length);
});

test('every command of the manifest is registered, and every registered one is in the manifest', () => {
  assert.deepEqual([...registered].sort(), [...declared].sort());
});

test('every command that the sources run or put into a row exists', () => {
  const used = [
    ...matches(/executeCommand\(\s*'(cloudRemotes\.\w+)'/g),
    ...matches(/command: '(cloudRemotes\.\w+)'/g),
  ];
  assert.ok(used.length > 5);
  assert.deepEqual(
    used.filter((id) => !declared.has(id)),
    [],
  );
});

test('commands have a title in title case without the category, which the editor puts before it', () => {
  for (const { command, title, category } of commands) {
    assert.equal(category, '%category%', command);
    const text = nls[title.slice(1, -1)] ?? '';
    assert.match(text, /^[A-Z]/, command);
    assert.doesNotMatch(text, /Cloud Remotes/, command);
  }
});

test('menus, keys, welcome texts and the walkthrough name declared commands only', () => {
  const texts = Object.values(nls).join('\n');
  const used = [
    ...Object.values(menus)
      .flat()
      .flatMap(({ command }) => command ?? []),
    ...contributes.keybindings.map(({ command }: { command: string }) => command),
    ...[...texts.matchAll(/\(command:([\w.]+)/g)].map((match) => match[1]),
  ];
  // The editor makes the command `focus` for each view.
  const isEditors = (id = '') => id.startsWith('workbench.') || id === 'cloudRemotes.remotes.focus';
  assert.deepEqual(
    used.filter((id) => !declared.has(id ?? '') && !isEditors(id)),
    [],
  );
  for (const { description } of contributes.walkthroughs[0].steps)
    assert.match(nls[description.slice(1, -1)] ?? '', /\]\(command:/);
});

test('a command that needs a row of the tree is not in the palette', () => {
  const hidden = new Set(
    menus['commandPalette']?.filter(({ when }) => when === 'false').map(({ command }) => command),
  );
  for (const id of ['loadMore', 'refreshFolder', 'copyItem', 'pasteItem'])
    assert.ok(hidden.has(`cloudRemotes.${id}`), id);
});

test('every item of a menu of the tree names the rows that have it', () => {
  for (const item of menus['view/item/context'] ?? []) {
    assert.match(item.when ?? '', /view == cloudRemotes\.remotes/, item.command);
    assert.match(item.when ?? '', /viewItem =~ /, item.command);
    assert.ok(item.group, item.command);
  }
});

test('commands that delete come last in the menus of the tree', () => {
  const groups = (menus['view/item/context'] ?? []).filter(({ command }) =>
    /delete|empty|remove/i.test(command ?? ''),
  );
  assert.ok(groups.length >= 4);
  for (const { group, command } of groups) assert.match(group ?? '', /^9_/, command);
});

test('every text of the manifest is in package.nls.json, and every text there is used', () => {
  const used = new Set(
    [...JSON.stringify(manifest).matchAll(/"%([^%"]+)%"/g)].map((match) => match[1] ?? ''),
  );
  assert.deepEqual([...used].sort(), Object.keys(nls).sort());
});

test('every setting has a description, a default, a scope chosen on purpose and a place in the order', () => {
  const orders = new Set<number>();
  for (const [name, schema] of Object.entries(settings)) {
    assert.match(name, /^cloudRemotes\.[a-zA-Z]+$/);
    assert.ok(schema.markdownDescription ?? schema.description, name);
    assert.ok('default' in schema, name);
    assert.ok(['machine', 'machine-overridable', 'window', 'resource'].includes(schema.scope ?? ''), name);
    assert.ok(schema.order !== undefined && !orders.has(schema.order), name);
    orders.add(schema.order);
    if (schema.enum) assert.equal(schema.enumDescriptions?.length, schema.enum.length, name);
  }
});

test('a workspace can never set endpoints and profiles: remotes are settings of the machine', () => {
  assert.equal(settings['cloudRemotes.remotes']?.scope, 'machine');
});

test('an untrusted workspace sets nothing that affects a copy or sync', () => {
  const { untrustedWorkspaces } = manifest.capabilities;
  assert.equal(untrustedWorkspaces.supported, 'limited');
  const harmless = ['pageSize', 'largeFileSize', 'watchInterval', 'changesInterval', 'explorerLimit'];
  const restricted = Object.keys(settings).filter(
    (name) => settings[name]?.scope !== 'machine' && !harmless.includes(name.slice('cloudRemotes.'.length)),
  );
  assert.deepEqual([...untrustedWorkspaces.restrictedConfigurations].sort(), restricted.sort());
});

/** All settings, where each has this value. */
const ofAll = (value: unknown) => checkSettings(() => value);

test('the defaults in the manifest are those of the code', () => {
  const fromManifest = checkSettings((name) => {
    const schema = settings[`cloudRemotes.${name}`];
    assert.ok(schema, `the setting ${name} is read but not declared`);
    return schema.default;
  });
  assert.deepEqual(ofAll(undefined), fromManifest);
});

test('every setting that the sources read is declared', () => {
  const read = matches(/getConfiguration\(settingsSection\)\s*\.(?:get|inspect)(?:<[^>]*>)?\('(\w+)'/g);
  assert.ok(read.size > 0);
  for (const name of read) assert.ok(settings[`cloudRemotes.${name}`], name);
});

test('the limits in the manifest are those of the code', () => {
  for (const name of ['pageSize', 'transfers', 'transferThreads'] as const) {
    const schema = settings[`cloudRemotes.${name}`];
    assert.deepEqual([ofAll(-1e9)[name], ofAll(1e9)[name]], [schema?.minimum, schema?.maximum], name);
  }
});

test('a setting of a wrong type counts as its default', () => {
  for (const value of [null, 'x', {}, [], Number.NaN])
    assert.deepEqual({ ...ofAll(value), exclude: [] }, { ...ofAll(undefined), exclude: [] });
});

const declaredFields = [
  ['S3', s3Fields],
  ['Amazon Drive', driveFields],
] as const;

const remoteProperties = settings['cloudRemotes.remotes']?.items?.properties ?? {};

test('the schema of remotes has every field of the backends, and no secret', () => {
  const names = declaredFields.flatMap(([, fields]) => fields.map(({ name }) => name));
  assert.deepEqual(Object.keys(remoteProperties).sort(), [...new Set(['name', 'backend', ...names])].sort());
  for (const secret of [s3Schema, driveSchema].flatMap(({ secrets }) => Object.keys(secrets)))
    assert.ok(!(secret in remoteProperties));
});

test('the schema of remotes describes and limits the fields of the backends as the backends do', () => {
  for (const [, fields] of declaredFields)
    for (const field of fields) {
      const schema = remoteProperties[field.name];
      const described = declaredFields.flatMap(([title, others]) =>
        others.filter(({ name }) => name === field.name).map(({ description }) => `${title}: ${description}`),
      );
      const text = described.length === 1 ? field.description : described.join(' ');
      assert.equal(nls[schema?.description?.slice(1, -1) ?? ''], text, field.name);
      if (field.kind === 'boolean') assert.equal(schema?.type, 'boolean', field.name);
      if (field.kind === 'count')
        assert.deepEqual([schema?.minimum, schema?.maximum], [field.min, field.max], field.name);
      if (schema?.enumDescriptions)
        assert.equal(schema.enumDescriptions.length, schema.enum?.length, field.name);
    }
  for (const field of s3Fields)
    if (field.kind === 'choice')
      assert.deepEqual(remoteProperties[field.name]?.enum, field.values, field.name);
  for (const [name, values] of Object.entries({ provider: s3Presets, backend: allBackends }))
    assert.deepEqual(
      remoteProperties[name]?.enum,
      values.map(({ id }) => id),
    );
});

test('the patterns of sizes and durations accept what the Amazon Drive backend accepts', () => {
  const texts = ['', ...'9Gi 50000Mi off 0 10B 1.5G 10 3m 1h30m 10ms 1.5s x -1 9Zi'.split(' '), '3 m'];
  for (const { name, kind } of driveFields) {
    if (kind !== 'size' && kind !== 'duration') continue;
    const pattern = new RegExp(remoteProperties[name]?.pattern ?? '$^');
    const parse = kind === 'size' ? parseSize : parseDuration;
    for (const text of texts) assert.equal(pattern.test(text), parse(text) !== undefined, `${name} ${text}`);
  }
});

test('the options of a sync in the settings are those of a plan', () => {
  assert.deepEqual(settings['cloudRemotes.compare']?.enum, comparisonModes);
  const declared = settings['cloudRemotes.syncs']?.items?.properties?.['options']?.properties ?? {};
  assert.deepEqual(Object.keys(declared).sort(), [...optionNames].sort());
  for (const name of optionNames) {
    const { kind, choices }: OptionRow = planOptionSchema[name];
    assert.deepEqual(declared[name]?.enum?.toSorted(), choices?.toSorted(), name);
    assert.equal(declared[name]?.type === 'boolean', kind === 'flag', name);
  }
});

test('the pictures that the manifest names exist', () => {
  for (const { icon } of [manifest, ...contributes.viewsContainers.activitybar])
    assert.ok(existsSync(path.join(root, icon)), icon);
  const png = readFileSync(path.join(root, manifest.icon));
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  assert.ok(width >= 128 && height >= 128, 'the icon is at least 128 pixels wide and high');
});

test('the extension is activated only by its own file system and views', () => {
  for (const event of ['*', 'onStartupFinished'])
    assert.ok(!manifest.activationEvents.includes(event), event);
  assert.ok(manifest.activationEvents.includes('onFileSystem:cloudremotes'));
});
