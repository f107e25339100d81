/** Why a store on a file system rejects an object: a folder above it is a file, or the object itself is a folder. */
export type StoreClash = 'aboveIsFile' | 'isFolder';

/** VersityGW, SeaweedFS and MinIO have codes for it; `rclone serve s3` has only messages. */
const codes: readonly (readonly [RegExp, StoreClash])[] = [
  [/ParentIs(?:File|Object|AFile|AnObject)$/i, 'aboveIsFile'],
  [/^(?:Existing)?ObjectIsFile$/i, 'aboveIsFile'],
  [/(?:Object|Key)(?:Is|ExistsAs)(?:A)?(?:Directory|Folder)$/i, 'isFolder'],
];
const messages: readonly (readonly [RegExp, StoreClash])[] = [
  [/\bdirectory\b.* is the name of an object/i, 'aboveIsFile'],
  [/\bparent\b.*\b(?:is|exists as) an? (?:file|object)\b/i, 'aboveIsFile'],
  [/\bprefix is already an object\b/i, 'aboveIsFile'],
  [/\bnot a directory\b/i, 'aboveIsFile'],
  [/\bis (?:the name of )?a directory\b/i, 'isFolder'],
  [/\bexists as a (?:directory|folder)\b/i, 'isFolder'],
];
/** Messages with other statuses mention directories for other reasons. */
const statuses = new Set([400, 405, 409]);

/** The conflict that an error response reports; undefined for other errors. Pure. */
export function storeClash(
  code: string | undefined,
  message: string | undefined,
  status: number | undefined,
): StoreClash | undefined {
  const byCode = codes.find(([pattern]) => pattern.test(code ?? ''))?.[1];
  if (byCode !== undefined || status === undefined || !statuses.has(status)) return byCode;
  return messages.find(([pattern]) => pattern.test(message ?? ''))?.[1];
}
