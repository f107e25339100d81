import { percentEncode } from '../../../base/encoding';

/** Signs that have a meaning in a filter, and the space (API page §4.3). */
const special = /[+\-&|!(){}[\]^'"~*?:\\ ]/g;

/** `text` as a value of a filter, quoted or bare. */
export function escapeFilter(text: string): string {
  return text.replace(special, '\\$&');
}

/** The account's root folder (§4.4). */
export const rootFilter = 'kind:FOLDER AND isRoot:true';

/** Everything in a folder, as rclone asks for it (§4.7). Ids go in as they are. */
export function childrenFilter(folderId: string): string {
  return `parents:${folderId}`;
}

/** What has this very name in a folder, in any letter case (§4.6). */
export function childNamedFilter(folderId: string, name: string): string {
  return `parents:"${folderId}" AND name:"${escapeFilter(name)}"`;
}

/** What has a name in a folder that begins like this, in any letter case. */
export function childrenPrefixedFilter(folderId: string, prefix: string): string {
  return `parents:${folderId} AND name:${escapeFilter(prefix)}*`;
}

/** A query in the form that rclone sends: spaces as `+`, everything else but letters, digits and `-_.~` percent-encoded. */
export function queryText(query: readonly (readonly [name: string, value: string])[]): string {
  return query.map(([name, value]) => `${formEncoded(name)}=${formEncoded(value)}`).join('&');
}

function formEncoded(text: string): string {
  return percentEncode(text).replaceAll('%20', '+');
}
