import type { Formatter } from './format';
import type { RunState } from './previewProtocol';
import { fill, type Words } from './words';

/** How far a run is, in the parts of one line; what the service asks for stands last, in the place of a time that nobody knows then. */
export function runLine(run: RunState, words: Words, format: Formatter, ...afterFiles: string[]): string {
  return [
    fill(words.filesOf, format.count(run.filesDone), format.count(run.files)),
    ...afterFiles,
    fill(words.bytesOf, format.bytes(run.bytesDone), format.bytes(run.bytes)),
    run.bytesPerSecond === undefined ? '' : format.rate(run.bytesPerSecond),
    run.leftMs === undefined || run.waitMs !== undefined
      ? ''
      : fill(words.timeLeft, format.duration(run.leftMs)),
    run.waitMs === undefined ? '' : serviceWaits(run.waitMs, words, format),
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

/** "The service asks to wait; trying again in 12 s", in whole seconds. */
export function serviceWaits(ms: number, words: Words, format: Formatter): string {
  return fill(words.serviceWaits, format.duration(Math.max(1, Math.ceil(ms / 1000)) * 1000));
}
