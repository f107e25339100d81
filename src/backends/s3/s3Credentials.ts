import { RemoteError } from '../../remote/remoteError';
import type { BackendHost, WizardChoice } from '../backend';
import { type AwsProfile, awsFiles, describeProfile, profileChain, readAwsProfiles } from './awsProfiles';
import type { S3Config } from './s3Config';

type Sdk = typeof import('./awsSdk');

/** What requests are signed with; `expiration` makes the client ask anew in time. */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** Gives credentials whenever the client finds that it has none or that they are about to expire. */
export type CredentialsProvider = () => Promise<AwsKeys>;

/**
 * How the remote gets its credentials; undefined = it sends unsigned requests. The provider throws RemoteError
 * `signInNeeded` with the way out. Nothing is read or asked before it is called.
 */
export function credentialsOf(
  config: S3Config,
  host: BackendHost,
  sdk: Sdk,
): CredentialsProvider | undefined {
  switch (config.credentials) {
    case 'anonymous':
      return undefined;
    case 'keys':
      return () => staticKeys(config, host);
    case 'profile':
      return () => fromProfile(config.profile ?? 'default', config, host, sdk);
    case 'environment':
      return () => fromSurroundings(config, host, sdk);
  }
}

/**
 * The region that the environment or the profile names, when the settings don't. Reads the shared files only when a
 * profile may decide; a file that can't be read decides nothing (the credentials will tell of it).
 */
export async function surroundingRegion(config: S3Config, host: BackendHost): Promise<string | undefined> {
  if (config.credentials !== 'profile' && config.credentials !== 'environment') return undefined;
  const fromEnvironment = host.env['AWS_REGION'] ?? host.env['AWS_DEFAULT_REGION'];
  if (config.credentials === 'environment' && fromEnvironment) return fromEnvironment;
  const name = config.credentials === 'profile' ? config.profile : (host.env['AWS_PROFILE'] ?? 'default');
  const profiles = await readAwsProfiles(host.env).catch(() => undefined);
  return profiles?.profiles.get(name ?? 'default')?.get('region') ?? fromEnvironment;
}

async function staticKeys(config: S3Config, host: BackendHost): Promise<AwsKeys> {
  const [secretAccessKey, sessionToken] = await Promise.all([
    host.secret('secretAccessKey'),
    host.secret('sessionToken'),
  ]);
  if (!secretAccessKey)
    throw new RemoteError(
      'signInNeeded',
      `The secret access key of "${config.name}" is not known here. Edit the remote and enter it.`,
    );
  return {
    accessKeyId: config.accessKeyId ?? '',
    secretAccessKey,
    ...(sessionToken ? { sessionToken } : {}),
  };
}

async function fromProfile(profile: string, config: S3Config, host: BackendHost, sdk: Sdk): Promise<AwsKeys> {
  const chain = await profileChainOf(profile, host);
  if (chain.length === 0)
    throw new RemoteError(
      'signInNeeded',
      `There is no profile "${profile}" in ${awsFiles(host.env).config} or ${awsFiles(host.env).credentials}. Make it with: aws configure --profile ${profile}`,
    );
  refusePrograms(profile, chain, host);
  const files = awsFiles(host.env);
  try {
    return await sdk.fromIni({
      profile,
      configFilepath: files.config,
      filepath: files.credentials,
      ignoreCache: true,
      mfaCodeProvider: (device) => askCode(device, profile, host),
      clientConfig: { maxAttempts: 2, ...(config.region ? { region: config.region } : {}) },
    })();
  } catch (error) {
    throw profileError(error, profile, chain);
  }
}

