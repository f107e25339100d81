import { type CompiledRules, type FilterNames, rcloneRules } from './filterRules';

/** Characters that HFS+ leaves out of account when it compares names (as in git's `is_hfs_dotgit`). */
const ignoredByHfs = '[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]*';

/** What NTFS drops from the end of a name, and the name of a stream in the file (as in git's `is_ntfs_dotgit`). */
const ignoredByNtfs = '[ .\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]*(?::[^/]*)?';

/**
 * Rules that leave out what is `.git` or `.vscode` under another name on some disk, wherever it comes from: what is no such folder in a
 * bucket would be one on the disk, where it decides what programs run. The names are those that git refuses (`verify_dotgit`): of another
 * case, with characters that HFS+ doesn't see, and as NTFS shortens (`GIT~1`) and ends names; `\` parts names on Windows.
 */
export function aliasRules(names: FilterNames): CompiledRules {
  const git = alias('.git', 'git~1');
  const patterns = [
    { exclude: git, told: '- .git' },
    { exclude: `${git}/**`, told: '- .git/**' },
    { exclude: `${alias('.vscode', 'vscode~1')}/**`, told: '- .vscode/**' },
  ];
  const all = patterns.map(({ exclude, told }) => ({ ...rcloneRules([{ exclude }], names), told }));
  const of = (part: 'files' | 'folders') =>
    all.flatMap(({ told, ...rules }) => rules[part].map((rule) => ({ ...rule, text: told })));
  return { files: of('files'), folders: of('folders') };
}

/** A name of a path that is `name` on some disk, or its `short` one on NTFS, as a pattern of rclone. */
function alias(name: string, short: string): string {
  const spelled = `(?:${anyCase(name)}|${anyCase(short)})`;
  return `{{(?:[^/]*\\\\)?${spelled}${ignoredByNtfs}(?:\\\\[^/]*)?}}`;
}

function anyCase(name: string): string {
  const letters = [...name].map((letter) =>
    /[a-z]/.test(letter) ? `[${letter}${letter.toUpperCase()}]` : letter.replace('.', '\\.'),
  );
  return ignoredByHfs + letters.join(ignoredByHfs) + ignoredByHfs;
}
