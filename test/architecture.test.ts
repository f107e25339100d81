import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { globSync } from './tools/glob.mjs';

const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();

interface Room {
  readonly folder: string;
  /** Folders, files and packages; `types:` allows `import type` only. */
  readonly may: readonly string[];
}

const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const page = read('docs/architecture.md');

/** The rooms of `docs/architecture.md` with their allowed imports; the longest path first. */
const rooms: readonly Room[] = [...page.matchAll(/^\| `([^`]+)` \|[^|]+\| (.+) \|$/gm)]
  .map(([, folder = '', list = '']) => ({
    folder,
    may: [...importsIn(list), ...(folder.endsWith('.ts') ? [] : ['itself']), ...sharedBy(folder)],
  }))
  .sort((a, b) => b.folder.length - a.folder.length);

function importsIn(list: string): string[] {
  return [...list.matchAll(/(types of )?`([^`]+)`/g)].map(
    ([, types, name]) => `${types ? 'types:' : ''}${name}`,
  );
}

/** The imports that the sentence above a table allows to all its rooms. */
function sharedBy(folder: string): string[] {
  const area = /^src\/(editor|backends)\//.exec(folder)?.[1];
  if (area === undefined) return [];
  const heading = area === 'editor' ? '### The editor' : '### The backends';
  const sentence = /may also import ([\s\S]*?)\.\n/.exec(page.slice(page.indexOf(heading)))?.[1] ?? '';
  const [direct = ''] = sentence.replace(/\s+/g, ' ').split(/(?:, and|,) types of /, 2);
  return [
    ...importsIn(direct),
    ...[...sentence.slice(direct.length).matchAll(/`([^`]+)`/g)].map(([, name]) => `types:${name}`),
  ];
}

/** Packages that only one file may load. */
const doors: readonly { pattern: RegExp; only: string }[] = [
  { pattern: /^@vscode\/webview-ui-toolkit/, only: 'media/planPreview/controls.ts' },
  { pattern: /^@(aws-sdk|smithy)\//, only: 'src/backends/s3/awsSdk.ts' },
];

interface ImportLine {
  readonly file: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

function filesBelow(folder: string, pattern: RegExp): string[] {
  return globSync(path.join(root, folder), pattern).map((file) =>
    path.relative(root, file).split(path.sep).join('/'),
  );
}

function importsOf(file: string): ImportLine[] {
  const lines = read(file).matchAll(
    /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm,
  );
  return [...lines].map(([, type, named, dynamic]) => ({
    file,
    target: resolve(file, named ?? dynamic ?? ''),
    typeOnly: type !== undefined,
  }));
}

function resolve(file: string, spelled: string): string {
  if (!spelled.startsWith('.')) return spelled;
  const target = path.posix.join(path.posix.dirname(file), spelled);
  return /\.\w+$/.test(target) ? target : `${target}.ts`;
}

function roomOf(file: string): Room | undefined {
  return rooms.find(({ folder }) => file === folder || file.startsWith(`${folder}/`));
}

function isAllowed({ target, typeOnly }: ImportLine, { folder, may }: Room): boolean {
  if (target.startsWith('node:')) return true;
  return may.some((entry) => {
    if (entry.startsWith('types:') && !typeOnly) return false;
    const place = entry.replace(/^types:/, '');
    if (place === 'itself') return roomOf(target)?.folder === folder;
    return target === place || target.startsWith(`${place}/`);
  });
}

const files = ['src', 'media'].flatMap((folder) => filesBelow(folder, /\.tsx?$/));

const imports = new Map(files.map((file) => [file, importsOf(file)]));

test('every import goes down the reading direction', () => {
  assert.ok(files.length > 40, 'the source files were found');
  const wrong = [...imports].flatMap(([file, lines]) => {
    const room = roomOf(file);
    if (!room) return [`${file} is in no room: give its folder a row in docs/architecture.md.`];
    return lines
      .filter((line) => !doors.some(({ pattern }) => pattern.test(line.target)) && !isAllowed(line, room))
      .map(
        ({ target, typeOnly }) =>
          `${file} imports ${typeOnly ? 'types of ' : ''}${target}; it may import ${room.may.join(', ')}.`,
      );
  });
  assert.deepEqual(wrong, []);
});

test('every question of the page leads to a file that has the name', () => {
  const questions = [...page.matchAll(/^\| [^|]+\? \| `([^`]+)` \| `(\w+)` \|$/gm)];
  assert.ok(questions.length > 40, 'the questions were found');
  for (const [question, file = '', name = ''] of questions)
    assert.match(read(file), new RegExp(`\\b${name}\\b`), question);
});

