/**
 * Characters that a reader doesn't see or that change how the text around them is shown: control codes (C0, DEL, C1), line and paragraph
 * separators, bidirectional marks, other invisible characters, and lone surrogates. The joiners U+200C and U+200D stay, because Persian
 * names and emoji need them, and so do the signs of Arabic and Syriac numbers.
 */
const hidden =
  /(?!\u200c|\u200d|[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u115f\u1160\u3164\uffa0]/gu;

/**
 * A name as one line without hidden characters, which become `\x1b`, `\u202e` or `\u{e0041}`. For names and texts of other people wherever
 * they are shown; never for names that are sent or stored. Pure.
 */
export function printable(name: string): string {
  return name.replace(hidden, (char) => {
    const code = char.codePointAt(0) ?? 0;
    const digits = code.toString(16);
    if (code < 0x100) return `\\x${digits.padStart(2, '0')}`;
    return code > 0xffff ? `\\u{${digits}}` : `\\u${digits.padStart(4, '0')}`;
  });
}

/** Whether a name has no hidden characters. Pure. */
export function isPrintable(name: string): boolean {
  return name.search(hidden) < 0;
}

/** The same JSON value without hidden characters, which its strings spell as `\u009b`; safe for a terminal. Pure. */
export function printableJson(json: string): string {
  const escapeUnits = (char: string) =>
    char.split('').map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return json.replace(hidden, (char) => (char === '\n' ? char : escapeUnits(char).join('')));
}
