import { RemoteError } from '../remote/remoteError';
import type { RemoteSettings } from './backend';

/** One setting of a backend. Feeds its check, its default, the schema in package.json, the wizard and docs/settings.md. */
export interface SettingField {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly kind: 'text' | 'choice' | 'boolean' | 'size' | 'duration' | 'count' | 'url';
  /** For `choice` the allowed values, for `text` suggestions. */
  readonly values?: readonly string[];
  /** A choice accepts its values in upper and lower case. */
  readonly ignoreCase?: boolean;
  readonly default?: string | number;
  /** For docs/settings.md: a default that depends on other settings. */
  readonly defaultText?: string;
  /** Limits of a count, or of a size in bytes. */
  readonly min?: number;
  readonly max?: number;
  /** Why a string can't be this setting, as a sentence that names the setting; undefined when it can. Pure. */
  problem?(value: string): string | undefined;
}

export interface SettingsSchema {
  readonly fields: readonly SettingField[];
  /** "an S3 remote": completes the sentence about an unknown setting. */
  readonly owner: string;
  /** Values that belong into secret storage, each with the way to enter it: "enter it with the command Edit Remote". */
  readonly secrets: Readonly<Record<string, string>>;
  /** Sizes in this backend's notation: bytes; undefined when malformed. */
  readonly sizes: Quantity & { format(bytes: number): string };
  /** Durations in this backend's notation: milliseconds; undefined when malformed. */
  readonly durations?: Quantity;
}

interface Quantity {
  parse(value: unknown): number | undefined;
  /** Completes "must be …". */
  readonly expected: string;
}

/** Settings that every remote has. */
const commonSettings = new Set(['name', 'backend']);

/** Why these settings can't work, one sentence per setting; empty when every setting is valid by itself. Pure. */
export function checkFields(schema: SettingsSchema, settings: RemoteSettings): readonly string[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    if (commonSettings.has(name) || value === undefined) return [];
    const field = schema.fields.find((one) => one.name === name);
    const problem = field ? fieldProblem(schema, field, value) : unknownSetting(schema, name);
    return problem === undefined ? [] : [problem];
  });
}

function unknownSetting({ fields, owner, secrets }: SettingsSchema, name: string): string {
  const remedy = secrets[name];
  if (remedy !== undefined)
    return `"${name}" is a secret and does not belong in settings. Remove it and ${remedy}.`;
  const bare = (text: string) => text.toLowerCase().replace(/[_-]/g, '');
  const close = fields.find((field) => bare(field.name) === bare(name));
  const hint = close ? `Did you mean "${close.name}"?` : 'Remove it, or see the list of settings.';
  return `"${name}" is not a setting of ${owner}. ${hint}`;
}

function fieldProblem(schema: SettingsSchema, field: SettingField, value: unknown): string | undefined {
  const mustBe = (expected: string) => `"${field.name}" must be ${expected}.`;
  switch (field.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : mustBe('true or false');
    case 'count':
      return Number.isInteger(value) ? rangeProblem(field, Number(value), String) : mustBe('a whole number');
    case 'size': {
      const bytes = schema.sizes.parse(value);
      return bytes === undefined
        ? mustBe(schema.sizes.expected)
        : rangeProblem(field, bytes, schema.sizes.format);
    }
    case 'duration':
      return schema.durations && schema.durations.parse(value) === undefined
        ? mustBe(schema.durations.expected)
        : undefined;
    case 'choice':
      return isChoice(field, value)
        ? undefined
        : mustBe(`one of ${field.values?.map((one) => `"${one}"`).join(', ')}`);
    case 'url':
    case 'text':
      return typeof value === 'string' ? field.problem?.(value) : mustBe('a string');
  }
}

function isChoice({ values = [], ignoreCase = false }: SettingField, value: unknown): boolean {
  if (typeof value !== 'string') return false;
  return values.some((one) => one === value || (ignoreCase && one.toLowerCase() === value.toLowerCase()));
}

function rangeProblem(
  { name, min, max }: SettingField,
  value: number,
  format: (value: number) => string,
): string | undefined {
  if (min !== undefined && value < min) return `"${name}" must be at least ${format(min)}.`;
  if (max !== undefined && value > max) return `"${name}" must be at most ${format(max)}.`;
  return undefined;
}

/** Reads settings that passed the check. An absent or empty setting has its default. */
interface FieldReader {
  /** Trimmed; undefined when there is neither a value nor a default. */
  text(name: string): string | undefined;
  /** Bytes; infinity for `off` where the notation has it. */
  size(name: string): number;
  /** Milliseconds. */
  duration(name: string): number;
  count(name: string): number;
}

/** Throws RemoteError `badSettings` that lists `problems`. Pure. */
export function readFields(
  schema: SettingsSchema,
  settings: RemoteSettings,
  problems: readonly string[],
): FieldReader {
  const sentences = problems.join(' ');
  if (sentences !== '')
    throw new RemoteError('badSettings', `The remote "${settings.name}" can't be opened. ${sentences}`);
  const setOrDefault = (name: string): unknown => {
    const value = settings[name];
    const isUnset = value === undefined || (typeof value === 'string' && value.trim() === '');
    return isUnset ? schema.fields.find((field) => field.name === name)?.default : value;
  };
  return {
    text: (name) => textOf(setOrDefault(name)),
    size: (name) => schema.sizes.parse(setOrDefault(name)) ?? 0,
    duration: (name) => schema.durations?.parse(setOrDefault(name)) ?? 0,
    count: (name) => Number(setOrDefault(name)),
  };
}

/** The trimmed text; undefined for an empty one and for other types. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}
