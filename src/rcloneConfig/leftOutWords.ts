import type { LeftOut } from '../backends/backend';

export interface LeftOutOf {
  /** The remote's name. */
  readonly name: string;
  readonly leftOut: readonly LeftOut[];
}

const mostNamed = 8;

/** "2 settings were left out: acl (photos), root (photos)." Empty when nothing was. No value is ever in it. */
export function leftOutSentence(remotes: readonly LeftOutOf[]): string {
  const all = remotes.flatMap(({ name, leftOut }) => leftOut.map((one) => `${one.name} (${name})`));
  if (all.length === 0) return '';
  const named = all.slice(0, mostNamed).join(', ');
  const more = all.length > mostNamed ? ` and ${all.length - mostNamed} more` : '';
  return all.length === 1
    ? `1 setting was left out: ${named}.`
    : `${all.length} settings were left out: ${named}${more}.`;
}

/** One line a setting, with the reason, for the log. */
export function leftOutLines(remotes: readonly LeftOutOf[]): readonly string[] {
  return remotes.flatMap(({ name, leftOut }) =>
    leftOut.map((one) => `${name}: "${one.name}" was left out: ${one.because}.`),
  );
}
