import type { OmittedSetting, RcloneSecrets, RemoteSettings } from './backend';

/** An option of rclone 1.60 and its setting; both directions use the same row. */
export interface MappedOption {
  readonly option: string;
  readonly setting: string;
  /** A secret goes to secret storage instead of settings. */
  readonly kind: 'text' | 'count' | 'secret' | OptionNotation;
  /** Why the setting has no effect beside these options, as the rest of a sentence. */
  unused?(option: (name: string) => string | undefined): string | undefined;
}

/** Converts between rclone's notation and that of the settings. */
export interface OptionNotation {
  /** The value of the setting; undefined when the option has no counterpart. */
  read(text: string): unknown;
  write(value: unknown): string;
}

/** An option without a setting. Its usual value, rclone's default, is dropped silently. */
export interface UnmappedOption {
  readonly option: string;
  readonly usual: string;
  readonly omittedBecause: string;
}

/** A setting without an option. */
export interface UnmappedSetting {
  readonly setting: string;
  readonly omittedBecause: string;
}

interface OptionsRead {
  readonly settings: Record<string, unknown>;
  readonly secrets: Record<string, string>;
  readonly leftOut: OmittedSetting[];
}

/** The trimmed value of an option; undefined for an empty one. */
export function optionReader(options: ReadonlyMap<string, string>): (name: string) => string | undefined {
  return (name) => options.get(name)?.trim() || undefined;
}

/**
 * Reads the mapped options of a section. `problemOf` says why a value can't be the setting, as the rest of a sentence; such options are
 * reported in `leftOut`. Pure.
 */
export function readOptions(
  rows: readonly MappedOption[],
  options: ReadonlyMap<string, string>,
  problemOf: (setting: string, value: unknown) => string | undefined,
): OptionsRead {
  const read: OptionsRead = { settings: {}, secrets: {}, leftOut: [] };
  const option = optionReader(options);
  for (const { option: name, setting, kind, unused } of rows) {
    const text = option(name);
    if (text === undefined) continue;
    if (kind === 'secret') {
      read.secrets[setting] = text;
      continue;
    }
    const value = kind === 'text' ? text : kind === 'count' ? Number(text) : kind.read(text);
    const problem =
      unused?.(option) ??
      (value === undefined ? 'its value has no counterpart here' : problemOf(setting, value));
    if (problem === undefined) read.settings[setting] = value;
    else read.leftOut.push({ name, because: problem });
  }
  return read;
}

/** Writes the mapped options of a remote in the order of the rows; settings that are absent or empty are skipped. Pure. */
export function writeOptions(
  rows: readonly MappedOption[],
  settings: Readonly<Record<string, unknown>>,
  secrets: RcloneSecrets | undefined,
): (readonly [name: string, value: string])[] {
  return rows.flatMap(({ option, setting, kind }) => {
    const value = kind === 'secret' ? secrets?.values[setting] : settings[setting];
    if (!isSet(value)) return [];
    return [[option, typeof kind === 'object' ? kind.write(value) : String(value).trim()] as const];
  });
}

/** Options of a section that are neither mapped nor in `handled`, with the reason. Pure. */
export function unmappedOptions(
  options: ReadonlyMap<string, string>,
  rows: readonly MappedOption[],
  handled: ReadonlySet<string>,
  unmapped: readonly UnmappedOption[] = [],
): OmittedSetting[] {
  return [...options].flatMap(([name, value]) => {
    if (value.trim() === '' || handled.has(name) || rows.some(({ option }) => option === name)) return [];
    const row = unmapped.find(({ option }) => option === name);
    if (row?.usual === value.trim()) return [];
    return [{ name, because: row?.omittedBecause ?? 'Cloud Remotes does not know it' }];
  });
}

/** The settings of a remote that rclone has no option for, with the reason. Pure. */
export function unmappedSettings(
  settings: RemoteSettings,
  unmapped: readonly UnmappedSetting[],
): OmittedSetting[] {
  return unmapped.flatMap(({ setting, omittedBecause }) =>
    isSet(settings[setting]) ? [{ name: setting, because: omittedBecause }] : [],
  );
}

function isSet(value: unknown): boolean {
  return value !== undefined && !(typeof value === 'string' && value.trim() === '');
}
