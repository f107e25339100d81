import type { ShellKind } from './shellKinds';

/** Where in the line something stands. */
export interface LinePosition {
  readonly shell: ShellKind;
  readonly inDoubleQuotes: boolean;
  /** Nothing of its word stands before it. */
  readonly startsWord: boolean;
}

type Rule = readonly [pattern: RegExp, says: (found: string) => string, where?: 'unquoted' | 'wordStart'];

const variable = (found: string) => `${found} is a variable of the shell. Write what it stands for instead.`;
/** In PowerShell there is a way out that the command prompt lacks. */
const quotable = (found: string) =>
  `${found} is a variable of the shell. Write what it stands for instead, or put it in single quotes if it is meant as it is.`;
const command = () => '"$(…)" is a command in the command. Write what it gives instead.';

/** Of the other system's shells, where a line does not show whose it is; in single quotes these signs stand for themselves. */
const likeOfPrompt = (found: string) =>
  `${found} is a variable of the Windows command prompt. Write what it stands for instead, or put it in single quotes if it is meant as it is.`;
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
    (found) => `${found} begins a way of quoting that only some shells know. Use plain quotes.`,
    'unquoted',
  ],
  [
    /^`/,
    () => '"`" begins a command in the command. Write what it gives instead, or put it in single quotes.',
  ],
  [
    /^~(?:[\w.-]+|\+)(?=[/\s]|$)/,
    (found) => `${found} stands for the home folder of somebody else. Write its whole path instead.`,
    'wordStart',
  ],
  ...promptVariables,
];

const powershell: readonly Rule[] = [
  [/^\$\(/, command],
  [/^\$(?:\{[^}\n]{0,100}\}?|\w+(?::\w+)?|[$?^])/, quotable],
  [
    /^@["']/,
    (found) =>
      `${found} begins a text of several lines in PowerShell. Write it in one line, in plain quotes.`,
    'wordStart',
  ],
  [
    /^@(?:[A-Za-z_]\w*|[({])/,
    (found) => `${found} hands over several arguments in PowerShell. Write them out.`,
    'wordStart',
  ],
  [
    /^--%(?=\s|$)/,
    () => '"--%" makes PowerShell hand over the rest as it is. Leave it out, and quote what needs it.',
    'wordStart',
  ],
  ...promptVariables,
];

/** To the command prompt these are nothing, so a line that may be its own keeps them. */
const powershellOnly: readonly Rule[] = [
  [
    /^[{}]/,
    (found) =>
      `"${found}" stands outside of quotes: it is a block of commands in PowerShell. Put the word in quotes.`,
    'unquoted',
  ],
  [
    /^,/,
    () => '"," stands outside of quotes: PowerShell would make several words of it. Put the word in quotes.',
    'unquoted',
  ],
];

const cmd: readonly Rule[] = [
  [/^%%?~?[A-Za-z]*[0-9*](?![0-9A-Fa-f])/, variable],
  [/^%%~?\w+/, variable],
  [/^%[^%\s"]+%/, variable],
  [/^%[A-Za-z_][\w ()]*%/, variable],
  [/^![A-Za-z_]\w*!/, variable],
  // What people have lines of two shells for: a name that Windows itself uses says nothing about the shell.
  [/^\$(?!RECYCLE\.BIN\b)(?:\{[^}\n]{0,100}\}?|[A-Za-z_]\w*(?::\w+)?)/i, variable],
  [/^\$\(/, command],
];

const home: Rule = [
  /^~(?=[\\/\s]|$)/,
  () => '"~" stands for the home folder in some shells only. Write its whole path instead.',
  'wordStart',
];

const typographic: Rule = [
  /^[‘’‚“”„]/,
  (found) =>
    `${found} is a quotation mark of running text, which shells read in different ways. Use plain quotes.`,
  'unquoted',
];

const rules: Readonly<Record<ShellKind, readonly Rule[]>> = {
  posix: [typographic, ...posix],
  powershell: [typographic, home, ...powershell, ...powershellOnly],
  cmd: [typographic, home, ...cmd],
  windows: [
    typographic,
    home,
    // To leave out a folder of Windows itself is never wrong.
    [/^\$(?=RECYCLE\.BIN\b)/i, () => ''],
    ...powershell,
    ...cmd,
    [
      /^`/,
      () =>
        '"`" means something else in PowerShell than in the command prompt. Leave it out, or put the word in single quotes.',
    ],
  ],
};

/** What the shell would put in the place of the text that `rest` begins with, as a sentence; undefined when it leaves it alone. Pure. */
export function shellReplacement(
  rest: string,
  { shell, inDoubleQuotes, startsWord }: LinePosition,
): string | undefined {
  for (const [pattern, says, where] of rules[shell]) {
    if (where !== undefined && inDoubleQuotes) continue;
    if (where === 'wordStart' && !startsWord) continue;
    const found = pattern.exec(rest);
    if (found) return says(found[0]) || undefined;
  }
  return undefined;
}
