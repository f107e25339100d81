import type { SettingField } from '../../settingsSchema';
import {
  amazonAuthUrl,
  amazonEndpoint,
  amazonTokenUrl,
  clientIdProblem,
  defaultRedirectUrl,
  encodingProblem,
  rootProblem,
  scopesProblem,
  urlProblem,
} from './textSettings';

/** Names and defaults match rclone's backend "amazon cloud drive" where rclone has the option. */
export const driveFields: readonly SettingField[] = [
  {
    name: 'client_id',
    title: 'Client ID',
    description:
      'The OAuth client registered with the service. Its secret, if any, is kept in secret storage.',
    kind: 'text',
    problem: clientIdProblem,
  },
  {
    name: 'auth_url',
    title: 'Authorization page',
    description: 'The page where you grant access. It opens in your browser.',
    kind: 'url',
    problem: (value) => urlProblem('auth_url', value),
    default: amazonAuthUrl,
  },
  {
    name: 'token_url',
    title: 'Token URL',
    description: 'The URL that issues and renews tokens.',
    kind: 'url',
    problem: (value) => urlProblem('token_url', value),
    default: amazonTokenUrl,
  },
  {
    name: 'endpoint',
    title: 'Endpoint',
    description:
      'The URL of the service. account/endpoint below it returns the URLs for metadata and content.',
    kind: 'url',
    problem: (value) => urlProblem('endpoint', value),
    default: amazonEndpoint,
  },
  {
    name: 'scopes',
    title: 'Scopes',
    description: 'The permissions to request at sign-in, separated by spaces. profile is only for your name.',
    kind: 'text',
    problem: scopesProblem,
    default: 'clouddrive:read_all clouddrive:write profile',
  },
  {
    name: 'redirect_url',
    title: 'Redirect URL',
    description: 'The loopback URL exactly as registered for the client.',
    kind: 'url',
    problem: (value) => urlProblem('redirect_url', value),
    default: defaultRedirectUrl,
  },
  {
    name: 'account',
    title: 'Account',
    description:
      'The e-mail address or ID of the account. Default: the account that is signed in, if there is only one.',
    kind: 'text',
  },
  {
    name: 'root',
    title: 'Root',
    description: 'The folder where the tree starts. Empty = the whole drive.',
    kind: 'text',
    problem: rootProblem,
  },
  {
    name: 'templink_threshold',
    title: 'Temporary link threshold',
    description:
      'Files of this size or more are downloaded through a temporary link, as the service requires. off = never.',
    kind: 'size',
    default: '9Gi',
  },
  {
    name: 'upload_wait_per_gb',
    title: 'Wait per gigabyte',
    description:
      'How long, per GiB, to wait for a file to appear when the service reports a failure after the whole file was uploaded. 0 = do not wait.',
    kind: 'duration',
    default: '3m',
  },
  {
    name: 'encoding',
    title: 'Encoding',
    description:
      'How names that the service does not allow are encoded, as in rclone. Slash, InvalidUtf8 and Dot are required; Ctl and Del are optional.',
    kind: 'text',
    problem: encodingProblem,
    default: 'Slash,InvalidUtf8,Dot',
  },
  {
    name: 'checkpoint',
    title: 'Checkpoint',
    description: 'The point from which changes are first requested. Updated automatically; rarely needed.',
    kind: 'text',
  },
  {
    name: 'max_size',
    title: 'Maximum file size',
    description:
      'Larger files are left out of copies and syncs, because the service fails on them. off = no limit.',
    kind: 'size',
    default: '50000Mi',
  },
  {
    name: 'pacer_min_sleep',
    title: 'Pace',
    description: 'The minimum time between the starts of two requests.',
    kind: 'duration',
    default: '10ms',
  },
  {
    name: 'concurrency',
    title: 'Concurrent requests',
    description: 'The maximum number of requests at the same time.',
    kind: 'count',
    default: 16,
    min: 1,
    max: 64,
  },
];
