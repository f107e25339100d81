import { pathProblem } from '../../../remote/remotePath';
import type { NameFlags } from '../names/nameEncoding';

/** Amazon's own addresses (docs/amazon-drive-api.md). Amazon closed the service there at the end of 2023. */
export const amazonAuthUrl = 'https://www.amazon.com/ap/oa';
export const amazonTokenUrl = 'https://api.amazon.com/auth/o2/token';
export const amazonEndpoint = 'https://drive.amazonaws.com/drive/v1/';
export const defaultRedirectUrl = 'http://127.0.0.1:53682/';

const exampleUrls: Readonly<Record<string, string>> = {
  auth_url: amazonAuthUrl,
  token_url: amazonTokenUrl,
  endpoint: amazonEndpoint,
  redirect_url: defaultRedirectUrl,
};

/** Why `value` can't be the URL in the setting `name`, as a sentence; undefined when it can. Pure. */
export function urlProblem(name: string, value: string): string | undefined {
  const text = value.trim();
  if (text === '') return undefined;
  const url = !/\s/.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    return `"${name}" must be a URL that starts with https:// or http://, for example ${exampleUrls[name]}.`;
  if (url.username !== '' || url.password !== '')
    return `"${name}" must not contain a user name or password. Remove them; you sign in on the page of the service.`;
  if (url.hash !== '' || (url.search !== '' && name !== 'auth_url'))
    return `"${name}" must not contain "?" or "#". Remove that part.`;
  if (name === 'redirect_url' && !(url.protocol === 'http:' && isLoopback(url.hostname)))
    return `"redirect_url" must be an http:// URL of this computer, such as ${defaultRedirectUrl}, as registered for the client.`;
  return undefined;
}

export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

export function clientIdProblem(value: string): string | undefined {
  return /\s/.test(value.trim()) ? '"client_id" must not contain spaces. Copy it again.' : undefined;
}

export function scopesProblem(value: string): string | undefined {
  const scope = '[\\x21\\x23-\\x5b\\x5d-\\x7e]+';
  return value.trim() === '' || new RegExp(`^${scope}( +${scope})*$`).test(value.trim())
    ? undefined
    : '"scopes" must be names separated by spaces, such as "clouddrive:read_all clouddrive:write".';
}

/** Why `value` can't be a root, as a sentence; undefined when it can. Pure. */
export function rootProblem(value: string): string | undefined {
  const problem = pathProblem(normalRoot(value));
  return problem ? `"root" ${problem}. Write it as folder or folder/subfolder.` : undefined;
}

/** Drops one trailing slash. Pure. */
export function normalRoot(value: string): string {
  return value.trim().replace(/\/$/, '');
}

export function encodingProblem(value: string): string | undefined {
  const names = value.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !/^(slash|invalidutf8|dot|ctl|del)$/i.test(name));
  if (unknown !== undefined)
    return `"encoding" accepts Slash, InvalidUtf8, Dot, Ctl and Del, not "${unknown}". Write Slash,InvalidUtf8,Dot.`;
  const flags = parseEncoding(value);
  return flags.slash && flags.invalidUtf8 && flags.dot
    ? undefined
    : '"encoding" must include Slash, InvalidUtf8 and Dot, because the service rejects such names. Write Slash,InvalidUtf8,Dot.';
}

export function parseEncoding(value: string): NameFlags {
  const names = new Set(value.split(',').map((name) => name.trim().toLowerCase()));
  return {
    slash: names.has('slash'),
    invalidUtf8: names.has('invalidutf8'),
    dot: names.has('dot'),
    ctl: names.has('ctl'),
    del: names.has('del'),
  };
}
