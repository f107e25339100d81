/**
 * The numbered rules of plans and runs, each in short: A = `aws s3 sync`, R = rclone, B = rclone's two-way sync, H = hazards that users of
 * sync tools met.
 */
export interface Rule {
  readonly id: string;
  /** The rule, in at most 20 words. */
  readonly says: string;
  /** What the extension does instead, and why. */
  readonly instead?: string;
  /** Why the rule can't apply here. Such a rule needs no test. */
  readonly notHere?: string;
}

const twoWay =
  'There is no two-way sync; `Compare` in the preview shows both sides, and each direction is a sync of its own.';

const table: Readonly<Record<string, string | Omit<Rule, 'id'>>> = {
  // Mode aws
  A1: 'One listing per side decides, by size and LastModified; no request per object.',
  A2: 'Files that only the source has are transferred.',
  A3: 'Files that only the target has stay; with deletes on, they are deleted.',
  A4: 'Files of different sizes are transferred, whatever their times and the flags.',
  A5: 'For files of equal size the times decide.',
  A6: 'Content, ETag, metadata and storage class are never compared.',
  A7: {
    says: 'A download fetches over a newer local file, and leaves an older one alone.',
    instead:
      'As aws does in the comparison `aws`; the default comparison is `rclone`, which has no such surprise.',
  },
  A8: 'Times have no tolerance: a microsecond counts; finer digits are dropped.',
  A9: 'With exact timestamps and size only, exact timestamps wins on downloads, and the default on uploads.',
  A10: {
    says: 'A downloaded file gets LastModified as its time, cut to whole seconds.',
    instead:
      'It gets LastModified with all its digits, and both times are cut to the coarser precision when compared, so no file is fetched again and again.',
  },
  A11: {
    says: 'An upload stores no modified time, and guesses Content-Type from the name.',
    instead:
      'The type is guessed; the time is kept in the metadata as rclone does, so that a download can restore it.',
  },
  A12: 'A copy between buckets keeps the user metadata.',
  A13: 'Times before 1970 and in the future are legal; impossible ones are clamped.',
  A14: 'Excludes and includes are one ordered list; the last rule that matches wins.',
  A15: '`*` and `?` match slashes; there are sets in brackets, but no braces and no escapes.',
  A16: {
    says: 'Patterns are joined to the root of each side, so the root itself is read as a pattern.',
    instead:
      'Patterns match relative paths only; a leading `./` or `/` means the root on both sides. Otherwise a rule can hide one side and delete the other.',
  },
  A17: 'Filters apply to both sides, so excluded files are never deleted.',
  A18: 'An empty object whose key ends in a slash is a folder marker, not a file.',
  A19: {
    says: 'An object with content whose key ends in a slash is an ordinary item; its download fails.',
    instead: 'It is reported, skipped and protected (H17).',
  },
  A20: 'Empty folders have no effect.',
  A21: {
    says: 'Links are followed by default; a loop is followed until paths get too long.',
    instead: 'Links are followed; a loop is detected at once and reported.',
  },
  A22: {
    says: 'Unreadable files count as absent, so their counterparts are deleted.',
    instead: 'They are unknown, not absent: their counterparts, and everything below, stay (H2).',
  },
  A23: 'Empty files are ordinary files.',
  A24: {
    says: 'Names are compared by code points: Unicode forms and case matter.',
    instead:
      'The comparisons `aws` and `exact-timestamps` do so too, except where a disk takes two spellings for one name.',
  },
  A25: {
    says: 'Keys that are no file names are written under a cleaned name, and deleted on the way back.',
    instead:
      'They are refused, reported and protected from deletes, with every path that they may stand for.',
  },
  A26: {
    says: 'Deletes run among the transfers in the order of paths, whatever failed.',
    instead: 'That is `deletes: during`. The usual `after` deletes last, and only when nothing failed.',
  },
  A27: {
    says: 'A listing that fails ends the run; an absent prefix is an empty source and empties the target.',
    instead: 'A failed listing makes no plan at all, and an empty source deletes nothing (H1).',
  },
  A28: {
    says: 'Exit codes report failures, warnings and wrong usage.',
    notHere: 'An editor has no exit codes; the report and the log say it.',
  },
  A29: 'A download is written to a temporary name and renamed; parts are read under one ETag.',
  A30: {
    says: 'Content from 8 MiB on is sent in parts of 8 MiB, doubled until 10,000 parts suffice.',
    instead: 'Parts grow likewise; the cutoff and the size of parts are settings of the remote.',
  },
  A31: 'Archived objects are skipped unless they were restored.',
  A32: 'A file that vanishes between listing and transfer is skipped.',
  A33: {
    says: 'A target inside its source is accepted, and grows with each run.',
    instead: 'It is refused (H35).',
  },
  A34: {
    says: 'A dry run prints the plan, but makes the missing local root.',
    instead: 'Planning writes nothing at all: it gets remotes that refuse to write.',
  },
  // Mode rclone
  R1: 'The modified time of an object is in its metadata; without it, LastModified counts.',
  R2: 'The time is decimal seconds with up to nine digits; a malformed time counts as missing.',
  R3: 'The hash of an object is a plain ETag or the MD5 in the metadata, never an ETag of parts.',
  R4: {
    says: 'Small files are hashed first; large ones go in parts with the MD5 of the whole in the metadata.',
    instead:
      'The metadata is the same; a file is read once where possible, and cutoff and part size are settings.',
  },
  R5: {
    says: 'Times that differ by less than the window are equal; the window is the coarsest of flag and sides.',
    instead: 'As rclone; times on a disk count to the microsecond, since finer times can’t be set there.',
  },
  R6: {
    says: 'Size, then time, then hash, each only when needed; size-only beats checksum.',
    instead:
      'As rclone with `refreshTimes`, which lines of rclone set. Without it, files of equal content are the same where a side lists no times, and small files on a disk are hashed instead of asking for the time of each object.',
  },
  R7: {
    says: 'If only the time differs, a copy in place sets the time; archived objects are sent again.',
    instead: 'As rclone, except where R6 leaves the times of equal objects alone.',
  },
  R8: {
    says: 'With checksum, a pair without a common hash silently counts as the same.',
    instead: 'Such a pair is left alone too, but shown as unverified.',
  },
  R9: 'With server times, LastModified is the modified time, and no request per object is made.',
  R10: 'Immutable: a pair that would change is a conflict, and nothing is deleted; new files are copied.',
  R11: 'Copy is sync without deletes; check compares size, then hash, and marks each name (one way: the source’s).',
  R12: 'Names match in NFC, and case-insensitively where a side ignores case; the target’s spelling stays.',
  R13: {
    says: 'Of several names on one side that match, the first is used and the rest are ignored.',
    instead:
      'The name with the other side’s spelling is used, else the first; the others are reported as conflicts.',
  },
  R14: {
    says: 'A file against a folder of its name: an error on a disk; in a store, the file replaces it.',
    instead: 'On a disk this is a conflict at plan time, and the target stays. A store holds both.',
  },
  R15: {
    says: 'Markers are ignored, links skipped, malformed names mapped to look-alikes.',
    instead: 'The same for markers and links; malformed names are refused and reported, never renamed.',
  },
  R16: 'The first filter rule that matches decides; includes alone exclude everything else.',
  R17: '`*` stops at a slash, `**` crosses; braces, sets, escapes, regular expressions; a leading slash anchors.',
  R18: 'A file takes part only if every folder above it does.',
  R19: 'Excluded target files stay, unless `--delete-excluded` is set.',
  R20: 'Deletes run last and only without any error; or before; or in the order of paths.',
  R21: {
    says: 'A listing error withholds every delete; a missing prefix is an empty source.',
    instead: 'As rclone; an empty source withholds deletes too (H1).',
  },
  R22: {
    says: 'At the limit of deletes the run stops; deleted files stay deleted.',
    instead: 'The limit is checked before the first delete: above it, nothing is deleted.',
  },
  R23: {
    says: 'Overwritten and deleted files are kept in a backup folder of the same remote, outside the target.',
    instead: 'As rclone, and no backup is ever overwritten. There is no suffix in place.',
  },
  R24: 'A renamed file is recognized by size and hash, or time, and moved on the target.',
  R25: {
    says: 'Overlapping places are fatal with deletes; for one and the same place nothing is done.',
    instead: 'Both are refused, with and without deletes.',
  },
  R26: 'A source that changes while it is read fails, and a corrupted copy is removed.',
  R27: {
    says: 'Four concurrent transfers, pages of 1000, copies in parts from 4.656 GiB.',
    instead:
      'Pages are the same; concurrent transfers and the size from which a copy goes in parts are settings.',
  },
  // Two ways
  B1: { says: 'Two-way sync needs the listings of the last successful run.', notHere: twoWay },
  B2: {
    says: 'Changes of both sides are crossed; a file that changed on both sides is kept twice.',
    notHere: twoWay,
  },
  B3: { says: 'Too many deletes, or changes to all files, stop the run before any change.', notHere: twoWay },
  B4: { says: 'One run at a time per pair; the listings are kept only after success.', notHere: twoWay },
  // Hazards
  H1: 'A missing source is an error, and an empty one deletes nothing.',
  H2: 'Unreadable entries are unknown, never absent: their counterparts and everything below stay.',
  H3: 'Anchored patterns are relative to the roots; no filter can hide one side only.',
  H4: 'Filters apply to both sides.',
  H5: 'Excluded files are deleted only on request.',
  H6: 'By default a newer object of the same size is fetched.',
  H7: 'Times are compared at the coarser precision, so no file is fetched again and again.',
  H8: 'Times are instants: time zones and daylight saving do not matter.',
  H9: 'A time out of range is clamped and does not end the run.',
  H10: 'Requests are signed just before they are sent, and a wrong clock is corrected by the service’s clock.',
  H11: 'Both sides are merged in byte order, and that order is checked.',
  H12: 'A listing out of order makes no plan.',
  H13: 'Listings of a service without an order are sorted first.',
  H14: 'Unicode forms match, the target’s spelling stays, duplicates are reported.',
  H15: 'Names that differ only in case are found before anything is written.',
  H16: {
    says: 'A file beside a folder of its name is a conflict at plan time.',
    instead:
      'As it says on disks. In a store on a file system, files that block a copy are deleted before it if deletes are on; the plan shows them.',
  },
  H17: 'An object with content whose key ends in a slash is reported, skipped, protected.',
  H18: 'Keys with plus signs, spaces and control characters stay unchanged.',
  H19: 'Nothing is written outside the root, whatever keys and links say.',
  H20: 'A file that vanishes meanwhile is skipped, and does not count as absent for deletes.',
  H21: 'A file that changes while it is read does not count as synced.',
  H22: 'Content is written to a temporary name first; half a file never looks complete.',
  H23: 'Parts of a failed upload are removed at once, those of a crash later, unless its run is continued.',
  H24: 'Large objects carry the MD5 of the whole; without it a pair is unverified, not the same.',
  H25: 'The check after a transfer says good, bad or unknown.',
  H26: 'Deletes run after the copies, and only after a complete listing.',
  H27: 'Many deletes need a second confirmation; a limit is checked before the first delete.',
  H28: 'The report says that deletes were withheld, and why.',
  H29: 'Unchanged objects cost no request each: small files are hashed, and facts are cached.',
  H30: 'LastModified alone never decides that a target is up to date, except on request.',
  H31: 'Checksums that other services refuse can be switched off.',
  H32: { says: 'The state of a two-way sync is tied to its filters.', notHere: twoWay },
  H33: 'Deletes work below a prefix.',
  H34: 'A prefix never covers a neighbour whose name begins like it.',
  H35: 'A target inside its source is refused.',
};

export const rules: readonly Rule[] = Object.entries(table).map(([id, rule]) => ({
  id,
  ...(typeof rule === 'string' ? { says: rule } : rule),
}));
