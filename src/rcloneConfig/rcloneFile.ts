import { RemoteError } from '../remote/remoteError';

/** The sections of rclone.conf: options by name, in the order of the file. Contains secrets. */
export type RcloneSections = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** A section to write, with all its options. */
export interface NewSection {
  readonly name: string;
  readonly options: readonly (readonly [name: string, value: string])[];
}

/** The maximum number of references to expand in one value, as in rclone. */
const maxReferences = 200;
/** The maximum number of characters that all expansions of a file may write: values that refer to each other can grow without limit. */
const maxReplacedCharacters = 4 * 1024 * 1024;
/** The maximum number of options of all sections, inherited ones included. */
const maxOptions = 100_000;
/** Has the options before the first header. `%(name)s` refers to it first. */
const defaultSection = 'DEFAULT';

/**
 * Parses rclone.conf like rclone 1.60, or the JSON of `rclone config dump`. Removes backticks or three quotes around values, expands
 * `%(option)s`, and lets section `a.b` inherit from `a`. Throws RemoteError: `unsupported` for an encrypted file, `corrupted` for a file
 * that rclone can't read. No message quotes a value.
 */
export function parseRcloneFile(text: string): RcloneSections {
  const plain = text.replace(/^\uFEFF/, '');
  refuseEncrypted(plain);
  return /^\s*\{/.test(plain) ? parseDump(plain) : resolveSections(rawSections(plain));
}

/** The first line that is not a comment shows encryption, as in rclone. */
function refuseEncrypted(text: string): void {
  const first = text.split(/\r?\n/).find((line) => line.trim() !== '' && !/^\s*[#;]/.test(line));
  if (first === undefined || !/^\s*RCLONE_ENCRYPT_V\d+:/.test(first)) return;
  throw new RemoteError(
    'unsupported',
    'This rclone configuration is encrypted with a password. Write a readable copy with "rclone config show" (or "rclone config dump"), use that, and delete it afterwards.',
    { command: 'rclone config show > rclone-readable.conf' },
  );
}

function parseDump(text: string): RcloneSections {
  let written: unknown;
  try {
    written = JSON.parse(text);
  } catch {
    throw corrupted('it starts like JSON, but is not valid JSON');
  }
  const sections = new Map<string, ReadonlyMap<string, string>>();
  for (const [name, options] of Object.entries(written as object)) {
    if (typeof options !== 'object' || options === null)
      throw corrupted(`"${name}" is not an object of options, as "rclone config dump" prints them`);
    const texts = Object.entries(options).map(([option, value]) => [option, String(value)] as const);
    sections.set(name, new Map(texts));
  }
  return sections;
}

type Raw = Map<string, Map<string, string>>;

function rawSections(text: string): Raw {
  const sections: Raw = new Map();
  let section: Map<string, string> | undefined;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const read = readLine(line);
    if (read.kind === 'other') continue;
    if (read.kind === 'bad') throw corrupted(`line ${index + 1} is neither a section nor "option = value"`);
    const name = read.kind === 'header' ? read.name : defaultSection;
    if (read.kind === 'header' || section === undefined) {
      section = sections.get(name) ?? new Map();
      sections.set(name, section);
    }
    if (read.kind === 'option') section.set(read.name, read.value);
  }
  return sections;
}

type Line =
  | { readonly kind: 'other' }
  | { readonly kind: 'bad' }
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'option'; readonly name: string; readonly value: string };

function readLine(written: string): Line {
  const line = written.replace(/^\uFEFF/, '').trim();
  if (line === '' || line.startsWith('#') || line.startsWith(';')) return { kind: 'other' };
  if (line.startsWith('[') && line.endsWith(']')) {
    const name = line.slice(1, -1).trim();
    return name === '' ? { kind: 'bad' } : { kind: 'header', name };
  }
  const quoted = /^("""|"|`)(.+?)\1\s*[=:]/.exec(line);
  const equals = quoted ? quoted[0].length - 1 : line.search(/[=:]/);
  if (equals <= 0) return { kind: 'bad' };
  const name = quoted?.[2] ?? line.slice(0, equals).trim();
  const value = unquoted(line.slice(equals + 1).trim());
  return value === undefined ? { kind: 'bad' } : { kind: 'option', name, value };
}

function unquoted(value: string): string | undefined {
  const quote = ['`', '"""'].find((one) => value.startsWith(one) && value.length >= 2 * one.length);
  if (quote === undefined) return value;
  const end = value.slice(quote.length).lastIndexOf(quote);
  return end < 0 ? undefined : value.slice(quote.length, quote.length + end);
}

/** Expands references and adds inherited options. */
function resolveSections(raw: Raw): RcloneSections {
  const sections = new Map<string, ReadonlyMap<string, string>>();
  const references = new ReferenceExpander(raw);
  let count = 0;
  for (const name of raw.keys()) {
    const options = new Map<string, string>();
    for (let above = name; raw.has(above); above = above.slice(0, above.lastIndexOf('.'))) {
      for (const [option, value] of raw.get(above) ?? []) {
        if (++count > maxOptions) throw corrupted(`it has more than ${maxOptions} options`);
        if (!options.has(option)) options.set(option, references.expand(above, option, value));
      }
      if (!above.includes('.')) break;
    }
    sections.set(name, options);
  }
  return sections;
}

/** The name in the first `%(name)s` of a text, in linear time, unlike a regular expression. */
function firstReference(text: string): string | undefined {
  let start = text.indexOf('%(');
  while (start >= 0) {
    const end = text.indexOf(')', start + 2);
    if (end < 0) return undefined;
    const isReference = end > start + 2 && text[end + 1] === 's';
    if (isReference) return text.slice(start + 2, end);
    start = text.indexOf('%(', end === start + 2 ? start + 2 : end);
  }
  return undefined;
}

/** Expands `%(option)s` in values: from the default section, else from the section of the value, else to nothing. */
class ReferenceExpander {
  private left = maxReplacedCharacters;

  constructor(private readonly raw: Raw) {}

  expand(section: string, option: string, value: string): string {
    let text = value;
    for (let i = 0; ; i++) {
      const name = firstReference(text);
      if (name === undefined) return text;
      const whole = `%(${name})s`;
      const where = `"${option}" of [${section}]`;
      if (i >= maxReferences)
        throw corrupted(
          `${where} refers to other values in a circle, or through more than ${maxReferences} references`,
        );
      const found = this.raw.get(defaultSection)?.get(name) ?? this.raw.get(section)?.get(name) ?? '';
      const places = text.split(whole).length - 1;
      // Checked before the text grows.
      this.left -= text.length + places * found.length;
      if (this.left < 0)
        throw corrupted(`${where} grows without limit, because the values refer to each other`);
      text = text.replaceAll(whole, () => found);
    }
  }
}

function corrupted(why: string): RemoteError {
  return new RemoteError('corrupted', `rclone can’t read this configuration: ${why}. Correct the file.`);
}

/** Why rclone.conf can't contain this value, as the rest of a sentence; undefined when it can. */
export function valueProblem(value: string): string | undefined {
  if (/[\r\n]/.test(value)) return 'it has several lines, which rclone.conf does not allow';
  if (firstReference(value) !== undefined) return 'rclone would replace the "%(…)s" in it';
  return undefined;
}

/** Why a file with the sections `others` can't have a section `name`, as a sentence; undefined when it can. Section `a.b` inherits from `a`. */
export function sectionNameProblem(name: string, others: Iterable<string>): string | undefined {
  if (name.toUpperCase() === defaultSection)
    return `"${name}" is a reserved name in rclone.conf. Choose another name.`;
  const above = [...others].find(
    (other) => other !== name && (name.startsWith(`${other}.`) || other.startsWith(`${name}.`)),
  );
  return above === undefined
    ? undefined
    : `rclone would mix "${name}" with "${above}", because one name starts with the other and a dot. Choose another name.`;
}

/**
 * Replaces sections of `text` by name, or appends them. Everything else stays byte for byte, with the comments and blank lines of
 * replaced sections. Throws RemoteError like parseRcloneFile, and Error for a value with a `valueProblem`.
 */
export function mergeSections(text: string, sections: readonly NewSection[]): string {
  if (text.trim() !== '') parseRcloneFile(text);
  if (/^\uFEFF?\s*\{/.test(text))
    throw new RemoteError(
      'unsupported',
      'Sections can’t be added to the JSON of "rclone config dump". Choose another file.',
    );
  const newline = /\r\n/.test(text) ? '\r\n' : '\n';
  const open = new Map(sections.map((section) => [section.name, section]));
  const done = new Set<string>();
  const kept: string[] = [];
  let replacing = false;
  for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    const read = readLine(line);
    if (read.kind === 'header') {
      const section = open.get(read.name);
      replacing = section !== undefined;
      if (section && !done.has(read.name)) {
        done.add(read.name);
        kept.push(line.endsWith('\n') ? line : `${line}${newline}`, ...optionLines(section, newline));
      }
      if (replacing) continue;
    }
    if (!(replacing && read.kind === 'option')) kept.push(line);
  }
  let merged = kept.join('');
  for (const section of sections) {
    if (done.has(section.name)) continue;
    if (merged !== '' && !merged.endsWith('\n')) merged += newline;
    if (merged.trim() !== '' && !/\n\r?\n$/.test(merged)) merged += newline;
    merged += [`[${section.name}]${newline}`, ...optionLines(section, newline)].join('');
  }
  return merged;
}

function optionLines({ name, options }: NewSection, newline: string): string[] {
  return options.map(([option, value]) => {
    const problem = valueProblem(value);
    if (problem !== undefined) throw new Error(`"${option}" of ${name} can't be written: ${problem}.`);
    return `${option} = ${quotedIfNeeded(value)}${newline}`;
  });
}

/** Only three quotes let rclone read every value back unchanged. */
function quotedIfNeeded(value: string): string {
  return /^\s|\s$|^`|^"""/.test(value) ? `"""${value}"""` : value;
}
