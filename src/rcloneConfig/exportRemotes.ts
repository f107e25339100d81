import type { Backend, OmittedSetting, RcloneSecrets, RemoteSettings } from '../backends/backend';
import { obscure } from './obscure';
import { type NewSection, valueProblem } from './rcloneFile';

export interface WrittenRemote {
  readonly section: NewSection;
  readonly leftOut: readonly OmittedSetting[];
}

/**
 * The section of rclone.conf for a remote with valid settings, named `name`. Contains no secret without `secrets`. Values that
 * rclone.conf can't contain are in `leftOut`. Pure except for the random part of obscured values. Throws Error for a backend without `rclone`.
 */
export function writeRemote(
  backend: Backend,
  settings: RemoteSettings,
  secrets: RcloneSecrets | undefined,
  name: string = settings.name,
): WrittenRemote {
  const kind = backend.rclone;
  if (!kind) throw new Error(`rclone has no backend for ${backend.id}`);
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

/** "2 settings were left out: acl (photos), root (photos)." Empty for no setting. Never contains a value. */
export function leftOutSentence(remotes: readonly OmittedSettings[]): string {
  const all = remotes.flatMap(({ name, leftOut }) => leftOut.map((one) => `${one.name} (${name})`));
  if (all.length === 0) return '';
  const named = all.slice(0, maxNamed).join(', ');
  const more = all.length > maxNamed ? ` and ${all.length - maxNamed} more` : '';
  const count = all.length === 1 ? '1 setting was' : `${all.length} settings were`;
  return `${count} left out: ${named}${more}.`;
}

/** For the log: one line per setting, with the reason. */
export function leftOutLines(remotes: readonly OmittedSettings[]): readonly string[] {
  return remotes.flatMap(({ name, leftOut }) =>
    leftOut.map((one) => `${name}: "${one.name}" was left out: ${one.because}.`),
  );
}
