import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as vscode from 'vscode';
import type { LogLevel } from '../../../../src/base/log';
import { logEntry, logTo, type OutputLog } from '../../../../src/editor/window/outputLog';

test('no name can fake or hide an entry of the log', () => {
  for (const end of ['\n', '\r\n', '\r', '\u2028', '\u0085', '\u000b']) {
    const entry = logEntry(`There is no a${end}2026-01-01 10:00:00.000 [error] All keys were deleted.`);
    for (const line of entry.split(/[\n\r\u2028\u2029\u0085\u000b]/).slice(1)) assert.match(line, /^ {4}/);
    assert.match(entry, /All keys were deleted/);
  }
  assert.equal(logEntry('\u202eexe\u001b[2J'), '\\u202eexe\\x1b[2J');
});

test('only lines of the level that the user has set are made', () => {
  const kept = (logLevel: vscode.LogLevel) => {
    const log = logTo({ logLevel } as OutputLog);
    const levels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];
    return levels.filter((level) => log.keeps?.(level));
  };
  assert.deepEqual(kept(vscode.LogLevel.Trace), ['trace', 'debug', 'info', 'warn', 'error']);
  assert.deepEqual(kept(vscode.LogLevel.Debug), ['debug', 'info', 'warn', 'error']);
  assert.deepEqual(kept(vscode.LogLevel.Info), ['info', 'warn', 'error']);
  assert.deepEqual(kept(vscode.LogLevel.Error), ['error']);
  assert.deepEqual(kept(vscode.LogLevel.Off), []);
});
