/** One setting as people read of it: the single source for the check, the settings schema and the docs. */
export interface DriveField {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly kind: 'text' | 'url' | 'size' | 'duration' | 'count';
  readonly default?: string | number;
  readonly min?: number;
  readonly max?: number;
}

/** Amazon's own addresses (API page §1.1, §2.1). What answers there since the end of 2023 is no Amazon Drive any more. */
export const amazonAuthUrl = 'https://www.amazon.com/ap/oa';
export const amazonTokenUrl = 'https://api.amazon.com/auth/o2/token';
export const amazonEndpoint = 'https://drive.amazonaws.com/drive/v1/';

/** Names and defaults are those of rclone's backend "amazon cloud drive", where it has them. */
export const driveFields: readonly DriveField[] = [
  {
    name: 'client_id',
    title: 'Client ID',
    description:
      'The OAuth client that the service knows. Its secret, if it has one, is kept in secret storage.',
    kind: 'text',
  },
  {
    name: 'auth_url',
    title: 'Authorization page',
    description: 'The page on which you allow the access, opened in your browser.',
    kind: 'url',
    default: amazonAuthUrl,
  },
  {
    name: 'token_url',
    title: 'Token address',
    description: 'Where tokens are fetched and renewed.',
    kind: 'url',
    default: amazonTokenUrl,
  },
  {
    name: 'endpoint',
    title: 'Endpoint',
    description: "The service's address: account/endpoint below it tells where metadata and content are.",
    kind: 'url',
    default: amazonEndpoint,
  },
  {
    name: 'scopes',
    title: 'Scopes',
    description: 'What is asked for when you sign in, separated by spaces. profile is for your name only.',
    kind: 'text',
    default: 'clouddrive:read_all clouddrive:write profile',
  },
  {
    name: 'redirect_url',
    title: 'Redirect address',
    description: 'The loopback address that is registered for the client, to the last sign.',
    kind: 'url',
    default: 'http://127.0.0.1:53682/',
  },
  {
    name: 'account',
    title: 'Account',
    description:
      'The e-mail address (or the id) of the account. Without it, the only one that is signed in is taken.',
    kind: 'text',
  },
  {
    name: 'root',
    title: 'Root',
    description: 'The folder at which the tree starts. Empty = the whole drive.',
    kind: 'text',
  },
  {
    name: 'templink_threshold',
    title: 'Temporary link threshold',
    description: 'Files of this size or more are read by a temporary link, as the service asks. off = never.',
    kind: 'size',
    default: '9Gi',
  },
  {
    name: 'upload_wait_per_gb',
    title: 'Wait per gigabyte',
    description:
      'How long to look for a file that the service said had failed after all of it was sent, for each GiB. 0 = not at all.',
    kind: 'duration',
    default: '3m',
  },
  {
    name: 'encoding',
    title: 'Encoding',
    description:
      'How names are written that the service can’t hold, as in rclone. Slash, InvalidUtf8 and Dot are always among them; Ctl and Del may be added.',
    kind: 'text',
    default: 'Slash,InvalidUtf8,Dot',
  },
  {
    name: 'checkpoint',
    title: 'Checkpoint',
    description: 'From which point on changes are first asked for. Kept up to date by itself; rarely of use.',
    kind: 'text',
  },
  {
    name: 'max_size',
    title: 'Largest file',
    description:
      'Larger files are left out of copies and syncs: the service fails with them. off = no limit.',
    kind: 'size',
    default: '50000Mi',
  },
  {
    name: 'pacer_min_sleep',
    title: 'Pace',
    description: 'The least time between the starts of two requests.',
    kind: 'duration',
    default: '10ms',
  },
  {
    name: 'concurrency',
    title: 'Requests at once',
    description: 'How many requests may be under way at the same time.',
    kind: 'count',
    default: 16,
    min: 1,
    max: 64,
  },
];
