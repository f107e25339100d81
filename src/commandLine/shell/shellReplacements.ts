import type { ShellKind } from './shellKinds';

/** A position in a line. */
export interface LinePosition {
  readonly shell: ShellKind;
  readonly inDoubleQuotes: boolean;
  /** It is at the start of a word. */
  readonly startsWord: boolean;
}

/** `{}` in a problem stands for the text that the pattern finds. */
type Rule = readonly [pattern: RegExp, problem: string, where?: 'unquoted' | 'wordStart'];

const variable = '{} is a shell variable. Write its value instead.';
/** PowerShell has single quotes, which the command prompt lacks. */
const quotable =
  '{} is a shell variable. Write its value instead, or put it in single quotes to use it literally.';
const command = '"$(…)" is a command substitution. Write its result instead.';

/** For lines that don't show their shell: single quotes make these variables literal. */
const promptVariable =
  '{} is a variable of the Windows command prompt. Write its value instead, or put it in single quotes to use it literally.';
const promptVariables: readonly Rule[] = [
  [/^%(?![0-9A-Fa-f]{2}%)[A-Za-z_][\w()]*(?::[^%\s"]{1,100})?%/, promptVariable],
  [/^![A-Za-z_]\w*!/, promptVariable],
];

const otherHome = '{} stands for the home folder of another user. Write its full path instead.';
const posix: readonly Rule[] = [
  [/^\$\(/, command],
  [/^\$\[/, command],
  [/^\$(?:\{[^}\n]{0,100}\}?|\w+|[@*#?!$-])/, variable],
  [/^\$['"]/, '{} starts a kind of quotes that only some shells support. Use plain quotes.', 'unquoted'],
  [/^`/, '"`" starts a command substitution. Write its result instead, or put it in single quotes.'],
  [/^~(?:[\w.-]+|\+)(?=[/\s]|$)/, otherHome, 'wordStart'],
  ...promptVariables,
];

const stopParsing =
  '"--%" makes PowerShell pass the rest unchanged. Remove it, and quote the words that need quotes.';
const powershell: readonly Rule[] = [
  [/^\$\(/, command],
  [/^\$(?:\{[^}\n]{0,100}\}?|\w+(?::\w+)?|[$?^])/, quotable],
  [/^@["']/, '{} starts a here-string in PowerShell. Write it in one line, in plain quotes.', 'wordStart'],
  [/^@(?:[A-Za-z_]\w*|[({])/, '{} passes several arguments in PowerShell. Write them out.', 'wordStart'],
  [/^--%(?=\s|$)/, stopParsing, 'wordStart'],
  ...promptVariables,
];

const block = '"{}" is not quoted: it is a script block in PowerShell. Put the word in quotes.';
const comma = '"," is not quoted: PowerShell would make several words of it. Put the word in quotes.';
/** The command prompt treats these literally, so they are allowed in a line that may be for the command prompt. */
const powershellOnly: readonly Rule[] = [
  [/^[{}]/, block, 'unquoted'],
  [/^,/, comma, 'unquoted'],
];

const cmd: readonly Rule[] = [
  [/^%%?~?[A-Za-z]*[0-9*](?![0-9A-Fa-f])/, variable],
  [/^%%~?\w+/, variable],
  [/^%[^%\s"]+%/, variable],
  [/^%[A-Za-z_][\w ()]*%/, variable],
  [/^![A-Za-z_]\w*!/, variable],
  // $RECYCLE.BIN is a folder of Windows, not a variable.
  [/^\$(?!RECYCLE\.BIN\b)(?:\{[^}\n]{0,100}\}?|[A-Za-z_]\w*(?::\w+)?)/i, variable],
  [/^\$\(/, command],
];

const anyHome = '"~" stands for the home folder in some shells only. Write its full path instead.';
const home: Rule = [/^~(?=[\\/\s]|$)/, anyHome, 'wordStart'];

const quotationMark = '{} is a typographic quotation mark, which shells treat differently. Use plain quotes.';
const typographic: Rule = [/^[‘’‚“”„]/, quotationMark, 'unquoted'];

const backtick =
  '"`" has different meanings in PowerShell and the command prompt. Remove it, or put the word in single quotes.';
const rules: Readonly<Record<ShellKind, readonly Rule[]>> = {
  posix: [typographic, ...posix],
  powershell: [typographic, home, ...powershell, ...powershellOnly],
  cmd: [typographic, home, ...cmd],
  windows: [
    typographic,
    home,
    // $RECYCLE.BIN is a folder of Windows, not a variable.
    [/^\$(?=RECYCLE\.BIN\b)/i, ''],
    ...powershell,
    ...cmd,
    [/^`/, backtick],
  ],
};

/** A sentence about the text at the start of `rest` that the shell would replace; undefined when it replaces nothing. Pure. */
export function shellReplacement(
  rest: string,
  { shell, inDoubleQuotes, startsWord }: LinePosition,
): string | undefined {
  for (const [pattern, problem, where] of rules[shell]) {
    if (where !== undefined && inDoubleQuotes) continue;
    if (where === 'wordStart' && !startsWord) continue;
    const found = pattern.exec(rest);
    if (found) return problem.replaceAll('{}', () => found[0]) || undefined;
  }
  return undefined;
}
