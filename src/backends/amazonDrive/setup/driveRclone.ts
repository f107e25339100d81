import type {
  OmittedSetting,
  RcloneKind,
  RcloneReading,
  RcloneSecrets,
  RcloneWriting,
  RemoteSettings,
} from '../../backend';
import { checkDriveSettings } from '../config/driveConfig';
import { amazonAuthUrl, amazonEndpoint, amazonTokenUrl } from '../config/driveFields';
import { driveWizardSteps } from './driveWizard';

/** Options that have the name and the meaning of the setting. */
const sameOptions = [
  'client_id',
  'auth_url',
  'token_url',
  'checkpoint',
  'upload_wait_per_gb',
  'templink_threshold',
  'encoding',
] as const;

const ownOptions = new Set<string>(['type', 'client_secret', 'token', ...sameOptions]);

/** Amazon Drive remotes in rclone's configuration file, as rclone 1.60 takes them. rclone obscures none of their options. */
export const driveRclone: RcloneKind = {
  type: 'amazon cloud drive',
  withoutOption: [
    'endpoint',
    'scopes',
    'redirect_url',
    'account',
    'root',
    'max_size',
    'pacer_min_sleep',
    'concurrency',
  ],
  read,
  write,
};

function read(options: ReadonlyMap<string, string>, root: string): RcloneReading {
  const settings: Record<string, unknown> = {};
  const leftOut: OmittedSetting[] = [];
  const option = (name: string) => options.get(name)?.trim() || undefined;
  for (const name of sameOptions) {
    const value = option(name);
    if (value === undefined) continue;
    const setting = name === 'templink_threshold' ? withUnit(value) : value;
    const problem = problemOf(name, setting);
    if (problem === undefined) settings[name] = setting;
    else leftOut.push({ name, because: problem });
  }
  if (root !== '') settings['root'] = root;
  for (const [name, value] of options)
    if (!ownOptions.has(name) && value.trim() !== '') leftOut.push({ name, because: 'it is not known here' });
  const secret = option('client_secret');
  const token = option('token');
  return {
    settings,
    secrets: secret === undefined ? {} : { client_secret: secret },
    ...(token !== undefined && { token }),
    leftOut,
    ...(settings['client_id'] === undefined && {
      refused:
        'It has no "client_id". rclone’s own is no good for other programs, and the service is closed for it.',
    }),
    ...(isElsewhere(settings) && { asks: endpointStep(settings) }),
  };
}

/** rclone knows Amazon's own endpoint only; who signs in elsewhere has a service elsewhere, reached by other means. */
function isElsewhere({
  auth_url = amazonAuthUrl,
  token_url = amazonTokenUrl,
}: Record<string, unknown>): boolean {
  return auth_url !== amazonAuthUrl || token_url !== amazonTokenUrl;
}

function endpointStep({ token_url, auth_url }: Record<string, unknown>) {
  const known = [token_url, auth_url].find(
    (url): url is string => typeof url === 'string' && URL.canParse(url),
  );
  const steps = driveWizardSteps({ name: '', backend: 'amazonDrive' });
  return steps
    .filter(({ field }) => field === 'endpoint')
    .map(({ loadInitial, ...step }) => ({
      ...step,
      prompt:
        'The endpoint of the service, which rclone’s file doesn’t say, for example https://drive.example.com/drive/v1/',
      ...(known !== undefined && { initial: `${new URL(known).origin}/drive/v1/` }),
    }));
}

/** rclone takes a bare number for KiB, our settings take none. */
function withUnit(size: string): string {
  return /^[1-9]\d*(\.\d+)?$/.test(size) ? `${size}Ki` : size;
}

function problemOf(name: string, value: unknown): string | undefined {
  const alone: RemoteSettings = { name: 'read', backend: 'amazonDrive', client_id: 'x', [name]: value };
  const [problem] = checkDriveSettings(alone);
  return problem === undefined ? undefined : 'its value can’t be used here';
}

function write(settings: RemoteSettings, secrets: RcloneSecrets | undefined): RcloneWriting {
  const options: (readonly [string, string])[] = [];
  const leftOut: OmittedSetting[] = [];
  for (const name of sameOptions) {
    const value = settings[name];
    if (typeof value === 'number')
      options.push([name, `${value}${name === 'templink_threshold' ? 'B' : 's'}`]);
    else if (typeof value === 'string' && value.trim() !== '') options.push([name, value.trim()]);
    if (name !== 'client_id') continue;
    const secret = secrets?.values['client_secret'];
    if (secret) options.push(['client_secret', secret]);
  }
  if (secrets?.token !== undefined) options.push(['token', secrets.token]);
  const { endpoint } = settings;
  if (typeof endpoint === 'string' && endpoint.trim() !== '' && endpoint !== amazonEndpoint)
    leftOut.push({ name: 'endpoint', because: 'rclone knows Amazon’s own only' });
  for (const name of driveRclone.withoutOption) {
    const value = settings[name];
    if (name === 'endpoint' || value === undefined || value === '') continue;
    if (name === 'account') {
      // The token is the account's.
      if (secrets?.token === undefined)
        leftOut.push({ name, because: 'no sign-in goes along; sign in with "rclone config reconnect"' });
    } else
      leftOut.push({
        name,
        because: name === 'root' ? 'rclone has none; begin paths with it' : 'rclone has no such option',
      });
  }
  return { options, leftOut };
}
