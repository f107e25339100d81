/** A name as one line: control characters would vanish or break the row. Pure. */
export function printable(name: string): string {
  return name.replace(
    /[\u0000-\u001f\u007f]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
