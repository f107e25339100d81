/**
 * The numbered rules by which copies and syncs are planned and run, each in short: A = what `aws s3 sync` does, R = what rclone does,
 * B = rclone's two-way sync, H = hazards that others met.
 */
export interface Rule {
  readonly id: string;
  /** What it says, in at most 20 words. */
  readonly says: string;
  /** What we do where that isn't what the rule says, and why. */
  readonly instead?: string;
  /** Why there is nothing here that the rule could be about. Such a rule needs no test. */
  readonly notHere?: string;
}

const twoWay =
  'There is no two-way sync; `Compare` in the preview shows both sides, and each direction is a sync of its own.';

export const rules: readonly Rule[] = [
  // Mode aws
  {
    id: 'A1',
    says: 'One listing a side decides, with size and LastModified; nothing is asked of single objects.',
  },
  { id: 'A2', says: 'What only the source has is transferred.' },
  { id: 'A3', says: 'What only the target has stays, and is deleted when deletes are wanted.' },
  { id: 'A4', says: 'Files of different sizes are transferred, whatever their times and the flags.' },
  { id: 'A5', says: 'Files of one size are decided by their times.' },
  { id: 'A6', says: 'Content, ETag, metadata and storage class are never compared.' },
  {
    id: 'A7',
    says: 'A download fetches over a newer local file, and leaves an older one alone.',
    instead:
      'As aws does in the comparison `aws`; the default comparison is `rclone`, which has no such surprise.',
  },
  { id: 'A8', says: 'Times have no tolerance: a microsecond counts, what is below is dropped.' },
  {
    id: 'A9',
    says: 'With exact timestamps and size only, exact timestamps wins on downloads, and the default on uploads.',
  },
  {
    id: 'A10',
    says: 'A downloaded file gets LastModified as its time, cut to whole seconds.',
    instead:
      'It gets LastModified with all its digits, and both times are cut to the coarser precision when compared, so nothing is fetched again for ever.',
  },
  {
    id: 'A11',
    says: 'An upload keeps the modified time nowhere, and guesses Content-Type by the name.',
    instead:
      'The type is guessed; the time is kept in the metadata as rclone does, so that a download can give it back.',
  },
  { id: 'A12', says: 'A copy between buckets keeps the user metadata.' },
  { id: 'A13', says: 'Times before 1970 and in the future are legal; impossible ones are clamped.' },
  { id: 'A14', says: 'Excludes and includes are one ordered list; the last rule that matches wins.' },
  {
    id: 'A15',
    says: 'A star and a question mark cross slashes; sets in brackets; neither braces nor escapes.',
  },
  {
    id: 'A16',
    says: 'Patterns are joined to the root of each side, so the root itself is read as a pattern.',
    instead:
      'Patterns match relative paths only; a leading `./` or `/` means the root on both sides. Otherwise a rule can hide one side and delete the other.',
  },
  { id: 'A17', says: 'Filters hold on both sides, so what is excluded is never deleted.' },
  { id: 'A18', says: 'An empty object whose key ends in a slash is a folder’s marker and no file.' },
  {
    id: 'A19',
    says: 'An object with content whose key ends in a slash is an ordinary item, whose download fails.',
    instead: 'It is reported, skipped and protected (H17).',
  },
  { id: 'A20', says: 'Empty folders have no effect.' },
  {
    id: 'A21',
    says: 'Links are followed unless told otherwise; a loop is walked until paths get too long.',
    instead: 'Links are followed; a loop is found at once and reported.',
  },
  {
    id: 'A22',
    says: 'What can’t be read counts as absent, so its twin is deleted.',
    instead: 'It is unknown, not absent: its twin, and all below it, stays (H2).',
  },
  { id: 'A23', says: 'Files without content are ordinary files.' },
  {
    id: 'A24',
    says: 'Names are compared sign by sign: Unicode forms and case matter.',
    instead:
      'So do we in the comparisons `aws` and `exact-timestamps`, save where a disk takes two spellings for one name.',
  },
  {
    id: 'A25',
    says: 'Keys that are no file names are written under a cleaned name, and deleted on the way back.',
    instead: 'They are refused, reported and protected from deletes, and so is what they may stand for.',
  },
  {
    id: 'A26',
    says: 'Deletes go in the order of paths among the transfers, whatever failed.',
    instead: 'That is `deletes: during`. The usual `after` deletes last, and only when nothing failed.',
  },
  {
    id: 'A27',
    says: 'A listing that fails ends the run; an absent prefix is an empty source and empties the target.',
    instead: 'A listing that fails makes no plan at all, and an empty source deletes nothing (H1).',
  },
  {
    id: 'A28',
    says: 'Exit codes tell of failures, warnings and wrong usage.',
    notHere: 'An editor has no exit codes; the report and the log tell what they would.',
  },
  {
    id: 'A29',
    says: 'A download is written beside its target and renamed; parts are read under the same ETag.',
  },
  {
    id: 'A30',
    says: 'From 8 MiB on, content goes in parts of 8 MiB, doubled until 10,000 suffice.',
    instead: 'Parts grow likewise; where they begin and how large they are is a setting of the remote.',
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
    instead: 'Planning writes nothing at all; it is handed remotes that refuse to write.',
  },

  // Mode rclone
  { id: 'R1', says: 'An object’s modified time is in its metadata, else LastModified counts.' },
  {
    id: 'R2',
    says: 'The time is decimal seconds with up to nine digits; what does not parse gives LastModified.',
  },
  { id: 'R3', says: 'An object’s hash is a plain ETag, or the metadata’s MD5; an ETag of parts is not.' },
  {
    id: 'R4',
    says: 'Small files are hashed first; large ones go in parts with the MD5 of the whole in the metadata.',
    instead:
      'The metadata is the same; a file is read once where it can be, and cutoff and part size are settings.',
  },
  {
    id: 'R5',
    says: 'Times strictly nearer than the window are equal; the window is the coarsest of flag and both sides.',
    instead: 'As rclone; times on a disk count to the microsecond, since finer ones can’t be set there.',
  },
  {
    id: 'R6',
    says: 'Size, then time, then hash: each is looked at only when needed; size-only beats checksum.',
  },
  {
    id: 'R7',
    says: 'Where only the time differs it is set by a copy in place; archived objects are sent again.',
  },
  {
    id: 'R8',
    says: 'By checksum, a pair without a common hash silently counts as the same.',
    instead: 'It is left alone as well, but shown as unverified.',
  },
  { id: 'R9', says: 'With server times, LastModified stands for the owner’s time, and nothing is asked.' },
  {
    id: 'R10',
    says: 'Immutable: a pair that would be changed is a conflict, and nothing is deleted; new files go.',
  },
  {
    id: 'R11',
    says: 'Copy is sync without deletes; a check compares size, then hash, and marks each name (one way: the source’s).',
  },
  {
    id: 'R12',
    says: 'Names match in Unicode form C, and without case where a side ignores it; the target’s spelling stays.',
  },
  {
    id: 'R13',
    says: 'Of names on one side that match alike, the first is used and the rest ignored.',
    instead:
      'The one that the other side spells alike is used, else the first; the others are reported as conflicts.',
  },
  {
    id: 'R14',
    says: 'A file against a folder of its name is an error on a disk, and replaces it in a store.',
    instead: 'On a disk it is a conflict at plan time, and what is there stays. A store holds both.',
  },
  {
    id: 'R15',
    says: 'Markers are ignored, links skipped, odd names mapped to look-alikes.',
    instead: 'Markers and links alike; odd names are refused and reported, never renamed.',
  },
  { id: 'R16', says: 'The first filter rule that matches wins; includes alone exclude everything else.' },
  {
    id: 'R17',
    says: 'A star stops at a slash, two cross; braces, sets, escapes, expressions; a leading slash anchors.',
  },
  { id: 'R18', says: 'A file is in only if every folder above it is, too.' },
  { id: 'R19', says: 'Excluded target files are protected, unless their deletion is asked for.' },
  { id: 'R20', says: 'Deletes come last and only without any error; or before, or in the order of paths.' },
  {
    id: 'R21',
    says: 'A listing error withholds every delete; a missing prefix is an empty source.',
    instead: 'As rclone; an empty source withholds them too (H1).',
  },
  {
    id: 'R22',
    says: 'At the limit of deletes the run stops; what was deleted stays deleted.',
    instead: 'The limit is checked before the first delete: over it, nothing is deleted.',
  },
  {
    id: 'R23',
    says: 'What is overwritten or deleted is kept in a backup folder of the same remote, outside the target.',
    instead: 'As rclone, and no backup is ever overwritten. There is no suffix in place.',
  },
  {
    id: 'R24',
    says: 'A file that was only renamed is found by size and hash, or time, and moved on the target.',
  },
  {
    id: 'R25',
    says: 'Overlapping places are fatal with deletes; the same place is nothing to do.',
    instead: 'Both are refused, whatever is asked for.',
  },
  {
    id: 'R26',
    says: 'A source that changes while it is read fails, and a copy that turns out bad is removed.',
  },
  {
    id: 'R27',
    says: 'Four transfers at once, pages of 1000, copies in parts from 4.656 GiB.',
    instead:
      'Pages are the same; transfers at once and the size from which a copy goes in parts are settings.',
  },

  // Two ways
  { id: 'B1', says: 'Two-way sync needs the listings of the last good run.', notHere: twoWay },
  {
    id: 'B2',
    says: 'Changes of both sides are crossed; what changed on both is kept twice.',
    notHere: twoWay,
  },
  {
    id: 'B3',
    says: 'Too many deletes, or everything changed, stop it before anything is done.',
    notHere: twoWay,
  },
  { id: 'B4', says: 'One run at a time a pair; the listings are kept only after success.', notHere: twoWay },

  // Hazards
  { id: 'H1', says: 'A missing source is an error, and an empty one deletes nothing.' },
  { id: 'H2', says: 'What can’t be read is unknown, never absent: its twin and all below stay.' },
  { id: 'H3', says: 'Anchored patterns are relative to the roots; no filter can hide one side only.' },
  { id: 'H4', says: 'Filters hold on both sides.' },
  { id: 'H5', says: 'Deleting what is excluded has to be asked for.' },
  { id: 'H6', says: 'By default a newer object of the same size is fetched.' },
  { id: 'H7', says: 'Times are compared at the coarser precision, so nothing is fetched again for ever.' },
  { id: 'H8', says: 'Times are instants: no time zone and no summer time counts.' },
  { id: 'H9', says: 'A time out of range is clamped and ends nothing.' },
  { id: 'H10', says: 'Requests are signed late, and a wrong clock is corrected by the service’s.' },
  { id: 'H11', says: 'Both sides are merged in the order of bytes, and that order is checked.' },
  { id: 'H12', says: 'A listing that comes out of order makes no plan.' },
  { id: 'H13', says: 'A service that lists without order is sorted first.' },
  { id: 'H14', says: 'Unicode forms are matched, the target’s spelling is kept, twins are reported.' },
  { id: 'H15', says: 'Names that differ in case only are found before anything is written.' },
  {
    id: 'H16',
    says: 'A file beside a folder of its name is a conflict at plan time.',
    instead:
      'As it says on disks. A store on a file system gets room made before the copy where deletes are wanted, as the plan shows.',
  },
  { id: 'H17', says: 'An object with content whose key ends in a slash is reported, skipped, protected.' },
  { id: 'H18', says: 'Keys with plus, spaces and control signs come through unchanged.' },
  { id: 'H19', says: 'Nothing is written outside the root, whatever keys and links say.' },
  { id: 'H20', says: 'What vanishes meanwhile is a skip, and not absent for deletes.' },
  { id: 'H21', says: 'A file that changes while it is read is not taken for synced.' },
  { id: 'H22', says: 'Content goes under a temporary name first; half a file never looks whole.' },
  { id: 'H23', says: 'Parts of uploads that ended are removed, those of a crash by the next upload.' },
  {
    id: 'H24',
    says: 'Large objects carry the MD5 of the whole; without one a pair is unverified, not the same.',
  },
  { id: 'H25', says: 'A check after a transfer says good, bad or unknown.' },
  { id: 'H26', says: 'Deletes come after the copies, and only after a complete listing.' },
  { id: 'H27', says: 'Many deletes are asked for once more; a limit is checked before the first one.' },
  { id: 'H28', says: 'That deletes were withheld is said, with the reason.' },
  {
    id: 'H29',
    says: 'Where nothing changed, nothing is asked of single objects: facts learnt are remembered.',
  },
  { id: 'H30', says: 'LastModified alone never decides that a target is up to date, unless asked for.' },
  { id: 'H31', says: 'Checksums that other services refuse can be switched off.' },
  { id: 'H32', says: 'The memory of a two-way sync is tied to its filters.', notHere: twoWay },
  { id: 'H33', says: 'Deletes work below a prefix.' },
  { id: 'H34', says: 'A prefix takes nothing from a neighbour whose name begins like it.' },
  { id: 'H35', says: 'A target inside its source is refused.' },
];
