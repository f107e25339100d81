import { RemoteError } from '../remote/remoteError';

/** The sections of a configuration of rclone: options by name, in the order of the file. Holds secrets. */
export type RcloneSections = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** A section to be written: its name and all of its options. */
export interface NewSection {
  readonly name: string;
  readonly options: readonly (readonly [name: string, value: string])[];
}

/** References that one value may take to be replaced, as in rclone. */
const maxReferences = 200;
/** Characters that all the replacing of a file may write. Values that double each other reach any size. */
const maxReplacedCharacters = 4 * 1024 * 1024;
/** Options that all sections may have together, with those they take from others. */
const maxOptions = 100_000;
/** Settings before the first header belong to it; it is what `%(name)s` refers to first. */
const defaultSection = 'DEFAULT';

/**
 * Reads rclone.conf as rclone 1.60 does, or the JSON that `rclone config dump` prints. Values in backticks or three quotes lose these,
 * `%(option)s` is replaced, and `a.b` has what it lacks from `a`. Throws RemoteError: `unsupported` for an encrypted file, `damaged` for one
 * that rclone couldn't read either. No message quotes a value.
 */
export function parseRcloneFile(text: string): RcloneSections {
  const plain = text.replace(/^\uFEFF/, '');
  refuseEncrypted(plain);
  return /^\s*\{/.test(plain) ? parseDump(plain) : resolveSections(rawSections(plain));
}

/** Its first line that is no comment says so (rclone's own test). */
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
    throw corrupted('it begins as JSON does, but is none');
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
  const quote =
    value.length >= 2 && value.startsWith('`')
      ? '`'
      : value.length >= 6 && value.startsWith('"""')
        ? '"""'
        : undefined;
  if (quote === undefined) return value;
  const end = value.slice(quote.length).lastIndexOf(quote);
  return end < 0 ? undefined : value.slice(quote.length, quote.length + end);
}

/** Replaces references and adds what a section has from the one above it. */
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

/** The name in the first `%(name)s` of a text. Goes over the text once, which a regular expression would not. */
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

/** Replaces `%(option)s` in values: first what the default section has, then what the value's own has, else nothing. */
class ReferenceExpander {
  private readonly raw: Raw;
  private left = maxReplacedCharacters;

  constructor(raw: Raw) {
    this.raw = raw;
  }

  expand(section: string, option: string, value: string): string {
    let text = value;
    for (let i = 0; ; i++) {
      const name = firstReference(text);
      if (name === undefined) return text;
      const whole = `%(${name})s`;
      const where = `"${option}" of [${section}]`;
      if (i >= maxReferences)
        throw corrupted(
          `${where} refers to other values in a circle, or through more than ${maxReferences} of them`,
        );
      const found = this.raw.get(defaultSection)?.get(name) ?? this.raw.get(section)?.get(name) ?? '';
      const places = text.split(whole).length - 1;
      // Told before it is written.
      this.left -= text.length + places * found.length;
      if (this.left < 0)
        throw corrupted(
          `${where} and what it refers to grow without end, for the values refer to each other`,
        );
      text = text.replaceAll(whole, () => found);
    }
  }
}

function corrupted(why: string): RemoteError {
  return new RemoteError(
    'corrupted',
    `This is not a configuration that rclone could read: ${why}. Correct it there.`,
  );
}

/** Why rclone.conf can't hold this value, as the rest of a sentence, or undefined when it can. */
export function valueProblem(value: string): string | undefined {
  if (/[\r\n]/.test(value)) return 'it has several lines, which rclone.conf can’t hold';
  if (firstReference(value) !== undefined) return 'rclone would replace the "%(…)s" in it';
  return undefined;
}

/**
 * Why a file with the sections `others` can't have one of this name, as a sentence, or undefined when it can. Where there is a section `a`,
 * rclone takes from it whatever `a.b` lacks.
 */
export function sectionNameProblem(name: string, others: Iterable<string>): string | undefined {
  if (name.toUpperCase() === defaultSection)
    return `"${name}" has a meaning of its own in rclone.conf. Choose another name.`;
  const above = [...others].find(
    (other) => other !== name && (name.startsWith(`${other}.`) || other.startsWith(`${name}.`)),
  );
  return above === undefined
    ? undefined
    : `rclone would mix "${name}" with "${above}", for their names begin alike up to a dot. Choose another name.`;
}

/**
 * `text` with these sections in place of those of the same names, or at its end. All else stays byte for byte; so do the comments and blank
 * lines of what is replaced. Throws RemoteError as parseRcloneFile, and Error for a value that `valueProblem` tells of.
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

/** Three quotes are the one way in which rclone reads everything back as it was. */
function quotedIfNeeded(value: string): string {
  return /^\s|\s$|^`|^"""/.test(value) ? `"""${value}"""` : value;
}
