/** How a store that keeps objects as files of a file system refuses one: something is a file that would have to be a folder, or the reverse. */
export type StoreClash = 'aboveIsFile' | 'isFolder';

/** VersityGW, SeaweedFS and MinIO have codes for it; `rclone serve s3` says it in words under a code that says nothing. */
const codes: readonly (readonly [RegExp, StoreClash])[] = [
  [/ParentIs(?:File|Object|AFile|AnObject)$/i, 'aboveIsFile'],
  [/^(?:Existing)?ObjectIsFile$/i, 'aboveIsFile'],
  [/(?:Object|Key)(?:Is|ExistsAs)(?:A)?(?:Directory|Folder)$/i, 'isFolder'],
];
const words: readonly (readonly [RegExp, StoreClash])[] = [
  [/\bdirectory\b.* is the name of an object/i, 'aboveIsFile'],
  [/\bparent\b.*\b(?:is|exists as) an? (?:file|object)\b/i, 'aboveIsFile'],
  [/\bprefix is already an object\b/i, 'aboveIsFile'],
  [/\bnot a directory\b/i, 'aboveIsFile'],
  [/\bis (?:the name of )?a directory\b/i, 'isFolder'],
  [/\bexists as a (?:directory|folder)\b/i, 'isFolder'],
];
/** Statuses under which a text may say it; others say something else of directories. */
const statuses = new Set([400, 405, 409]);

/** What a refusal says of files and folders; undefined when it is about something else. Pure. */
export function storeClash(
  code: string | undefined,
  message: string | undefined,
  status: number | undefined,
): StoreClash | undefined {
  const byCode = codes.find(([pattern]) => pattern.test(code ?? ''))?.[1];
  if (byCode !== undefined || status === undefined || !statuses.has(status)) return byCode;
  return words.find(([pattern]) => pattern.test(message ?? ''))?.[1];
}
