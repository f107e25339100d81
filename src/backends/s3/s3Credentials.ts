import type { S3ClientConfig } from '@aws-sdk/client-s3';
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

/** How the sign-in services are asked: through the remote's own agents, so that its proxy and authorities hold for them too. */
export type SignInClient = Pick<S3ClientConfig, 'maxAttempts' | 'requestHandler'>;

/** Requests that fail together are that close to each other. */
const burstMs = 2000;

/**
 * How the remote gets its credentials; undefined = it sends unsigned requests. The provider throws RemoteError
 * `signInNeeded` with the way out, `unavailable` when a sign-in service can't be reached. Nothing is read or asked before it
 * is called.
 */
export function credentialsOf(
  config: S3Config,
  host: BackendHost,
  sdk: Sdk,
  signInClient: SignInClient,
): CredentialsProvider | undefined {
  switch (config.credentials) {
    case 'anonymous':
      return undefined;
    case 'keys':
      return () => staticKeys(config, host);
    case 'profile':
      return askedOnce(host, (asking) =>
        fromProfile(config.profile ?? 'default', config, asking, sdk, signInClient),
      );
    case 'environment':
      return askedOnce(host, (asking) => fromSurroundings(config, asking, sdk, signInClient));
  }
}

/**
 * A person who gave no code, or a wrong one, is not asked again by every other request of the same burst (the files of a
 * sync): these are told what the first was told.
 */
