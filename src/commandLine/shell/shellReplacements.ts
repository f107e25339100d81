import type { ShellKind } from './shellKinds';

/** A position in a line. */
export interface LinePosition {
  readonly shell: ShellKind;
  readonly inDoubleQuotes: boolean;
  /** It is at the start of a word. */
  readonly startsWord: boolean;
}

type Rule = readonly [pattern: RegExp, problem: (found: string) => string, where?: 'unquoted' | 'wordStart'];

const variable = (found: string) => `${found} is a shell variable. Write its value instead.`;
/** PowerShell has single quotes, which the command prompt lacks. */
const quotable = (found: string) =>
  `${found} is a shell variable. Write its value instead, or put it in single quotes to use it literally.`;
const command = () => '"$(…)" is a command substitution. Write its result instead.';

/** For lines that don't show their shell: single quotes make these variables literal. */
const likeOfPrompt = (found: string) =>
  `${found} is a variable of the Windows command prompt. Write its value instead, or put it in single quotes to use it literally.`;
const promptVariables: readonly Rule[] = [
  [/^%(?![0-9A-Fa-f]{2}%)[A-Za-z_][\w()]*(?::[^%\s"]{1,100})?%/, likeOfPrompt],
  [/^![A-Za-z_]\w*!/, likeOfPrompt],
];

const posix: readonly Rule[] = [
  [/^\$\(/, command],
  [/^\$\[/, command],
  [/^\$(?:\{[^}\n]{0,100}\}?|\w+|[@*#?!$-])/, variable],
  [
    /^\$['"]/,
    (found) => `${found} starts a kind of quotes that only some shells support. Use plain quotes.`,
    'unquoted',
  ],
  [/^`/, () => '"`" starts a command substitution. Write its result instead, or put it in single quotes.'],
  [
    /^~(?:[\w.-]+|\+)(?=[/\s]|$)/,
    (found) => `${found} stands for the home folder of another user. Write its full path instead.`,
    'wordStart',
  ],
  ...promptVariables,
];

const powershell: readonly Rule[] = [
  [/^\$\(/, command],
  [/^\$(?:\{[^}\n]{0,100}\}?|\w+(?::\w+)?|[$?^])/, quotable],
  [
    /^@["']/,
    (found) => `${found} starts a here-string in PowerShell. Write it in one line, in plain quotes.`,
    'wordStart',
  ],
  [
    /^@(?:[A-Za-z_]\w*|[({])/,
    (found) => `${found} passes several arguments in PowerShell. Write them out.`,
    'wordStart',
  ],
  [
    /^--%(?=\s|$)/,
    () => '"--%" makes PowerShell pass the rest unchanged. Remove it, and quote the words that need quotes.',
    'wordStart',
  ],
  ...promptVariables,
];

/** The command prompt treats these literally, so they are allowed in a line that may be for the command prompt. */
const powershellOnly: readonly Rule[] = [
  [
    /^[{}]/,
    (found) => `"${found}" is not quoted: it is a script block in PowerShell. Put the word in quotes.`,
    'unquoted',
  ],
  [
    /^,/,
    () => '"," is not quoted: PowerShell would make several words of it. Put the word in quotes.',
    'unquoted',
  ],
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

const home: Rule = [
  /^~(?=[\\/\s]|$)/,
  () => '"~" stands for the home folder in some shells only. Write its full path instead.',
  'wordStart',
];

const typographic: Rule = [
  /^[‘’‚“”„]/,
  (found) => `${found} is a typographic quotation mark, which shells treat differently. Use plain quotes.`,
  'unquoted',
];

const rules: Readonly<Record<ShellKind, readonly Rule[]>> = {
  posix: [typographic, ...posix],
  powershell: [typographic, home, ...powershell, ...powershellOnly],
  cmd: [typographic, home, ...cmd],
  windows: [
    typographic,
    home,
    // $RECYCLE.BIN is a folder of Windows, not a variable.
    [/^\$(?=RECYCLE\.BIN\b)/i, () => ''],
    ...powershell,
    ...cmd,
    [
      /^`/,
      () =>
        '"`" has different meanings in PowerShell and the command prompt. Remove it, or put the word in single quotes.',
    ],
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
    if (found) return problem(found[0]) || undefined;
  }
  return undefined;
}
