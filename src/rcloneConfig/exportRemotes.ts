import type { Backend, OmittedSetting, RcloneSecrets, RemoteSettings } from '../backends/backend';
import { obscure } from './obscure';
import { type NewSection, valueProblem } from './rcloneFile';

export interface WrittenRemote {
  readonly section: NewSection;
  readonly leftOut: readonly OmittedSetting[];
}

/**
 * The section of rclone.conf for a remote whose settings are good, under the name `name`. Without `secrets` it holds none. What rclone's file
 * can't hold is left out and told. Pure, but for the chance in what is obscured. Throws an Error for a backend that rclone doesn't know.
 */
export function writeRemote(
  backend: Backend,
  settings: RemoteSettings,
  secrets: RcloneSecrets | undefined,
  name: string = settings.name,
): WrittenRemote {
  const kind = backend.rclone;
  if (!kind) throw new Error(`rclone has no storage of the kind ${backend.id}`);
  const { options, leftOut } = kind.write(settings, secrets);
  const written: (readonly [string, string])[] = [['type', kind.type]];
  const missed: OmittedSetting[] = [...leftOut];
  for (const [option, value] of options) {
    const because = valueProblem(value);
    if (because !== undefined) missed.push({ name: option, because });
    else written.push([option, kind.obscured?.includes(option) ? obscure(value) : value]);
  }
  return { section: { name, options: written }, leftOut: missed };
}

export interface OmittedSettings {
  /** The remote's name. */
  readonly name: string;
  readonly leftOut: readonly OmittedSetting[];
}
const maxNamed = 8;

/** "2 settings were left out: acl (photos), root (photos)." Empty when nothing was. No value is ever in it. */
export function leftOutSentence(remotes: readonly OmittedSettings[]): string {
  const all = remotes.flatMap(({ name, leftOut }) => leftOut.map((one) => `${one.name} (${name})`));
  if (all.length === 0) return '';
  const named = all.slice(0, maxNamed).join(', ');
  const more = all.length > maxNamed ? ` and ${all.length - maxNamed} more` : '';
  return all.length === 1
    ? `1 setting was left out: ${named}.`
    : `${all.length} settings were left out: ${named}${more}.`;
}

/** One line a setting, with the reason, for the log. */
export function leftOutLines(remotes: readonly OmittedSettings[]): readonly string[] {
  return remotes.flatMap(({ name, leftOut }) =>
    leftOut.map((one) => `${name}: "${one.name}" was left out: ${one.because}.`),
  );
}
