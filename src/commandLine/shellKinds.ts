/**
 * How a line is taken apart: as a POSIX shell does it, or as PowerShell or the Windows command prompt do. `windows` is one of these two: what
 * either of them would replace has to be asked about.
 */
export type ShellKind = 'posix' | 'windows' | 'powershell' | 'cmd';

/** What a terminal shows before the line: `$ `, `user@host:~/site$ `, `PS C:\site> `, `C:\site>`. */
const prompts: readonly (readonly [RegExp, ShellKind | undefined])[] = [
  [/^\s*PS [^>\n]{0,300}>\s*/, 'powershell'],
  [/^\s*[A-Za-z]:\\[^>\n]{0,300}>\s*/, 'cmd'],
  [/^\s*[\w.-]{1,100}@[\w.-]{1,100}[^$#%\n]{0,300}[$#%]\s+/, 'posix'],
  [/^\s*[$#%❯➜]\s+/u, 'posix'],
  [/^\s*>\s+/, undefined],
];

/** What only one shell's lines have. */
const marks: readonly (readonly [RegExp, ShellKind])[] = [
  [/`[ \t]*\r?\n/, 'powershell'],
  [/\$env:/i, 'powershell'],
  [/\^[ \t]*\r?\n/, 'cmd'],
  [/\\[ \t]*\r?\n/, 'posix'],
  // A POSIX shell would take the backslash away, and so name another folder.
  [/(?:^|\s)["']?(?:[A-Za-z]:|\.{1,2})\\\w/, 'windows'],
  [/(?:^|\s)["']?\\\\\w[\w.-]{0,100}\\/, 'windows'],
];

/** The line without the prompt that was copied with it, and the shell that it shows; `otherwise` where it shows none. Pure. */
export function withoutPrompt(
  text: string,
  otherwise: ShellKind,
): { readonly line: string; readonly shell: ShellKind } {
  const found = prompts.find(([pattern]) => pattern.test(text));
  const line = (found ? text.replace(found[0], '') : text).trim();
  const shown = marks.find(([pattern]) => pattern.test(line))?.[1];
  // A path of Windows tells less than what is known already.
  const vague = shown === 'windows' ? (found?.[1] ?? (otherwise === 'posix' ? shown : otherwise)) : shown;
  return { line, shell: vague ?? found?.[1] ?? otherwise };
}