function askedOnce(host: BackendHost, load: (asking: BackendHost) => Promise<AwsKeys>): CredentialsProvider {
  let failure: { readonly error: unknown; until: number } | undefined;
  return async () => {
    const now = host.clock.now();
    if (failure && now < failure.until) {
      failure.until = now + burstMs;
      throw failure.error;
    }
    failure = undefined;
    let asked = false;
    const { askCode } = host;
    const asking: BackendHost = {
      ...host,
      ...(askCode && {
        askCode: (prompt: string) => {
          asked = true;
          return askCode.call(host, prompt);
        },
      }),
    };
    try {
      return await load(asking);
    } catch (error) {
      if (asked) failure = { error, until: host.clock.now() + burstMs };
      throw error;
    }
  };
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

async function fromProfile(
  profile: string,
  config: S3Config,
  host: BackendHost,
  sdk: Sdk,
  signInClient: SignInClient,
): Promise<AwsKeys> {
  const chain = await profileChainOf(profile, host);
  if (chain.length === 0) throw noProfile(profile, host);
  refusePrograms(profile, chain, host);
  const files = awsFiles(host.env);
  try {
    return await sdk.fromIni({
      profile,
      configFilepath: files.config,
      filepath: files.credentials,
      ignoreCache: true,
      mfaCodeProvider: (device) => askCode(device, profile, host),
      clientConfig: { ...signInClient, ...(config.region ? { region: config.region } : {}) },
    })();
  } catch (error) {
    throw profileError(error, profile, chain);
  }
}

async function fromSurroundings(
  config: S3Config,
  host: BackendHost,
  sdk: Sdk,
  signInClient: SignInClient,
): Promise<AwsKeys> {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = host.env;
  if (AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY && !host.env['AWS_PROFILE'])
    return {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
    };
  const profile = host.env['AWS_PROFILE'] ?? 'default';
  const chain = await profileChainOf(profile, host);
  if (chain.length === 0 && host.env['AWS_PROFILE'])
    throw noProfile(profile, host, ', which AWS_PROFILE names,');
  refusePrograms(profile, chain, host);
  const files = awsFiles(host.env);
  try {
    return await sdk.fromNodeProviderChain({
      ...(chain.length > 0 ? { profile } : {}),
      configFilepath: files.config,
      filepath: files.credentials,
      ignoreCache: true,
      mfaCodeProvider: (device) => askCode(device, profile, host),
      clientConfig: { ...signInClient, ...(config.region ? { region: config.region } : {}) },
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

/** The profile and those it builds on; empty when there is no such profile. Throws `signInNeeded` where they can't be used. */
async function profileChainOf(profile: string, host: BackendHost): Promise<readonly AwsProfile[]> {
  let chain: readonly AwsProfile[];
  try {
    chain = profileChain(await readAwsProfiles(host.env), profile);
  } catch (error) {
    throw new RemoteError('signInNeeded', `The shared AWS files can't be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const odd = [profile, ...chain.map((p) => p.get('source_profile') ?? '')].find((name) =>
    /[^\w@+.%:/-]/.test(name),
  );
  if (odd !== undefined && chain.length > 0)
    throw new RemoteError(
      'signInNeeded',
      `The name of the profile "${odd}" can't be used here. Rename it: letters, digits and -_.@ without blanks.`,
    );
  return chain;
}

function noProfile(profile: string, host: BackendHost, whence = ''): RemoteError {
  const files = awsFiles(host.env);
  const command = `aws configure --profile ${profile}`;
  return new RemoteError(
    'signInNeeded',
    `There is no profile "${profile}"${whence} in ${files.config} or ${files.credentials}. Make it with: ${command}`,
    { command },
  );
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
  const unreachable = networkCode(error);
  if (unreachable)
    return new RemoteError(
      'unavailable',
      `The service that signs in the profile "${profile}" can't be reached (${unreachable}). Check the network.`,
      { ...details, code: unreachable },
    );
  const sso = chainMember(chain, profile, (p) => p.has('sso_session') || p.has('sso_start_url'));
  if (sso !== undefined)
    return new RemoteError(
      'signInNeeded',
      `The single sign-on of the profile "${sso}" has expired or was never made. Run this, then try again: ${ssoLogin(sso)}`,
      { ...details, command: ssoLogin(sso) },
    );
  const login = chainMember(chain, profile, (p) => p.has('login_session'));
  if (login !== undefined)
    return new RemoteError(
      'signInNeeded',
      `The sign-in of the profile "${login}" has expired. Run this, then try again: aws login --profile ${login}`,
      { ...details, command: `aws login --profile ${login}` },
    );
  const loopsTo = last?.get('source_profile');
  if (loopsTo !== undefined && chain.length > 1 && buildsOn(chain, profile).includes(loopsTo))
    return new RemoteError(
      'signInNeeded',
      `The profile "${profile}" builds on itself: ${[...buildsOn(chain, profile), loopsTo].join(' → ')}. Correct "source_profile".`,
      details,
    );
  if (own?.has('source_profile') && last === own)
    return new RemoteError(
      'signInNeeded',
      `The profile "${profile}" builds on "${own.get('source_profile')}", which doesn't exist. Correct "source_profile".`,
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
  const command = `aws configure --profile ${profile}`;
  return new RemoteError(
    'signInNeeded',
    `The profile "${profile}" gives no credentials. Enter them: ${command}`,
    {
      ...details,
      command,
    },
  );
}

/** The command that renews the single sign-on of a profile. */
export function ssoLogin(profile: string): string {
  return `aws sso login --profile ${profile}`;
}

/** The names of a chain's profiles. */
function buildsOn(chain: readonly AwsProfile[], first: string): string[] {
  return chain.map((_, i) => (i === 0 ? first : (chain[i - 1]?.get('source_profile') ?? '')));
}

/** The name of the nearest profile of the chain that fits: the one asked for, or one that it builds on. */
function chainMember(
  chain: readonly AwsProfile[],
  first: string,
  fits: (profile: AwsProfile) => boolean,
): string | undefined {
  return buildsOn(chain, first)[chain.findIndex(fits)];
}

/** The code of a network that was in the way of a sign-in service; undefined when `error` is something else. */
function networkCode(error: unknown): string | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    const { code } = e as { code?: unknown };
    if (typeof code === 'string' && /^(E[A-Z]+|CERT_|DEPTH_|SELF_|UNABLE_|ERR_TLS)/.test(code)) return code;
    if (e.name === 'TimeoutError') return 'ETIMEDOUT';
  }
  return undefined;
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
