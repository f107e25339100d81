import { type HttpRequest, type HttpTarget, isFlat } from '../httpClient';

export interface RequestHead {
  /** The request line and headers, each with its line end and without the empty line; each character is one byte. */
  readonly text: string;
  /** Bytes of the body. */
  readonly bodyLength: number;
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const fieldText = /^[\t\x20-\x7e\x80-\xff]*$/;
const target = /^[\x21-\x7e]+$/;

/**
 * The head of a request. Nothing in a request can end a line, and the length is that of the body, so no path, header or body can add another
 * header or request. Throws a TypeError for a request that would not be read as it is meant.
 */
export function requestHead({ method, path, headers, body }: HttpRequest, to: HttpTarget): RequestHead {
  if (!token.test(method) || !target.test(path))
    throw new TypeError('a method or path that HTTP cannot carry');
  let text = `${method} ${path} HTTP/1.1\r\n`;
  // Checked together: each check costs more than the characters.
  let names = '';
  let values = '';
  let announced: string | undefined;
  let hasHost = false;
  const add = (name: string, value: string) => {
    if (name === '' || typeof value !== 'string') throw new TypeError('a header without a name or value');
    names += name;
    values += value;
    text += `${name}: ${value}\r\n`;
    const known = knownName(name);
    if (known === undefined) return;
    if (known === 'host' ? hasHost : known === 'transfer-encoding' || announced !== undefined)
      throw new TypeError(`a header that contradicts the body or another header: ${name}`);
    if (known === 'host') hasHost = true;
    else announced = value;
  };
  if (isFlat(headers)) {
    for (let index = 0; index + 1 < headers.length; index += 2)
      add(headers[index] as string, headers[index + 1] as string);
  } else for (const name of Object.keys(headers)) add(name, headers[name] as string);
  if ((names !== '' && !token.test(names)) || !fieldText.test(values))
    throw new TypeError('a header that HTTP cannot carry');
  if (!hasHost) text += `host: ${hostHeader(to)}\r\n`;
  const bodyLength = lengthOf(body) ?? lengthIn(announced);
  if (announced === undefined) {
    if (body !== undefined) text += `content-length: ${bodyLength}\r\n`;
  } else if (announced !== String(bodyLength)) throw new TypeError('a body of another length than announced');
  return { text, bodyLength };
}

/** The headers that say where a request ends or leads, in lower case; undefined for all others. */
function knownName(name: string): string | undefined {
  const { length } = name;
  if (length !== 4 && length !== 14 && length !== 17) return undefined;
  const lower = name.toLowerCase();
  return lower === 'host' || lower === 'content-length' || lower === 'transfer-encoding' ? lower : undefined;
}

/** Undefined for a stream. */
function lengthOf(body: HttpRequest['body']): number | undefined {
  if (body === undefined) return 0;
  if (Buffer.isBuffer(body)) return body.length;
  return Array.isArray(body)
    ? (body as readonly Uint8Array[]).reduce((sum, { length }) => sum + length, 0)
    : undefined;
}

function lengthIn(announced: string | undefined): number {
  if (announced === undefined || !/^\d{1,15}$/.test(announced))
    throw new TypeError('a streamed body without a length');
  return Number(announced);
}

function hostHeader({ hostname, port }: HttpTarget): string {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  return port === undefined ? host : `${host}:${port}`;
}
