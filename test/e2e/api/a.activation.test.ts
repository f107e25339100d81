// Comes first ("a."): it needs an extension that nothing has activated yet.
import assert from 'node:assert/strict';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import * as vscode from 'vscode';
import { test } from '../harness/inHostTests';
import { configureRemotes, ourExtension, serverRequests } from './testServer';

const require = createRequire(__filename);

/** Watches everything through which a program reaches disk, network and other programs; ends with `stop`. */
function watchIO(own: string): { readonly seen: string[]; stop(): void } {
  const seen: string[] = [];
  const undo: (() => void)[] = [];
  const watched: [object, string, readonly string[]][] = [
    [require('node:fs'), 'fs', []],
    [require('node:fs').promises, 'fs.promises', []],
    [require('node:http'), 'http', ['request', 'get']],
    [require('node:https'), 'https', ['request', 'get']],
    [require('node:net'), 'net', ['connect', 'createConnection']],
    [require('node:dns'), 'dns', ['lookup', 'resolve']],
    [
      require('node:child_process'),
      'child_process',
      ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork'],
    ],
    [globalThis, 'globalThis', ['fetch']],
  ];
  for (const [module, title, names] of watched) {
    const members = module as Record<string, unknown>;
    const all = names.length > 0 ? names : Object.keys(members);
    for (const name of all) {
      const original = members[name];
      // Classes (Stats, ReadStream) start with a capital; wrapping them would change what instanceof says.
      if (typeof original !== 'function' || /^[A-Z_]/.test(name)) continue;
      members[name] = function (this: unknown, ...args: unknown[]) {
        const first = String(args[0]);
        const ours = new Error().stack?.includes(own) === true;
        // Loading the bundle itself is the one read that activation can't do without.
        if (ours && !first.startsWith(own)) seen.push(`${title}.${name}(${first})`);
        return original.apply(this, args);
      };
      undo.push(() => {
        members[name] = original;
      });
    }
  }
  syncBuiltinESMExports();
  return {
    seen,
    stop() {
      for (const each of undo) each();
      syncBuiltinESMExports();
    },
  };
}

function loadedFiles(): string[] {
  return Object.keys(require.cache).filter((file) => file.startsWith(ourExtension().extensionPath));
}

test('is not active before anything of it is used', () => {
  assert.equal(ourExtension().isActive, false);
  assert.deepEqual(loadedFiles(), []);
});

test('activates without touching disk, network or other programs, and without AWS code', async () => {
  const extension = ourExtension();
  const watch = watchIO(extension.extensionPath);
  const started = performance.now();
  try {
    await extension.activate();
  } finally {
    watch.stop();
  }
  const milliseconds = performance.now() - started;
  console.log(`activation took ${milliseconds.toFixed(0)} ms`);
  assert.deepEqual(watch.seen, []);
  assert.deepEqual(
    loadedFiles().map((file) => file.slice(extension.extensionPath.length)),
    ['/dist/extension.js'],
  );
  assert.deepEqual(await serverRequests(), []);
});

test('the watch on disk and network does see what an extension does', () => {
  // Guards the test before: a watch that sees nothing would let it pass always.
  const watch = watchIO(__dirname);
  try {
    require('node:fs').existsSync('/some/where');
  } finally {
    watch.stop();
  }
  assert.deepEqual(watch.seen, ['fs.existsSync(/some/where)']);
});

test('registers every command that its manifest declares, and no other', async () => {
  const manifest = ourExtension().packageJSON as { contributes: { commands: { command: string }[] } };
  const declared = manifest.contributes.commands.map(({ command }) => command).sort();
  assert.ok(declared.length > 0);
  const registered = (await vscode.commands.getCommands(true)).filter((id) => id.startsWith('cloudRemotes.'));
  // The editor adds commands of its own for each view.
  const ours = registered.filter(
    (id) => !/^cloudRemotes\.\w+\.(focus|open|resetViewLocation|removeView|toggleVisibility)$/.test(id),
  );
  assert.deepEqual(
    declared.filter((id) => !ours.includes(id)),
    [],
    'declared, but not registered',
  );
});

test('loads the AWS code on the first use of a remote', async () => {
  await configureRemotes();
  await vscode.workspace.fs.readDirectory(vscode.Uri.parse('cloudremotes://demo/'));
  assert.ok(loadedFiles().some((file) => file.endsWith('/dist/awsSdk.js')));
});
