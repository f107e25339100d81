import { S3Error } from './s3Error';

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text as XML content. Control characters become numeric references, as S3 writes them. */
export function escapeXml(text: string): string {
  if (!/[&<>"'\u0000-\u001f\u007f]/.test(text)) return text;
  return text.replace(/[&<>"'\u0000-\u001f\u007f]/g, (c) => ESCAPES[c] ?? `&#${c.charCodeAt(0)};`);
}

/** One element with text; an empty string for an undefined text. */
export function element(name: string, text: string | number | boolean | undefined): string {
  if (text === undefined) return '';
  return `<${name}>${typeof text === 'string' ? escapeXml(text) : text}</${name}>`;
}

/** A whole document: declaration, root element in S3's namespace, and the given inner XML. */
export function xmlDocument(root: string, inner: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</${root}>`;
}

/** A parsed element: its name without namespace prefix, the text directly inside, and its child elements. */
export interface XmlElement {
  name: string;
  text: string;
  children: XmlElement[];
}

/**
 * Parses the small documents that clients send to S3: elements, text, references, CDATA, comments; attributes are dropped.
 * Throws S3Error MalformedXML for anything else.
 */
export function parseXml(source: string): XmlElement {
  const top: XmlElement = { name: '', text: '', children: [] };
  const open: XmlElement[] = [top];
  const token =
    /<!\[CDATA\[([\s\S]*?)\]\]>|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(\/?)([^\s<>/]+)([^<>]*?)(\/?)>|([^<]+)/g;
  let end = 0;
  for (const match of source.matchAll(token)) {
    if (match.index !== end) throw malformedXml();
    end = match.index + match[0].length;
    const parent = open.at(-1);
    if (parent === undefined) throw malformedXml();
    if (match[1] !== undefined) parent.text += match[1];
    else if (match[6] !== undefined) parent.text += unescapeXml(match[6]);
    else if (match[3] !== undefined) {
      const name = match[3].replace(/^.*:/, '');
      if (match[2] === '/') {
        if (open.length < 2 || parent.name !== name) throw malformedXml();
        open.pop();
      } else {
        const child: XmlElement = { name, text: '', children: [] };
        parent.children.push(child);
        if (match[5] !== '/') open.push(child);
      }
    }
  }
  const [root] = top.children;
  if (end !== source.length || open.length !== 1 || root === undefined) throw malformedXml();
  return root;
}

/** The first child of that name. */
export function child(parent: XmlElement, name: string): XmlElement | undefined {
  return parent.children.find((c) => c.name === name);
}

/** The text of the first child of that name. */
export function childText(parent: XmlElement, name: string): string | undefined {
  return child(parent, name)?.text;
}

function unescapeXml(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-f]+)|#([0-9]+)|(amp|lt|gt|quot|apos));/gi, (_all, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number.parseInt(decimal, 10));
    return { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }[String(name)] ?? '';
  });
}

/** The refusal of a document that S3 does not understand. */
export function malformedXml(): S3Error {
  return new S3Error('MalformedXML', 'The XML was not well-formed.');
}
