import type { Backend, OmittedSetting, RemoteSettings, WizardStep } from '../backends/backend';
import { withoutSecrets } from '../base/maskedText';
import { reveal } from './obscure';
import type { RcloneSections } from './rcloneFile';

/** A section of rclone.conf as a remote. */
export type FoundRemote = UsableRemote | UnusableRemote;

export interface UsableRemote {
  readonly usable: true;
  readonly name: string;
  readonly backend: Backend;
  /** Named like the section; never contains a secret. */
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
  /** rclone's name of the backend; empty when the section has no type. */
  readonly type: string;
  /** A sentence. */
  readonly because: string;
}

/** Backends of rclone that wrap another remote, with the reason why they can't be imported. */
const wrapperKinds: Readonly<Record<string, string>> = {
  crypt: 'It encrypts another remote, which Cloud Remotes does not support.',
  chunker: 'It splits the files of another remote into chunks, which Cloud Remotes does not support.',
  compress: 'It compresses another remote, which Cloud Remotes does not support.',
  hasher: 'It adds hashes to another remote, which Cloud Remotes doesn’t need. Import the other remote.',
  cache: 'It caches another remote, which Cloud Remotes does itself. Import the other remote.',
  union: 'It combines several remotes. Import them one by one.',
  combine: 'It combines several remotes. Import them one by one.',
};

/** The maximum length of a chain of aliases; rclone has no limit, but nobody writes so many. */
const maxAliases = 50;

/** Each section as a remote, in the order of the file. Pure; never throws. */
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
        ? (wrapperKinds[type] ?? `Cloud Remotes does not support the backend "${type}".`)
        : `It is an alias of "${end.name}", and Cloud Remotes does not support its backend "${endType}".`,
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

/** The section that an alias leads to, and the path in it; or a sentence that says why not. */
function followAlias(name: string, sections: RcloneSections): { name: string; root: string } | string {
  let at = name;
  let root = '';
  const seen = new Set<string>();
  for (let i = 0; i <= maxAliases; i++) {
    if (seen.has(at)) return 'It is an alias of itself.';
    seen.add(at);
    const options = sections.get(at);
    if (options?.get('type') !== 'alias') return { name: at, root };
    const remote = options.get('remote') ?? '';
    const [, backend] = /^:([^:,]*)/.exec(remote) ?? [];
    if (backend !== undefined)
      return `It is an alias of an on-the-fly remote (":${backend}:"). Create a section for that remote, and import it.`;
    const [, changed] = /^([^:,/\\]+),[\w.-]+[=,:]/.exec(remote) ?? [];
    if (changed !== undefined)
      return `It is an alias of "${changed}" with other settings. Create a section with these settings, and import it.`;
    const [, next, path] = /^([^:/\\]+):(.*)$/s.exec(remote) ?? [];
    // A single letter is a remote or, on Windows, a drive.
    const isDrive = next?.length === 1 && !sections.has(next);
    if (next === undefined || path === undefined || isDrive)
      return 'It is an alias of a local folder. Open that folder instead.';
    if (!sections.has(next)) return `It is an alias of "${next}", which isn’t in this file.`;
    root = [path.replace(/^\/+|\/+$/g, ''), root].filter(Boolean).join('/');
    at = next;
  }
  return `It is an alias of another remote through more than ${maxAliases} aliases.`;
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
      return `Its "${name}" is not obscured in rclone’s format. Set it again with "rclone config".`;
    }
  }
  return clear;
}

/** The settings of a remote that a section replaces: settings without an option in rclone stay. Pure. */
export function preservedSettings(
  before: RemoteSettings,
  { backend, settings }: UsableRemote,
): RemoteSettings {
  if (before.backend !== backend.id) return settings;
  const preserved = (backend.rclone?.withoutOption ?? []).flatMap((name) =>
    before[name] === undefined || settings[name] !== undefined ? [] : [[name, before[name]] as const],
  );
  return { ...settings, ...Object.fromEntries(preserved) };
}
