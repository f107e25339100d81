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

export const rules: readonly Rule[] = [
  // Mode aws
  {
    id: 'A1',
    says: 'One listing per side decides, by size and LastModified; no request per object.',
  },
  { id: 'A2', says: 'Files that only the source has are transferred.' },
  { id: 'A3', says: 'Files that only the target has stay; with deletes on, they are deleted.' },
  { id: 'A4', says: 'Files of different sizes are transferred, whatever their times and the flags.' },
  { id: 'A5', says: 'For files of equal size the times decide.' },
  { id: 'A6', says: 'Content, ETag, metadata and storage class are never compared.' },
  {
    id: 'A7',
    says: 'A download fetches over a newer local file, and leaves an older one alone.',
    instead:
      'As aws does in the comparison `aws`; the default comparison is `rclone`, which has no such surprise.',
  },
  { id: 'A8', says: 'Times have no tolerance: a microsecond counts; finer digits are dropped.' },
  {
    id: 'A9',
    says: 'With exact timestamps and size only, exact timestamps wins on downloads, and the default on uploads.',
  },
  {
    id: 'A10',
    says: 'A downloaded file gets LastModified as its time, cut to whole seconds.',
    instead:
      'It gets LastModified with all its digits, and both times are cut to the coarser precision when compared, so no file is fetched again and again.',
  },
  {
    id: 'A11',
    says: 'An upload stores no modified time, and guesses Content-Type from the name.',
    instead:
      'The type is guessed; the time is kept in the metadata as rclone does, so that a download can restore it.',
  },
  { id: 'A12', says: 'A copy between buckets keeps the user metadata.' },
  { id: 'A13', says: 'Times before 1970 and in the future are legal; impossible ones are clamped.' },
  { id: 'A14', says: 'Excludes and includes are one ordered list; the last rule that matches wins.' },
  {
    id: 'A15',
    says: '`*` and `?` match slashes; there are sets in brackets, but no braces and no escapes.',
  },
  {
    id: 'A16',
    says: 'Patterns are joined to the root of each side, so the root itself is read as a pattern.',
    instead:
      'Patterns match relative paths only; a leading `./` or `/` means the root on both sides. Otherwise a rule can hide one side and delete the other.',
  },
  { id: 'A17', says: 'Filters apply to both sides, so excluded files are never deleted.' },
  { id: 'A18', says: 'An empty object whose key ends in a slash is a folder marker, not a file.' },
  {
    id: 'A19',
    says: 'An object with content whose key ends in a slash is an ordinary item; its download fails.',
    instead: 'It is reported, skipped and protected (H17).',
  },
  { id: 'A20', says: 'Empty folders have no effect.' },
  {
    id: 'A21',
    says: 'Links are followed by default; a loop is followed until paths get too long.',
    instead: 'Links are followed; a loop is detected at once and reported.',
  },
  {
    id: 'A22',
    says: 'Unreadable files count as absent, so their counterparts are deleted.',
    instead: 'They are unknown, not absent: their counterparts, and everything below, stay (H2).',
  },
  { id: 'A23', says: 'Empty files are ordinary files.' },
  {
    id: 'A24',
    says: 'Names are compared by code points: Unicode forms and case matter.',
    instead:
      'The comparisons `aws` and `exact-timestamps` do so too, except where a disk takes two spellings for one name.',
  },
  {
    id: 'A25',
    says: 'Keys that are no file names are written under a cleaned name, and deleted on the way back.',
    instead:
      'They are refused, reported and protected from deletes, with every path that they may stand for.',
  },
  {
    id: 'A26',
    says: 'Deletes run among the transfers in the order of paths, whatever failed.',
    instead: 'That is `deletes: during`. The usual `after` deletes last, and only when nothing failed.',
  },
  {
    id: 'A27',
    says: 'A listing that fails ends the run; an absent prefix is an empty source and empties the target.',
    instead: 'A failed listing makes no plan at all, and an empty source deletes nothing (H1).',
  },
  {
    id: 'A28',
    says: 'Exit codes report failures, warnings and wrong usage.',
    notHere: 'An editor has no exit codes; the report and the log say it.',
  },
  {
    id: 'A29',
    says: 'A download is written to a temporary name and renamed; parts are read under one ETag.',
  },
  {
    id: 'A30',
    says: 'Content from 8 MiB on is sent in parts of 8 MiB, doubled until 10,000 parts suffice.',
    instead: 'Parts grow likewise; the cutoff and the size of parts are settings of the remote.',
  },
  { id: 'A31', says: 'Archived objects are skipped unless they were restored.' },
  { id: 'A32', says: 'A file that vanishes between listing and transfer is skipped.' },
  {
    id: 'A33',
    says: 'A target inside its source is accepted, and grows with each run.',
    instead: 'It is refused (H35).',
  },
  {
    id: 'A34',
    says: 'A dry run prints the plan, but makes the missing local root.',
    instead: 'Planning writes nothing at all: it gets remotes that refuse to write.',
  },

  // Mode rclone
  { id: 'R1', says: 'The modified time of an object is in its metadata; without it, LastModified counts.' },
  {
    id: 'R2',
    says: 'The time is decimal seconds with up to nine digits; a malformed time counts as missing.',
  },
  {
    id: 'R3',
    says: 'The hash of an object is a plain ETag or the MD5 in the metadata, never an ETag of parts.',
  },
  {
    id: 'R4',
    says: 'Small files are hashed first; large ones go in parts with the MD5 of the whole in the metadata.',
    instead:
      'The metadata is the same; a file is read once where possible, and cutoff and part size are settings.',
  },
  {
    id: 'R5',
    says: 'Times that differ by less than the window are equal; the window is the coarsest of flag and sides.',
    instead: 'As rclone; times on a disk count to the microsecond, since finer times can’t be set there.',
  },
  {
    id: 'R6',
    says: 'Size, then time, then hash, each only when needed; size-only beats checksum.',
  },
  {
    id: 'R7',
    says: 'If only the time differs, a copy in place sets the time; archived objects are sent again.',
  },
  {
    id: 'R8',
    says: 'With checksum, a pair without a common hash silently counts as the same.',
    instead: 'Such a pair is left alone too, but shown as unverified.',
  },
  {
    id: 'R9',
    says: 'With server times, LastModified is the modified time, and no request per object is made.',
  },
  {
    id: 'R10',
    says: 'Immutable: a pair that would change is a conflict, and nothing is deleted; new files are copied.',
  },
  {
    id: 'R11',
    says: 'Copy is sync without deletes; check compares size, then hash, and marks each name (one way: the source’s).',
  },
  {
    id: 'R12',
    says: 'Names match in NFC, and case-insensitively where a side ignores case; the target’s spelling stays.',
  },
  {
    id: 'R13',
    says: 'Of several names on one side that match, the first is used and the rest are ignored.',
    instead:
      'The name with the other side’s spelling is used, else the first; the others are reported as conflicts.',
  },
  {
    id: 'R14',
    says: 'A file against a folder of its name: an error on a disk; in a store, the file replaces it.',
    instead: 'On a disk this is a conflict at plan time, and the target stays. A store holds both.',
  },
  {
    id: 'R15',
    says: 'Markers are ignored, links skipped, malformed names mapped to look-alikes.',
    instead: 'The same for markers and links; malformed names are refused and reported, never renamed.',
  },
  { id: 'R16', says: 'The first filter rule that matches decides; includes alone exclude everything else.' },
  {
    id: 'R17',
    says: '`*` stops at a slash, `**` crosses; braces, sets, escapes, regular expressions; a leading slash anchors.',
  },
  { id: 'R18', says: 'A file takes part only if every folder above it does.' },
  { id: 'R19', says: 'Excluded target files stay, unless `--delete-excluded` is set.' },
  { id: 'R20', says: 'Deletes run last and only without any error; or before; or in the order of paths.' },
  {
    id: 'R21',
    says: 'A listing error withholds every delete; a missing prefix is an empty source.',
    instead: 'As rclone; an empty source withholds deletes too (H1).',
  },
  {
    id: 'R22',
    says: 'At the limit of deletes the run stops; deleted files stay deleted.',
    instead: 'The limit is checked before the first delete: above it, nothing is deleted.',
  },
  {
    id: 'R23',
    says: 'Overwritten and deleted files are kept in a backup folder of the same remote, outside the target.',
    instead: 'As rclone, and no backup is ever overwritten. There is no suffix in place.',
  },
  {
    id: 'R24',
    says: 'A renamed file is recognized by size and hash, or time, and moved on the target.',
  },
  {
    id: 'R25',
    says: 'Overlapping places are fatal with deletes; for one and the same place nothing is done.',
    instead: 'Both are refused, with and without deletes.',
  },
  {
    id: 'R26',
    says: 'A source that changes while it is read fails, and a corrupted copy is removed.',
  },
  {
    id: 'R27',
    says: 'Four concurrent transfers, pages of 1000, copies in parts from 4.656 GiB.',
    instead:
      'Pages are the same; concurrent transfers and the size from which a copy goes in parts are settings.',
  },

  // Two ways
  { id: 'B1', says: 'Two-way sync needs the listings of the last successful run.', notHere: twoWay },
  {
    id: 'B2',
    says: 'Changes of both sides are crossed; a file that changed on both sides is kept twice.',
    notHere: twoWay,
  },
  {
    id: 'B3',
    says: 'Too many deletes, or changes to all files, stop the run before any change.',
    notHere: twoWay,
  },
  {
    id: 'B4',
    says: 'One run at a time per pair; the listings are kept only after success.',
    notHere: twoWay,
  },

  // Hazards
  { id: 'H1', says: 'A missing source is an error, and an empty one deletes nothing.' },
  {
    id: 'H2',
    says: 'Unreadable entries are unknown, never absent: their counterparts and everything below stay.',
  },
  { id: 'H3', says: 'Anchored patterns are relative to the roots; no filter can hide one side only.' },
  { id: 'H4', says: 'Filters apply to both sides.' },
  { id: 'H5', says: 'Excluded files are deleted only on request.' },
  { id: 'H6', says: 'By default a newer object of the same size is fetched.' },
  { id: 'H7', says: 'Times are compared at the coarser precision, so no file is fetched again and again.' },
  { id: 'H8', says: 'Times are instants: time zones and daylight saving do not matter.' },
  { id: 'H9', says: 'A time out of range is clamped and does not end the run.' },
  {
    id: 'H10',
    says: 'Requests are signed just before they are sent, and a wrong clock is corrected by the service’s clock.',
  },
  { id: 'H11', says: 'Both sides are merged in byte order, and that order is checked.' },
  { id: 'H12', says: 'A listing out of order makes no plan.' },
  { id: 'H13', says: 'Listings of a service without an order are sorted first.' },
  { id: 'H14', says: 'Unicode forms match, the target’s spelling stays, duplicates are reported.' },
  { id: 'H15', says: 'Names that differ only in case are found before anything is written.' },
  {
    id: 'H16',
    says: 'A file beside a folder of its name is a conflict at plan time.',
    instead:
      'As it says on disks. In a store on a file system, files that block a copy are deleted before it if deletes are on; the plan shows them.',
  },
  { id: 'H17', says: 'An object with content whose key ends in a slash is reported, skipped, protected.' },
  { id: 'H18', says: 'Keys with plus signs, spaces and control characters stay unchanged.' },
  { id: 'H19', says: 'Nothing is written outside the root, whatever keys and links say.' },
  { id: 'H20', says: 'A file that vanishes meanwhile is skipped, and does not count as absent for deletes.' },
  { id: 'H21', says: 'A file that changes while it is read does not count as synced.' },
  { id: 'H22', says: 'Content is written to a temporary name first; half a file never looks complete.' },
  { id: 'H23', says: 'Parts of a failed upload are removed at once, those of a crash by the next upload.' },
  {
    id: 'H24',
    says: 'Large objects carry the MD5 of the whole; without it a pair is unverified, not the same.',
  },
  { id: 'H25', says: 'The check after a transfer says good, bad or unknown.' },
  { id: 'H26', says: 'Deletes run after the copies, and only after a complete listing.' },
  { id: 'H27', says: 'Many deletes need a second confirmation; a limit is checked before the first delete.' },
  { id: 'H28', says: 'The report says that deletes were withheld, and why.' },
  {
    id: 'H29',
    says: 'Unchanged objects cost no request each: facts are cached.',
  },
  { id: 'H30', says: 'LastModified alone never decides that a target is up to date, except on request.' },
  { id: 'H31', says: 'Checksums that other services refuse can be switched off.' },
  { id: 'H32', says: 'The state of a two-way sync is tied to its filters.', notHere: twoWay },
  { id: 'H33', says: 'Deletes work below a prefix.' },
  { id: 'H34', says: 'A prefix never covers a neighbour whose name begins like it.' },
  { id: 'H35', says: 'A target inside its source is refused.' },
];
