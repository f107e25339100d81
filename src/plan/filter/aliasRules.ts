import { type CompiledRules, type FilterNames, rcloneRules } from './filterRules';

/** Characters that HFS+ ignores when it compares names (as in git's `is_hfs_dotgit`). */
const ignoredByHfs = '[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]*';

/** Characters that NTFS drops from the end of a name, and a stream name (as in git's `is_ntfs_dotgit`). */
const ignoredByNtfs = '[ .\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]*(?::[^/]*)?';

/**
 * Rules that exclude names that some disk treats as `.git` or `.vscode`: a download would write to that folder, whose files can start
 * programs. git rejects the same names (`verify_dotgit`): other case, characters that HFS+ ignores, and the short names (`GIT~1`) and name
 * endings of NTFS; `\` separates names on Windows.
 */
export function aliasRules(names: FilterNames): CompiledRules {
  const git = alias('.git', 'git~1');
  const patterns = [
    { exclude: git, text: '- .git' },
    { exclude: `${git}/**`, text: '- .git/**' },
    { exclude: `${alias('.vscode', 'vscode~1')}/**`, text: '- .vscode/**' },
  ];
  const all = patterns.map(({ exclude, text }) => ({ ...rcloneRules([{ exclude }], names), text }));
  const of = (part: 'files' | 'folders') =>
    all.flatMap(({ text, ...rules }) => rules[part].map((rule) => ({ ...rule, text })));
  return { files: of('files'), folders: of('folders') };
}

/** rclone's pattern for a part of a path that some disk treats as `name`, or as its `short` name on NTFS. */
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
