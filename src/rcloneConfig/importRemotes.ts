import type { Backend, OmittedSetting, RemoteSettings, WizardStep } from '../backends/backend';
import { withoutSecrets } from '../base/maskedText';
import { reveal } from './obscure';
import type { RcloneSections } from './rcloneFile';

/** A section of rclone.conf as it would be here. */
export type FoundRemote = UsableRemote | UnusableRemote;

export interface UsableRemote {
  readonly usable: true;
  readonly name: string;
  readonly backend: Backend;
  /** With the section's name; never a secret. */
  readonly settings: RemoteSettings;
  /** For secret storage. */
  readonly secrets: Readonly<Record<string, string>>;
  /** A sign-in's tokens, in rclone's JSON. A secret. */
  readonly token?: string;
  readonly leftOut: readonly OmittedSetting[];
  readonly asks: readonly WizardStep[];
}

export interface UnusableRemote {
  readonly usable: false;
  readonly name: string;
  /** rclone's word for the kind; empty when the section has none. */
  readonly type: string;
  /** A sentence. */
  readonly because: string;
}

/** What these kinds do to another remote can't be done here; what rclone says of them, so that people know why. */
const wrapperKinds: Readonly<Record<string, string>> = {
  crypt: 'It encrypts what another remote holds, which Cloud Remotes can’t.',
  chunker: 'It cuts the files of another remote into pieces, which Cloud Remotes can’t.',
  compress: 'It compresses what another remote holds, which Cloud Remotes can’t.',
  hasher: 'It adds hashes to another remote, which Cloud Remotes doesn’t need. Add the other remote.',
  cache: 'It caches another remote, which Cloud Remotes does by itself. Add the other remote.',
  union: 'It puts several remotes together. Add them one by one.',
  combine: 'It puts several remotes together. Add them one by one.',
};

/** How many aliases may stand for each other; rclone has no limit, but nobody writes so many. */
const maxAliases = 50;

/** What each section would be here, in the file's order. Reads nothing; never throws. */
export function findRemotes(sections: RcloneSections, backends: readonly Backend[]): readonly FoundRemote[] {
  return [...sections].map(([name]) => readSection(name, sections, backends));
}

function readSection(name: string, sections: RcloneSections, backends: readonly Backend[]): FoundRemote {
  const own = sections.get(name);
  const type = own?.get('type') ?? '';
  const unusable = (because: string): UnusableRemote => ({
    usable: false,
    name,
    type: withoutSecrets(type),
    because: withoutSecrets(because),
  });
  if (type === '') return unusable('It has no "type", so rclone can’t use it either.');
  const end = type === 'alias' ? followAlias(name, sections) : { name, root: '' };
  if (typeof end === 'string') return unusable(end);
  const options = sections.get(end.name) ?? new Map<string, string>();
  const endType = options.get('type') ?? '';
  const backend = backends.find((candidate) => candidate.rclone?.type === endType);
  if (!backend?.rclone)
    return unusable(
      end.name === name
        ? (wrapperKinds[type] ?? `Cloud Remotes has no storage of the kind "${type}".`)
        : `It stands for "${end.name}", whose kind is "${endType}", which can’t be used.`,
    );
  const clear = revealOptions(options, backend.rclone.obscured ?? []);
  if (typeof clear === 'string') return unusable(clear);
  const { settings, secrets, token, leftOut, refused, asks = [] } = backend.rclone.read(clear, end.root);
  if (refused !== undefined) return unusable(refused);
  const named: RemoteSettings = { name, backend: backend.id, ...settings };
  const problems = backend.check(named);
  if (problems.length > 0) return unusable(problems.join(' '));
  return {
    usable: true,
    name,
    backend,
    settings: named,
    secrets,
    ...(token !== undefined && { token }),
    leftOut: leftOut.map((one) => ({ ...one, because: withoutSecrets(one.because) })),
    asks,
  };
}

/** The section that an alias stands for and the path in it, or a sentence why there is none. */
function followAlias(name: string, sections: RcloneSections): { name: string; root: string } | string {
  let at = name;
  let root = '';
  const seen = new Set<string>();
  for (let i = 0; i <= maxAliases; i++) {
    if (seen.has(at)) return 'It stands for itself.';
    seen.add(at);
    const options = sections.get(at);
    if (options?.get('type') !== 'alias') return { name: at, root };
    const remote = options.get('remote') ?? '';
    const [, madeUp] = /^:([^:,]*)/.exec(remote) ?? [];
    if (madeUp !== undefined)
      return `It stands for a remote made on the fly (":${madeUp}:"). Make a section of that, and import it.`;
    const [, changed] = /^([^:,/\\]+),[\w.-]+[=,:]/.exec(remote) ?? [];
    if (changed !== undefined)
      return `It stands for "${changed}" with settings of its own. Make a section with these, and import it.`;
    const [, next, path] = /^([^:/\\]+):(.*)$/s.exec(remote) ?? [];
    // One letter may be a remote or, on Windows, a drive.
    const isDrive = next?.length === 1 && !sections.has(next);
    if (next === undefined || path === undefined || isDrive)
      return 'It stands for a local folder. Open that folder instead.';
    if (!sections.has(next)) return `It stands for "${next}", which isn’t in this file.`;
    root = [path.replace(/^\/+|\/+$/g, ''), root].filter(Boolean).join('/');
    at = next;
  }
  return `It stands for another remote through more than ${maxAliases} aliases.`;
}

function revealOptions(
  options: ReadonlyMap<string, string>,
  obscured: readonly string[],
): ReadonlyMap<string, string> | string {
  const clear = new Map(options);
  for (const name of obscured) {
    const value = options.get(name);
    if (!value) continue;
    try {
      clear.set(name, reveal(value));
    } catch {
      return `Its "${name}" is not obscured as rclone does it. Set it anew with "rclone config".`;
    }
  }
  return clear;
}

/** What a remote keeps of its settings when a section takes its place: what rclone's file could not have said. Pure. */
export function preservedSettings(
  before: RemoteSettings,
  { backend, settings }: UsableRemote,
): RemoteSettings {
  if (before.backend !== backend.id) return settings;
  const kept = (backend.rclone?.withoutOption ?? []).flatMap((name) =>
    before[name] === undefined || settings[name] !== undefined ? [] : [[name, before[name]] as const],
  );
  return { ...settings, ...Object.fromEntries(kept) };
}
