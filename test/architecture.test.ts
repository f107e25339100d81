import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { globSync } from './tools/glob.mjs';

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();

/**
 * Who may import whom, by folder, most exact first. `types:` allows `import type` only. The order is the reading direction:
 * editor → usecases → plan, transfer → remote; backends stand beside and see only the port.
 */
const rules: readonly { folder: string; may: readonly string[] }[] = [
  { folder: 'src/extension.ts', may: ['vscode', 'src/editor', 'src/app.ts'] },
  {
    folder: 'src/app.ts',
    may: ['src/usecases', 'src/plan', 'src/transfer', 'src/remote', 'src/backends', 'src/signIn'],
  },
  {
    folder: 'src/editor',
    may: [
      'vscode',
      'src/editor',
      'src/usecases',
      'src/preview',
      'src/rcloneConfig',
      'src/signIn',
      'src/remote',
      'src/plan',
      'src/commandLine',
      'types:src/app.ts',
      'types:src/transfer',
      'types:src/backends/backend.ts',
    ],
  },
  {
    folder: 'src/usecases',
    may: [
      'src/usecases',
      'src/plan',
      'src/transfer',
      'src/remote',
      'src/signIn',
      'types:src/backends/backend.ts',
    ],
  },
  { folder: 'src/preview', may: ['src/preview', 'types:src/plan', 'types:src/remote', 'types:src/transfer'] },
  { folder: 'media', may: ['media', 'src/preview', 'src/base/printable.ts', '@vscode/webview-ui-toolkit'] },
  { folder: 'src/transfer', may: ['src/transfer', 'src/plan', 'src/remote'] },
  { folder: 'src/plan', may: ['src/plan', 'src/remote'] },
  { folder: 'src/commandLine', may: ['src/commandLine', 'src/plan', 'src/remote'] },
  {
    folder: 'src/rcloneConfig',
    may: ['src/rcloneConfig', 'src/remote', 'types:src/backends/backend.ts'],
  },
  {
    folder: 'src/signIn',
    may: [
      'src/signIn',
      'src/remote/tokenSource.ts',
      'src/remote/remoteError.ts',
      'src/base/aborts.ts',
      'src/base/clock.ts',
      'src/base/log.ts',
    ],
  },
  { folder: 'src/remote', may: ['src/remote'] },
  { folder: 'src/backends/allBackends.ts', may: ['src/backends'] },
  { folder: 'src/backends/backend.ts', may: ['src/remote', 'types:src/signIn'] },
  { folder: 'src/backends/*', may: ['itself', 'src/remote', 'src/backends/backend.ts', 'types:src/signIn'] },
];

