/** The shell whose rules split a line. `windows` is PowerShell or the command prompt: text that either would replace is a problem. */
export type ShellKind = 'posix' | 'windows' | 'powershell' | 'cmd';

/** The prompt of a terminal before the line: `$ `, `user@host:~/site$ `, `PS C:\site> `, `C:\site>`. */
const prompts: readonly (readonly [RegExp, ShellKind | undefined])[] = [
  [/^\s*PS [^>\n]{0,300}>\s*/, 'powershell'],
  [/^\s*[A-Za-z]:\\[^>\n]{0,300}>\s*/, 'cmd'],
  [/^\s*[\w.-]{1,100}@[\w.-]{1,100}[^$#%\n]{0,300}[$#%]\s+/, 'posix'],
  [/^\s*[$#%❯➜]\s+/u, 'posix'],
  [/^\s*>\s+/, undefined],
];

/** Text that only one shell uses. */
const marks: readonly (readonly [RegExp, ShellKind])[] = [
  [/`[ \t]*\r?\n/, 'powershell'],
  [/\$env:/i, 'powershell'],
  [/\^[ \t]*\r?\n/, 'cmd'],
  [/\\[ \t]*\r?\n/, 'posix'],
  // A POSIX shell would remove the backslash and so use another folder.
  [/(?:^|\s)["']?(?:[A-Za-z]:|\.{1,2})\\\w/, 'windows'],
  [/(?:^|\s)["']?\\\\\w[\w.-]{0,100}\\/, 'windows'],
];

/** Removes a copied prompt, and detects the shell; `otherwise` is for a line that doesn't show it. Pure. */
export function withoutPrompt(
  text: string,
  otherwise: ShellKind,
): { readonly line: string; readonly shell: ShellKind } {
  const found = prompts.find(([pattern]) => pattern.test(text));
  const line = (found ? text.replace(found[0], '') : text).trim();
  const shown = marks.find(([pattern]) => pattern.test(line))?.[1];
  // A Windows path says less than the prompt or `otherwise`.
  const vague = shown === 'windows' ? (found?.[1] ?? (otherwise === 'posix' ? shown : otherwise)) : shown;
  return { line, shell: vague ?? found?.[1] ?? otherwise };
}
