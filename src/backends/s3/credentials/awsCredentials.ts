import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { RemoteError } from '../../../remote/remoteError';
import type { BackendHost, WizardChoice } from '../../backend';
import type { S3Config } from '../config/s3Config';
import { type AwsProfile, awsFiles, describeProfile, profileChain, readAwsProfiles } from './awsProfiles';
import { profileError, unknownProfile } from './profileErrors';

type Sdk = typeof import('../awsSdk');

/** What requests are signed with; The client renews them before `expiration`. */
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
 * `unauthenticated` with the way out, `unavailable` when a sign-in service can't be reached. Nothing is read or asked before it
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
      return debouncePrompts(host, (asking) =>
        fromProfile(config.profile ?? 'default', config, asking, sdk, signInClient),
      );
    case 'environment':
      return debouncePrompts(host, (asking) => fromEnvironment(config, asking, sdk, signInClient));
  }
}

/**
 * A person who gave no code, or a wrong one, is not asked again by every other request of the same burst (the files of a
 * sync): these are told what the first was told.
 */
function debouncePrompts(
  host: BackendHost,
  load: (asking: BackendHost) => Promise<AwsKeys>,
): CredentialsProvider {
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

/** The options that the SDK needs to read `profile` from the files that `host` names. */
function profileOptions(profile: string, config: S3Config, host: BackendHost, signInClient: SignInClient) {
  const files = awsFiles(host.env);
  return {
    profile,
    configFilepath: files.config,
    filepath: files.credentials,
    ignoreCache: true,
    mfaCodeProvider: (device: string) => askCode(device, profile, host),
    clientConfig: { ...signInClient, ...(config.region ? { region: config.region } : {}) },
  };
}

/**
 * The region that the environment or the profile names, when the settings don't. Reads the shared files only when a
 * profile may decide; a file that can't be read decides nothing (the credentials will tell of it).
 */
export async function resolveRegion(config: S3Config, host: BackendHost): Promise<string | undefined> {
  if (config.credentials !== 'profile' && config.credentials !== 'environment') return undefined;
  const fromEnvironment = host.env['AWS_REGION'] || host.env['AWS_DEFAULT_REGION'];
  if (config.credentials === 'environment' && fromEnvironment) return fromEnvironment;
  const name = config.credentials === 'profile' ? config.profile : profileOfEnvironment(host.env)?.name;
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
      'unauthenticated',
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
  const chain = await profileChainOf(profile, host, sdk);
  if (chain.length === 0) throw await unknownProfile(profile, host);
  refusePrograms(profile, chain, host);
  try {
    return await sdk.fromIni(profileOptions(profile, config, host, signInClient))();
  } catch (error) {
    throw await profileError(error, profile, chain, host);
  }
}

/** The profile that the environment names, and by which variable; as `aws` has it, AWS_DEFAULT_PROFILE goes first. */
function profileOfEnvironment(
  env: BackendHost['env'],
): { readonly name: string; readonly variable: string } | undefined {
  for (const variable of ['AWS_DEFAULT_PROFILE', 'AWS_PROFILE']) {
    const name = env[variable];
    if (name) return { name, variable };
  }
  return undefined;
}

/**
 * In the order of `aws`: keys in the environment go before the profile that it names (only `--profile`, here the setting
 * "profile", goes before both), a key without its secret is an error, a secret without a key is nothing.
 */
async function fromEnvironment(
  config: S3Config,
  host: BackendHost,
  sdk: Sdk,
  signInClient: SignInClient,
): Promise<AwsKeys> {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_SECURITY_TOKEN } = host.env;
  if (AWS_ACCESS_KEY_ID) {
    if (!AWS_SECRET_ACCESS_KEY)
      throw new RemoteError(
        'unauthenticated',
        'The environment has AWS_ACCESS_KEY_ID without AWS_SECRET_ACCESS_KEY. Set both, or neither.',
      );
    const token = AWS_SESSION_TOKEN || AWS_SECURITY_TOKEN;
    return {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(token ? { sessionToken: token } : {}),
    };
  }
  const named = profileOfEnvironment(host.env);
  const profile = named?.name ?? 'default';
  const chain = await profileChainOf(profile, host, sdk);
  if (chain.length === 0 && named)
    throw await unknownProfile(profile, host, `, which ${named.variable} names,`);
  refusePrograms(profile, chain, host);
  try {
    return await sdk.fromNodeProviderChain({
      // Always named: without it, the SDK would look in its own environment for another one than the one judged above.
      ...profileOptions(profile, config, host, signInClient),
      maxRetries: 0,
      timeout: 1000,
    })();
  } catch (error) {
    if (chain.length > 0) throw await profileError(error, profile, chain, host);
    throw new RemoteError(
      'unauthenticated',
      `No credentials were found for "${config.name}" in the environment, the shared AWS files or this machine's role. Set "credentials" to "keys" or "profile", or sign in with the AWS command line.`,
      { cause: error },
    );
  }
}

/**
 * The profile and those it builds on, by the reading of the SDK, which is what it acts on; empty when it finds no such profile
 * (also when it can't read the files).
 */
async function profileChainOf(profile: string, host: BackendHost, sdk: Sdk): Promise<readonly AwsProfile[]> {
  const files = awsFiles(host.env);
  const found = await sdk.parseKnownFiles({
    configFilepath: files.config,
    filepath: files.credentials,
    ignoreCache: true,
  });
  const profiles = new Map(
    Object.entries(found).map(([name, settings]) => [
      name,
      new Map(Object.entries(settings) as [string, string][]),
    ]),
  );
  return profileChain({ profiles }, profile);
}

/** A folder from elsewhere must not be able to make us run programs, not even those the user's own files name. */
function refusePrograms(profile: string, chain: readonly AwsProfile[], host: BackendHost): void {
  if (host.mayRunPrograms || !chain.some((p) => p.has('credential_process'))) return;
  throw new RemoteError(
    'unauthenticated',
    `The profile "${profile}" gets its credentials by running a program, which is not allowed in an untrusted workspace. Trust the workspace to use it.`,
  );
}

async function askCode(device: string, profile: string, host: BackendHost): Promise<string> {
  const code = await host.askCode?.(`Code of the MFA device ${device} for the profile "${profile}"`);
  if (!code)
    throw new RemoteError(
      'unauthenticated',
      `The profile "${profile}" needs the code of its MFA device, and none was entered.`,
    );
  return code;
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