/** Packages and the one file that may load them, where a dependency is kept behind a door. */
const doors: readonly { pattern: RegExp; only: string }[] = [
  { pattern: /^@vscode\/webview-ui-toolkit/, only: 'media/planPreview/controls.ts' },
  { pattern: /^@(aws-sdk|smithy)\//, only: 'src/backends/s3/awsSdk.ts' },
];

interface ImportLine {
  readonly file: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

function importsOf(file: string): ImportLine[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  const found: ImportLine[] = [];
  for (const match of text.matchAll(
    /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm,
  )) {
    const spelled = match[2] ?? match[3] ?? '';
    found.push({ file, target: resolve(file, spelled), typeOnly: match[1] !== undefined });
  }
  return found;
}

function resolve(file: string, spelled: string): string {
  if (!spelled.startsWith('.')) return spelled;
  const target = path.posix.join(path.posix.dirname(file), spelled);
  return /\.\w+$/.test(target) ? target : `${target}.ts`;
}

function ruleFor(file: string): { folder: string; may: readonly string[] } | undefined {
  return rules.find(({ folder }) =>
    folder.endsWith('/*')
      ? file.startsWith(folder.slice(0, -1))
      : file === folder || file.startsWith(`${folder}/`),
  );
}

function allowed(line: ImportLine, may: readonly string[]): boolean {
  const { file, target, typeOnly } = line;
  if (target.startsWith('node:')) return true;
  return may.some((entry) => {
    if (entry.startsWith('types:') && !typeOnly) return false;
    const place = entry.replace(/^types:/, '');
    if (place === 'itself') return path.posix.dirname(target) === path.posix.dirname(file);
    return target === place || target.startsWith(`${place}/`);
  });
}

const files = ['src', 'media']
  .flatMap((folder) => globSync(path.join(root, folder), /\.tsx?$/))
  .map((file) => path.relative(root, file).split(path.sep).join('/'));

test('every import goes down the reading direction', () => {
  assert.ok(files.length > 40, 'the source files were found');
  const wrong: string[] = [];
  for (const file of files) {
    const rule = ruleFor(file);
    if (!rule) {
      wrong.push(`${file} stands in no known folder: give it a rule in this test, or a place.`);
      continue;
    }
    for (const line of importsOf(file)) {
      if (doors.some((door) => door.pattern.test(line.target))) continue;
      if (!allowed(line, rule.may))
        wrong.push(
          `${file} imports ${line.typeOnly ? 'types of ' : ''}${line.target}; it may import ${rule.may.join(', ')}.`,
        );
    }
  }
  assert.deepEqual(wrong, []);
});

test('no two files import each other, on whatever way', () => {
  const imports = new Map(
    files.map((file) => [
      file,
      importsOf(file)
        .map(({ target }) => target)
        .filter((target) => target !== file),
    ]),
  );
  const finished = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    const start = way.indexOf(file);
    if (start !== -1) circles.push([...way.slice(start), file].join(' → '));
    if (start !== -1 || finished.has(file)) return;
    for (const target of imports.get(file) ?? []) visit(target, [...way, file]);
    finished.add(file);
  };
  for (const file of files) visit(file, []);
  assert.deepEqual(circles, []);
});

test('packages that may have to be replaced, or are heavy, are loaded in one file only', () => {
  const wrong = files
    .flatMap(importsOf)
    .filter((line) => !line.typeOnly)
    .flatMap((line) =>
      doors.filter((door) => door.pattern.test(line.target) && line.file !== door.only).map(() => line),
    )
    .map((line) => `${line.file} loads ${line.target}`);
  assert.deepEqual(wrong, []);
});

test('the preview code that runs in both worlds uses neither Node nor the DOM', () => {
  for (const file of files.filter((candidate) => candidate.startsWith('src/preview/'))) {
    const text = readFileSync(path.join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    assert.doesNotMatch(text, /from ['"]node:|\bBuffer\.|\bprocess\.|\bdocument\.|\bwindow\./, file);
  }
});

/** What of `vscode.window` shows no text, and so may be used anywhere in src/editor. */
const silentWindow = new Set([
  'activeTextEditor',
  'onDidChangeActiveTextEditor',
  'onDidChangeWindowState',
  'registerUriHandler',
  'registerWebviewPanelSerializer',
  'showTextDocument',
  'state',
  'tabGroups',
  'visibleTextEditors',
]);

/** Other ways to bring a text before the user, and the one file that may take each. */
const textDoors: readonly { pattern: RegExp; only: readonly string[] }[] = [
  { pattern: /\bcreateOutputChannel\b/, only: ['src/editor/window/outputLog.ts'] },
  { pattern: /\bcreateTreeView\b/, only: ['src/editor/tree/remotesView.ts'] },
  { pattern: /\bFileSystemError(?:\.[A-Z]|\()/, only: ['src/editor/files/fileSystemErrors.ts'] },
  { pattern: /\bnew (?:vscode\.)?MarkdownString\b/, only: ['src/editor/window/tooltip.ts'] },
  { pattern: /\bnew (?:vscode\.)?TreeItem\b/, only: ['src/editor/tree/treeItems.ts'] },
  { pattern: /\bcommands\s*\.registerCommand\b/, only: ['src/editor/window/window.ts'] },
  {
    pattern: /\b(?:view|panel|webview)\.(?:message|title|description|badge) = /,
    only: ['src/editor/window/window.ts'],
  },
  // Nothing uses these yet; what does needs a door first.
  {
    pattern:
      /\b(?:createTerminal|createTestController|createComment\w*|createDiagnosticCollection|registerTerminal\w+)\b/,
    only: [],
  },
  {
    pattern: /\bvscode\.(?:Diagnostic|FileDecoration|CompletionItem|Hover|CodeLens|InlayHint|DocumentLink)\b/,
    only: [],
  },
  // An icon in a text; a row names its icon in a field of its own.
  { pattern: /['`]\$\((?!')/, only: ['src/editor/window/window.ts', 'src/editor/window/tooltip.ts'] },
];

test('every text reaches the window through the doors that make names in it inert', () => {
  const wrong: string[] = [];
  for (const file of files.filter((one) => one.startsWith('src/editor/') || one === 'src/extension.ts')) {
    const text = readFileSync(path.join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
    if (file !== 'src/editor/window/window.ts') {
      for (const [, member = ''] of text.matchAll(/\bvscode\s*\.\s*window\s*\??\.\s*(\w+)/g))
        if (
          !silentWindow.has(member) &&
          !textDoors.some(({ pattern, only }) => only.includes(file) && pattern.test(member))
        )
          wrong.push(`${file} uses vscode.window.${member}: take src/editor/window/window.ts`);
      if (
        /\bvscode\s*\.\s*window\b(?!\s*\??\.)/.test(text) ||
        /import (?:type )?\{[^}]*\bwindow\b[^}]*\} from 'vscode'/.test(text)
      )
        wrong.push(`${file} takes vscode.window under another name`);
    }
    for (const { pattern, only } of textDoors)
      if (!only.includes(file) && pattern.test(text))
        wrong.push(`${file} has ${pattern}: its door is ${only.join(' or ') || 'still to be made'}`);
  }
  assert.deepEqual(wrong, []);
});

test('all that wait for an abort share one listener of the signal, so that none is taken for a leak', () => {
  for (const file of files)
    if (file !== 'src/base/aborts.ts')
      assert.doesNotMatch(
        readFileSync(path.join(root, file), 'utf8'),
        /EventListener\(\s*'abort'|\.onabort\b/,
        file,
      );
});

test('no file hides several nouns', () => {
  for (const file of files) {
    assert.doesNotMatch(path.basename(file), /utils?|helpers?|manager/i, file);
    assert.notEqual(path.basename(file), 'index.ts', file);
    const lines = readFileSync(path.join(root, file), 'utf8').split('\n').length;
    assert.ok(lines <= 450, `${file} has ${lines} lines: which noun is hiding in it?`);
  }
});

test('what decides and what moves files knows no service by name', () => {
  const general = [
    'src/plan/',
    'src/transfer/',
    'src/usecases/',
    'src/preview/',
    'src/remote/',
    'src/rcloneConfig/',
  ];
  for (const file of files.filter((one) => general.some((folder) => one.startsWith(folder))))
    assert.doesNotMatch(readFileSync(path.join(root, file), 'utf8'), /amazon/i, file);
});
