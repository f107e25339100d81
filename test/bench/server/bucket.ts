/** An object of the server. */
export interface StoredObject {
  /** Bytes. */
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** Lines of the response's head, each with its end: the metadata and the content type. */
  readonly headers: string;
  /** The content in pieces; undefined when the server keeps no content of this size. */
  readonly content: readonly Buffer[] | undefined;
}

/** One page of a listing, in the order of the keys' bytes. */
export interface Page {
  /** The XML of all `Contents` and `CommonPrefixes`. */
  readonly xml: Buffer;
  readonly count: number;
  /** The last key or common prefix; undefined when the listing ends with this page. */
  readonly next: string | undefined;
}

export interface PageRequest {
  readonly prefix: string;
  /** Empty: every key is listed. */
  readonly delimiter: string;
  /** Keys up to this one are left out, and those below it when it is a common prefix of an earlier page. */
  readonly after: string;
  readonly max: number;
  readonly urlEncoded: boolean;
}

/** Some neighbouring objects, with the XML of all of them once a listing has asked for it. */
interface Chunk {
  readonly keys: string[];
  readonly objects: StoredObject[];
  xml?: { readonly urlEncoded: boolean; readonly bytes: Buffer; readonly ends: Uint32Array } | undefined;
}

/**
 * The objects of one bucket, sorted. A key is a string with one character (0 to 255) for each byte of its UTF-8, because JavaScript then compares
 * keys as S3 does. The XML of the listings is kept, so a page of an unchanged bucket costs one copy of bytes.
 */
export class Bucket {
  private readonly chunks: Chunk[] = [{ keys: [], objects: [] }];
  size = 0;
  bytes = 0;

  /** @param chunkLimit the most objects whose XML is kept together */
  constructor(private readonly chunkLimit = 1000) {}

  get(key: string): StoredObject | undefined {
    const [chunk, index] = this.find(key);
    return chunk.keys[index] === key ? chunk.objects[index] : undefined;
  }

  set(key: string, object: StoredObject): void {
    const [chunk, index, position] = this.find(key);
    const old = chunk.keys[index] === key ? chunk.objects[index] : undefined;
    chunk.xml = undefined;
    chunk.keys.splice(index, old ? 1 : 0, key);
    chunk.objects.splice(index, old ? 1 : 0, object);
    this.size += old ? 0 : 1;
    this.bytes += object.size - (old?.size ?? 0);
    if (chunk.keys.length <= this.chunkLimit) return;
    // Keys mostly come in order; a full chunk that is left alone then needs no new XML.
    const at = index === chunk.keys.length - 1 ? index : chunk.keys.length >> 1;
    this.chunks.splice(position + 1, 0, { keys: chunk.keys.splice(at), objects: chunk.objects.splice(at) });
  }

  delete(key: string): void {
    const [chunk, index, position] = this.find(key);
    if (chunk.keys[index] !== key) return;
    this.size--;
    this.bytes -= chunk.objects[index]?.size ?? 0;
    chunk.xml = undefined;
    chunk.keys.splice(index, 1);
    chunk.objects.splice(index, 1);
    if (chunk.keys.length === 0 && this.chunks.length > 1) this.chunks.splice(position, 1);
  }

  list(request: PageRequest): Page {
    return request.delimiter === '' ? this.listAll(request) : this.listFolder(request);
  }

  private listAll({ prefix, after, max, urlEncoded }: PageRequest): Page {
    const pieces: Buffer[] = [];
    const end = endOf(prefix);
    let count = 0;
    let next: string | undefined;
    let [, index, position] = after >= prefix ? this.find(after, true) : this.find(prefix);
    for (; count < max; position++, index = 0) {
      const chunk = this.chunks[position];
      if (!chunk) return { xml: Buffer.concat(pieces), count, next: undefined };
      const { keys } = chunk;
      const upTo = Math.min(end === undefined ? keys.length : lowerBound(keys, end), index + max - count);
      if (upTo > index) {
        const { bytes, ends } = xmlOf(chunk, urlEncoded);
        pieces.push(bytes.subarray(index === 0 ? 0 : ends[index - 1], ends[upTo - 1]));
        count += upTo - index;
        next = keys[upTo - 1];
      }
      if (upTo < keys.length && count < max) break;
      if (count === max) {
        const following = keys[upTo] ?? this.chunks[position + 1]?.keys[0];
        if (following?.startsWith(prefix))
          return { xml: Buffer.concat(pieces), count, next: next ?? undefined };
        break;
      }
    }
    return { xml: Buffer.concat(pieces), count, next: undefined };
  }