async function fromSurroundings(config: S3Config, host: BackendHost, sdk: Sdk): Promise<AwsKeys> {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = host.env;
  if (AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY && !host.env['AWS_PROFILE'])
    return {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
    };
  const profile = host.env['AWS_PROFILE'] ?? 'default';
  const chain = await profileChainOf(profile, host);
  refusePrograms(profile, chain, host);
  const files = awsFiles(host.env);
  try {
    return await sdk.fromNodeProviderChain({
      ...(chain.length > 0 ? { profile } : {}),
      configFilepath: files.config,
      filepath: files.credentials,
      ignoreCache: true,
      mfaCodeProvider: (device) => askCode(device, profile, host),
      maxRetries: 0,
      timeout: 1000,
    })();
  } catch (error) {
    if (chain.length > 0) throw profileError(error, profile, chain);
    throw new RemoteError(
      'signInNeeded',
      `No credentials were found for "${config.name}" in the environment, the shared AWS files or this machine's role. Set "credentials" to "keys" or "profile", or sign in with the AWS command line.`,
      { cause: error },
    );
  }
}

async function profileChainOf(profile: string, host: BackendHost): Promise<readonly AwsProfile[]> {
  try {
    return profileChain(await readAwsProfiles(host.env), profile);
  } catch (error) {
    throw new RemoteError('signInNeeded', `The shared AWS files can't be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** A folder from elsewhere must not be able to make us run programs, not even those the user's own files name. */
function refusePrograms(profile: string, chain: readonly AwsProfile[], host: BackendHost): void {
  if (host.mayRunPrograms || !chain.some((p) => p.has('credential_process'))) return;
  throw new RemoteError(
    'signInNeeded',
    `The profile "${profile}" gets its credentials by running a program, which is not allowed in an untrusted workspace. Trust the workspace to use it.`,
  );
}

async function askCode(device: string, profile: string, host: BackendHost): Promise<string> {
  const code = await host.askCode?.(`Code of the MFA device ${device} for the profile "${profile}"`);
  if (!code)
    throw new RemoteError(
      'signInNeeded',
      `The profile "${profile}" needs the code of its MFA device, and none was entered.`,
    );
  return code;
}

function profileError(error: unknown, profile: string, chain: readonly AwsProfile[]): RemoteError {
  if (error instanceof RemoteError) return error;
  const own = chain[0];
  const last = chain[chain.length - 1];
  const details = { cause: error };
  if (own && chain.some((p) => p.has('sso_session') || p.has('sso_start_url')))
    return new RemoteError(
      'signInNeeded',
      `The single sign-on of the profile "${profile}" has expired or was never made. Run this, then try again: aws sso login --profile ${profile}`,
      { ...details, command: `aws sso login --profile ${profile}` },
    );
  if (own && chain.some((p) => p.has('login_session')))
    return new RemoteError(
      'signInNeeded',
      `The sign-in of the profile "${profile}" has expired. Run this, then try again: aws login --profile ${profile}`,
      { ...details, command: `aws login --profile ${profile}` },
    );
  if (own?.has('source_profile') && last === own)
    return new RemoteError(
      'signInNeeded',
      `The profile "${profile}" builds on "${own.get('source_profile')}", which doesn't exist.`,
      details,
    );
  if (own?.has('mfa_serial'))
    return new RemoteError(
      'signInNeeded',
      `The profile "${profile}" could not sign in with the MFA code. Wait for the next code and try again.`,
      details,
    );
  if (chain.some((p) => p.has('credential_process')))
    return new RemoteError(
      'signInNeeded',
      `The program that gives credentials for the profile "${profile}" failed. Run it in a terminal to see why.`,
      details,
    );
  if (own?.has('role_arn'))
    return new RemoteError(
      'signInNeeded',
      `The profile "${profile}" may not assume the role ${own.get('role_arn')}. Check the role and its trust.`,
      details,
    );
  return new RemoteError(
    'signInNeeded',
    `The profile "${profile}" gives no credentials. See: aws configure --profile ${profile}`,
    details,
  );
}

/** The profiles of the shared files, as choices for the wizard; none when the files can't be read. */
export async function profileChoices(env: BackendHost['env']): Promise<readonly WizardChoice[]> {
  const found = await readAwsProfiles(env).catch(() => undefined);
  return [...(found?.profiles ?? [])].map(([name, profile]) => ({
    value: name,
    label: name,
    description: describeProfile(profile),
  }));
}
