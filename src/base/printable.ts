/**
 * Signs that a reader doesn't see, or that change how the text around them is shown: control codes (C0, DEL, C1), line and
 * paragraph separators, marks that turn the direction of writing, other invisible ones, and halves of surrogate pairs. The
 * joiners U+200C and U+200D stay, because Persian names and emoji need them, and so do the signs of Arabic and Syriac numbers.
 */
const hidden =
  /(?!\u200c|\u200d|[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u115f\u1160\u3164\uffa0]/gu;

/**
 * A name as one line in which every sign is seen: `\x1b`, `\u202e` and `\u{e0041}` stand for those that would be invisible, break the
 * line, or be obeyed by a terminal. For names and texts of others, wherever they are shown; never for what is sent or stored. Pure.
 */
export function printable(name: string): string {
  return name.replace(hidden, (char) => {
    const code = char.codePointAt(0) ?? 0;
    const digits = code.toString(16);
    if (code < 0x100) return `\\x${digits.padStart(2, '0')}`;
    return code > 0xffff ? `\\u{${digits}}` : `\\u${digits.padStart(4, '0')}`;
  });
}

/** Whether something of a name can't be seen as it is, so that it has to be quoted. Pure. */
export function isPrintable(name: string): boolean {
  return name.search(hidden) < 0;
}

/** JSON text that a terminal may be given: in its strings, signs that are not seen stand as `\u009b`. It is the same value. Pure. */
export function printableJson(json: string): string {
  return json.replace(hidden, (char) =>
    char === '\n'
      ? char
      : Array.from({ length: char.length }, (_, i) => char.charCodeAt(i))
          .map((code) => `\\u${code.toString(16).padStart(4, '0')}`)
          .join(''),
  );
}