  private listFolder({ prefix, delimiter, after, max, urlEncoded }: PageRequest): Page {
    const lines: string[] = [];
    let last: string | undefined;
    const from = after >= prefix ? after : '';
    // The keys below a common prefix of an earlier page are that prefix again.
    const skipped = from.endsWith(delimiter) && from.length > prefix.length ? endOf(from) : undefined;
    let [chunk, index, position] =
      skipped !== undefined ? this.find(skipped) : from === '' ? this.find(prefix) : this.find(from, true);
    for (;;) {
      while (index >= chunk.keys.length) {
        const following = this.chunks[++position];
        if (!following) return page(lines, undefined);
        chunk = following;
        index = 0;
      }
      const key = chunk.keys[index] as string;
      if (!key.startsWith(prefix)) return page(lines, undefined);
      if (lines.length === max) return page(lines, last);
      const cut = key.indexOf(delimiter, prefix.length);
      if (cut < 0) {
        lines.push(entryXml(key, chunk.objects[index] as StoredObject, urlEncoded));
        last = key;
        index++;
      } else {
        last = key.slice(0, cut + delimiter.length);
        lines.push(`<CommonPrefixes><Prefix>${keyText(last, urlEncoded)}</Prefix></CommonPrefixes>`);
        [chunk, index, position] = this.find(endOf(last) ?? key, endOf(last) === undefined);
      }
    }
  }

  /** The place of the first key that is at least `key`, or above it. */
  private find(key: string, above = false): [Chunk, index: number, position: number] {
    const { chunks } = this;
    let low = 0;
    let high = chunks.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const last = chunks[middle]?.keys.at(-1);
      if (last !== undefined && (above ? last <= key : last < key)) low = middle + 1;
      else high = middle;
    }
    const chunk = chunks[low] as Chunk;
    return [chunk, lowerBound(chunk.keys, key, above), low];
  }
}

function page(lines: readonly string[], next: string | undefined): Page {
  return { xml: Buffer.from(lines.join(''), 'latin1'), count: lines.length, next };
}

/** The index of the first key that is at least `key`, or above it. */
function lowerBound(keys: readonly string[], key: string, above = false): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = keys[middle] as string;
    if (above ? found <= key : found < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first string after all strings that begin with `prefix`; undefined for the last prefix. */
function endOf(prefix: string): string | undefined {
  for (let i = prefix.length - 1; i >= 0; i--) {
    const code = prefix.charCodeAt(i);
    if (code < 255) return prefix.slice(0, i) + String.fromCharCode(code + 1);
  }
  return undefined;
}

function xmlOf(chunk: Chunk, urlEncoded: boolean): NonNullable<Chunk['xml']> {
  if (chunk.xml?.urlEncoded === urlEncoded) return chunk.xml;
  const ends = new Uint32Array(chunk.keys.length);
  let length = 0;
  const lines = chunk.keys.map((key, i) => {
    const line = entryXml(key, chunk.objects[i] as StoredObject, urlEncoded);
    length += line.length;
    ends[i] = length;
    return line;
  });
  chunk.xml = { urlEncoded, bytes: Buffer.from(lines.join(''), 'latin1'), ends };
  return chunk.xml;
}

function entryXml(key: string, { modified, etag, size }: StoredObject, urlEncoded: boolean): string {
  const name = keyText(key, urlEncoded);
  return `<Contents><Key>${name}</Key><LastModified>${isoTime(modified)}</LastModified><ETag>&quot;${etag}&quot;</ETag><Size>${size}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
}

/** A key as a listing spells it, which is also bytes. */
export function keyText(key: string, urlEncoded: boolean): string {
  if (/^[\w./-]*$/.test(key)) return key;
  if (urlEncoded) return key.replace(/[^A-Za-z0-9_./*-]/g, (c) => (c === ' ' ? '+' : percent(c)));
  return key.replace(/[<>&"\r]/g, (c) => `&#${c.charCodeAt(0)};`);
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

let lastTime: readonly [number, string] = [Number.NaN, ''];

function isoTime(milliseconds: number): string {
  if (lastTime[0] !== milliseconds) lastTime = [milliseconds, new Date(milliseconds).toISOString()];
  return lastTime[1];
}
