import type {
  OmittedSetting,
  RcloneKind,
  RcloneReading,
  RcloneSecrets,
  RcloneWriting,
  RemoteSettings,
} from '../../backend';
import {
  type MappedOption,
  type OptionNotation,
  optionReader,
  readOptions,
  type UnmappedSetting,
  unmappedOptions,
  unmappedSettings,
  writeOptions,
} from '../../rcloneMapping';
import { checkDriveSettings } from '../config/driveConfig';
import { amazonAuthUrl, amazonEndpoint, amazonTokenUrl } from '../config/textSettings';
import { driveWizardSteps } from './driveWizard';

/** rclone takes a bare number for KiB; the setting requires a unit. A number in the settings counts bytes. */
const size: OptionNotation = {
  read: (text) => (/^[1-9]\d*(\.\d+)?$/.test(text) ? `${text}Ki` : text),
  write: (value) => (typeof value === 'number' ? `${value}B` : String(value).trim()),
};

/** A number in the settings counts seconds. */
const duration: OptionNotation = {
  read: (text) => text,
  write: (value) => (typeof value === 'number' ? `${value}s` : String(value).trim()),
};

const optionRows: readonly MappedOption[] = [
  { option: 'client_id', setting: 'client_id', kind: 'text' },
  { option: 'client_secret', setting: 'client_secret', kind: 'secret' },
  { option: 'auth_url', setting: 'auth_url', kind: 'text' },
  { option: 'token_url', setting: 'token_url', kind: 'text' },
  { option: 'checkpoint', setting: 'checkpoint', kind: 'text' },
  { option: 'upload_wait_per_gb', setting: 'upload_wait_per_gb', kind: duration },
  { option: 'templink_threshold', setting: 'templink_threshold', kind: size },
  { option: 'encoding', setting: 'encoding', kind: 'text' },
];

const handledOptions = new Set(['type', 'token']);

const noOption = 'rclone has no such option';

const settingsWithoutOption: readonly UnmappedSetting[] = [
  { setting: 'endpoint', omittedBecause: 'rclone knows only Amazon’s endpoint' },
  { setting: 'scopes', omittedBecause: noOption },
  { setting: 'redirect_url', omittedBecause: noOption },
  {
    setting: 'account',
    omittedBecause: 'the sign-in is not exported; sign in with "rclone config reconnect"',
  },
  { setting: 'root', omittedBecause: 'rclone has no such option; start paths with it' },
  { setting: 'max_size', omittedBecause: noOption },
  { setting: 'pacer_min_sleep', omittedBecause: noOption },
  { setting: 'concurrency', omittedBecause: noOption },
];

/** Amazon Drive remotes in the configuration file of rclone 1.60, which obscures none of their options. */
export const driveRclone: RcloneKind = {
  type: 'amazon cloud drive',
  withoutOption: settingsWithoutOption.map(({ setting }) => setting),
  read,
  write,
};

function read(options: ReadonlyMap<string, string>, root: string): RcloneReading {
  const { settings, secrets, leftOut } = readOptions(optionRows, options, problemOf);
  if (root !== '') settings['root'] = root;
  leftOut.push(...unmappedOptions(options, optionRows, handledOptions));
  const token = optionReader(options)('token');
  return {
    settings,
    secrets,
    ...(token !== undefined && { token }),
    leftOut,
    ...(settings['client_id'] === undefined && {
      refused:
        'It has no "client_id". rclone’s own client is not usable by other programs, and Amazon closed the service for it.',
    }),
    ...(isElsewhere(settings) && { asks: endpointStep(settings) }),
  };
}

/** rclone knows only Amazon's endpoint. A sign-in at another service means that its endpoint is elsewhere too. */
function isElsewhere({
  auth_url = amazonAuthUrl,
  token_url = amazonTokenUrl,
}: Record<string, unknown>): boolean {
  return auth_url !== amazonAuthUrl || token_url !== amazonTokenUrl;
}

function endpointStep({ token_url, auth_url }: Record<string, unknown>) {
  const signInUrl = [token_url, auth_url].find(
    (url): url is string => typeof url === 'string' && URL.canParse(url),
  );
  const steps = driveWizardSteps({ name: '', backend: 'amazonDrive' });
  return steps
    .filter(({ field }) => field === 'endpoint')
    .map(({ loadInitial, ...step }) => ({
      ...step,
      prompt:
        'The endpoint of the service, which rclone.conf does not contain, for example https://drive.example.com/drive/v1/',
      ...(signInUrl !== undefined && { initial: `${new URL(signInUrl).origin}/drive/v1/` }),
    }));
}

function problemOf(name: string, value: unknown): string | undefined {
  const alone: RemoteSettings = { name: 'read', backend: 'amazonDrive', client_id: 'x', [name]: value };
  return checkDriveSettings(alone).length === 0 ? undefined : 'its value can’t be used here';
}

function write(settings: RemoteSettings, secrets: RcloneSecrets | undefined): RcloneWriting {
  const options = writeOptions(optionRows, settings, secrets);
  const token = secrets?.token;
  const leftOut: readonly OmittedSetting[] = unmappedSettings(settings, settingsWithoutOption).filter(
    // The token identifies the account.
    ({ name }) =>
      !(name === 'endpoint' && settings['endpoint'] === amazonEndpoint) &&
      !(name === 'account' && token !== undefined),
  );
  return { options: token === undefined ? options : [...options, ['token', token]], leftOut };
}
