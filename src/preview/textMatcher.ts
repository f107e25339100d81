/**
 * Tells whether a path contains `text`, whatever the case and however accents are composed (a Mac's names differ
 * from what is typed). Undefined when `text` is blank, so that callers can skip the question.
 */
export function textMatcher(text: string): ((path: string) => boolean) | undefined {
  const wanted = text.trim();
  if (wanted === '') return undefined;
  const forms = new Set([wanted, wanted.normalize('NFC'), wanted.normalize('NFD')].map(escapeRegExp));
  const pattern = new RegExp([...forms].join('|'), 'iu');
  return (path) => pattern.test(path);
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
