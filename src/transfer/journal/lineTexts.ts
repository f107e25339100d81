import type { Action, CopyFile } from '../../plan/model/plan';
import type { FileEntry } from '../../remote/entry';
import type { Instant } from '../../remote/modifiedTime';
import type { MadeFile } from './journalLines';

// The lines that a run writes for every file, as JSON.stringify writes them but in two thirds of its time.

/** The `action` line. */
export function actionLine(action: Action): string {
  return `{"event":"action","action":${action.kind === 'copyFile' ? copyText(action) : JSON.stringify(action)}}`;
}

/** The `done` line of the action at position `n`. */
export function doneLine(n: number, made: MadeFile | undefined): string {
  if (!made) return `{"event":"done","n":${n}}`;
  const { size, modified, md5, version } = made;
  return `{"event":"done","n":${n},"made":{"size":${size}${time('modified', modified)}${text('md5', md5)}${text('version', version)}}}`;
}

function copyText(action: CopyFile): string {
  const { id, path, direction, source, before, because, storeModified, removesSource } = action;
  const parts = `${text('path', path)},"direction":"${direction}","source":${fileText(source)},"because":"${because}"`;
  const more = `${before ? `,"before":${fileText(before)}` : ''}${time('storeModified', storeModified)}`;
  return `{"kind":"copyFile"${text('id', id)}${parts}${more}${removesSource ? ',"removesSource":true' : ''}}`;
}

function fileText(file: FileEntry): string {
  const { path, size, modified, serverModified, md5, version, storageClass, readonly, exact } = file;
  const times = `${time('modified', modified)}${time('serverModified', serverModified)}`;
  const facts = `${text('md5', md5)}${text('version', version)}${text('storageClass', storageClass)}${text('readonly', readonly)}`;
  return `{"kind":"file"${text('path', path)},"size":${size}${times}${facts}${exact === undefined ? '' : `,"exact":${exact}`}}`;
}

function text(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":${JSON.stringify(value)}`;
}

function time(name: string, value: Instant | undefined): string {
  return value === undefined ? '' : `,"${name}":{"s":${value.s},"ns":${value.ns}}`;
}