test('every room in the tables exists, and no folder has more than 15 files', () => {
  for (const { folder } of rooms)
    assert.ok(
      files.some((file) => file === folder || file.startsWith(`${folder}/`)),
      `${folder} holds no file`,
    );
  const folders = files.map((file) => path.posix.dirname(file));
  const isFull = (folder: string) => folders.filter((other) => other === folder).length > 15;
  assert.deepEqual([...new Set(folders)].filter(isFull), []);
});

test('no two files import each other, directly or through others', () => {
  const finished = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    const start = way.indexOf(file);
    if (start !== -1) circles.push([...way.slice(start), file].join(' → '));
    if (start !== -1 || finished.has(file)) return;
    for (const { target } of imports.get(file) ?? []) if (target !== file) visit(target, [...way, file]);
    finished.add(file);
  };
  for (const file of files) visit(file, []);
  assert.deepEqual(circles, []);
});

test('a package that is heavy or may have to be replaced is loaded in one file only', () => {
  const wrong = [...imports.values()]
    .flat()
    .filter(({ file, target, typeOnly }) =>
      doors.some(({ pattern, only }) => !typeOnly && pattern.test(target) && file !== only),
    );
  assert.deepEqual(wrong, []);
});

test('the preview code that runs in both worlds uses neither Node nor the DOM', () => {
  for (const file of files.filter((candidate) => candidate.startsWith('src/preview/'))) {
    const text = read(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    assert.doesNotMatch(text, /from ['"]node:|\bBuffer\.|\bprocess\.|\bdocument\.|\bwindow\./, file);
  }
});

/** Members of `vscode.window` that show no text, so any file in src/editor may use them. */
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

/** Other ways for a text to the user, and the files that may use each. */
const textDoors: readonly { pattern: RegExp; only: readonly string[] }[] = [
  { pattern: /\bcreateOutputChannel\b/, only: ['src/editor/window/outputLog.ts'] },
  { pattern: /\bcreateTreeView\b/, only: ['src/editor/tree/remotesView.ts'] },
  { pattern: /\bFileSystemError(?:\.[A-Z]|\()/, only: ['src/editor/window/fileSystemErrors.ts'] },
  { pattern: /\bnew (?:vscode\.)?MarkdownString\b/, only: ['src/editor/window/tooltip.ts'] },
  { pattern: /\bnew (?:vscode\.)?TreeItem\b/, only: ['src/editor/tree/treeItems.ts'] },
  { pattern: /\bcommands\s*\.registerCommand\b/, only: ['src/editor/window/window.ts'] },
  {
    pattern: /\b(?:view|panel|webview)\.(?:message|title|description|badge) = /,
    only: ['src/editor/window/window.ts'],
  },
  // Nothing uses these yet.
  {
    pattern:
      /\b(?:createTerminal|createTestController|createComment\w*|createDiagnosticCollection|registerTerminal\w+)\b/,
    only: [],
  },
  {
    pattern: /\bvscode\.(?:Diagnostic|FileDecoration|CompletionItem|Hover|CodeLens|InlayHint|DocumentLink)\b/,
    only: [],
  },
  // An icon in a text; a row has a field for its icon.
  { pattern: /['`]\$\((?!')/, only: ['src/editor/window/window.ts', 'src/editor/window/tooltip.ts'] },
];

test('every text reaches the window through the doors that make names in it inert', () => {
  const wrong: string[] = [];
  for (const file of files.filter((one) => one.startsWith('src/editor/') || one === 'src/extension.ts')) {
    const text = read(file).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
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

test('everything that waits for an abort shares one listener of the signal, so Node reports no leak', () => {
  for (const file of files)
    if (file !== 'src/base/aborts.ts')
      assert.doesNotMatch(read(file), /EventListener\(\s*'abort'|\.onabort\b/, file);
});

test('no file hides several nouns', () => {
  for (const file of files) {
    assert.doesNotMatch(path.basename(file), /utils?|helpers?|manager/i, file);
    assert.notEqual(path.basename(file), 'index.ts', file);
  }
});

test('a file has at most 400 lines, or says in its head why it is long', () => {
  for (const file of ['src', 'media', 'test'].flatMap((folder) => filesBelow(folder, /\.(tsx?|mjs)$/))) {
    const lines = read(file).split('\n');
    const isExplained = lines.slice(0, 15).some((line) => line.startsWith('//') && /file is long/.test(line));
    assert.ok(
      lines.length <= 401 || isExplained,
      `${file} has ${lines.length - 1} lines: which noun is hiding in it?`,
    );
  }
});

test('the code that plans and transfers knows no service by name', () => {
  for (const file of files)
    if (/^src\/(?:plan|transfer|usecases|preview|remote|rcloneConfig)\//.test(file))
      assert.doesNotMatch(read(file), /amazon/i, file);
});
