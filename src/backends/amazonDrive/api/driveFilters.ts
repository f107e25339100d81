import { percentEncode } from '../../../base/encoding';

/** Characters with a meaning in a filter, and the space (docs/amazon-drive-api.md §4). */
const special = /[+\-&|!(){}[\]^'"~*?:\\ ]/g;

/** `text` as a value in a filter, quoted or bare. */
export function escapeFilter(text: string): string {
  return text.replace(special, '\\$&');
}

/** The root folder of the account. */
export const rootFilter = 'kind:FOLDER AND isRoot:true';

/** All nodes in a folder, as rclone requests them. Ids need no escaping. */
export function childrenFilter(folderId: string): string {
  return `parents:${folderId}`;
}

/** The nodes in a folder with this whole name, in any letter case. */
export function childNamedFilter(folderId: string, name: string): string {
  return `parents:"${folderId}" AND name:"${escapeFilter(name)}"`;
}

/** The nodes in a folder whose names start with `prefix`, in any letter case. */
export function childrenPrefixedFilter(folderId: string, prefix: string): string {
  return `parents:${folderId} AND name:${escapeFilter(prefix)}*`;
}

/** A query as rclone sends it: a space as `+`, other characters percent-encoded but letters, digits and `-_.~`. */
export function queryText(query: readonly (readonly [name: string, value: string])[]): string {
  const formEncoded = (text: string) => percentEncode(text).replaceAll('%20', '+');
  return query.map(([name, value]) => `${formEncoded(name)}=${formEncoded(value)}`).join('&');
}
