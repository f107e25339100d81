import { isRemoteError, RemoteError } from '../../../remote/remoteError';
import type { BackendHost } from '../../backend';
import { type AwsProfile, type AwsProfiles, awsFiles, readAwsProfiles } from './awsProfiles';

/** The RemoteError for a profile that the SDK does not find. `namedBy` follows the profile's name in the sentence. */
export async function unknownProfile(profile: string, host: BackendHost, namedBy = ''): Promise<RemoteError> {
  const found = await readProfiles(host);
  if (isRemoteError(found)) return found;
  if (found.notForSdk.has(profile)) return notForSdk(profile, found);
  if (found.profiles.has(profile)) return noCredentials(profile);
  return noProfile(profile, host, namedBy);
}

async function readProfiles(host: BackendHost): Promise<AwsProfiles | RemoteError> {
  try {
    return await readAwsProfiles(host.env);
  } catch (error) {
    const message = `The shared AWS files can't be read: ${(error as Error).message}`;
    return new RemoteError('unauthenticated', message, { cause: error });
  }
}

function notForSdk(profile: string, found: AwsProfiles): RemoteError {
  const file = found.notForSdk.get(profile);
  return new RemoteError(
    'unauthenticated',
    file === undefined
      ? `The AWS SDK can't read the name of the profile "${profile}". Write its section as [profile NAME] with one space, where NAME contains letters, digits and -_.@ only.`
      : `The profile "${profile}" can't be used: ${file} is stored as UTF-16, which the AWS tools can't read. Save it as UTF-8.`,
  );
}

function noProfile(profile: string, host: BackendHost, namedBy: string): RemoteError {
  const files = awsFiles(host.env);
  const command = `aws configure --profile ${profile}`;
  return new RemoteError(
    'unauthenticated',
    `There is no profile "${profile}"${namedBy} in ${files.config} or ${files.credentials}. Create it: ${command}`,
    { command },
  );
}

/** A failed sign-in of a profile. `chain` as the SDK reads it: the profile `own` and its sources, nearest first. */
interface ProfileFailure {
  readonly profile: string;
  readonly own: AwsProfile | undefined;
  readonly chain: readonly AwsProfile[];
}

/** Sign-ins that the user renews with a command. */
const logins: readonly {
  readonly settings: readonly string[];
  readonly problem: (profile: string) => string;
  readonly command: (profile: string) => string;
}[] = [
  {
    settings: ['sso_session', 'sso_start_url'],
    problem: (profile) => `The single sign-on of the profile "${profile}" has expired or does not exist.`,
    command: ssoLogin,
  },
  {
    settings: ['login_session'],
    problem: (profile) => `The sign-in of the profile "${profile}" has expired.`,
    command: (profile) => `aws login --profile ${profile}`,
  },
];

/** Other causes; the first one that applies counts. */
const problems: readonly {
  readonly applies: (failure: ProfileFailure) => boolean | undefined;
  readonly message: (failure: ProfileFailure) => string;
}[] = [
  {
    applies: ({ own, chain }) => own?.has('source_profile') && chain.length === 1,
    message: ({ profile, own }) =>
      `The profile "${profile}" builds on "${own?.get('source_profile')}", which doesn't exist. Correct "source_profile".`,
  },
  {
    applies: ({ own }) => own?.has('mfa_serial'),
    message: ({ profile }) =>
      `The profile "${profile}" could not sign in with the MFA code. Wait for the next code and try again.`,
  },
  {
    applies: ({ chain }) => chain.some((member) => member.has('credential_process')),
    message: ({ profile }) =>
      `The program that supplies the credentials of the profile "${profile}" failed. Run it in a terminal to see why.`,
  },
  {
    applies: ({ own }) => own?.has('role_arn'),
    message: ({ profile, own }) =>
      `The profile "${profile}" may not assume the role ${own?.get('role_arn')}. Check the role and its trust.`,
  },
];

/** The RemoteError for a sign-in that failed with `error`. `chain` as in `ProfileFailure`. */
export async function profileError(
  error: unknown,
  profile: string,
  chain: readonly AwsProfile[],
  host: BackendHost,
): Promise<RemoteError> {
  if (error instanceof RemoteError) return error;
  const unreachable = networkCode(error);
  if (unreachable)
    return new RemoteError(
      'unavailable',
      `The sign-in service of the profile "${profile}" can't be reached (${unreachable}). Check the network.`,
      { cause: error, code: unreachable },
    );
  const fail = (message: string, command?: string) =>
    new RemoteError('unauthenticated', message, { cause: error, ...(command && { command }) });
  const names = chain.map((_, i) => (i === 0 ? profile : (chain[i - 1]?.get('source_profile') ?? '')));
  for (const { settings, problem, command } of logins) {
    const name = names[chain.findIndex((member) => settings.some((setting) => member.has(setting)))];
    if (name !== undefined)
      return fail(`${problem(name)} Run this, then try again: ${command(name)}`, command(name));
  }
  const next = chain.at(-1)?.get('source_profile');
  if (next !== undefined && chain.length > 1 && names.includes(next))
    return fail(
      `The profile "${profile}" builds on itself: ${[...names, next].join(' → ')}. Correct "source_profile".`,
    );
  // The SDK treats an unreadable file as empty.
  const found = await readProfiles(host);
  if (isRemoteError(found)) return found;
  if (next !== undefined && found.notForSdk.has(next)) return notForSdk(next, found);
  const failure = { profile, own: chain[0], chain };
  const known = problems.find(({ applies }) => applies(failure));
  return known ? fail(known.message(failure)) : noCredentials(profile, error);
}

function noCredentials(profile: string, cause?: unknown): RemoteError {
  const command = `aws configure --profile ${profile}`;
  const message = `The profile "${profile}" has no credentials. Enter them: ${command}`;
  return new RemoteError('unauthenticated', message, { command, ...(cause !== undefined && { cause }) });
}

export function ssoLogin(profile: string): string {
  return `aws sso login --profile ${profile}`;
}

/** The code of a network error between here and a sign-in service; undefined for other errors. */
function networkCode(error: unknown): string | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    const { code } = e as { code?: unknown };
    if (typeof code === 'string' && /^(E[A-Z]+|CERT_|DEPTH_|SELF_|UNABLE_|ERR_TLS)/.test(code)) return code;
    if (e.name === 'TimeoutError') return 'ETIMEDOUT';
  }
  return undefined;
}
