import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { RemoteError } from '../../../remote/remoteError';
import type { BackendHost, Keys, WizardChoice } from '../../backend';
import type { S3Config } from '../config/s3Config';
import { type AwsProfile, awsFiles, describeProfile, profileChain, readAwsProfiles } from './awsProfiles';
import { profileError, unknownProfile } from './profileErrors';

type Sdk = typeof import('../awsSdk');

/** The keys that sign requests. The client renews them before `expiration`. */
export type AwsKeys = Keys;

/** Loads credentials when there are none, or when they are about to expire. */
export type CredentialsProvider = () => Promise<AwsKeys>;

/** The client of the sign-in services uses the remote's agents, so the remote's proxy and certificates apply. */
type SignInClient = Pick<S3ClientConfig, 'maxAttempts' | 'requestHandler'>;

/** In milliseconds. Failed requests of one burst are closer to each other. */
const burstMs = 2000;

/** What the SDK needs to read profiles and to sign in. */
interface SignInSdk {
  readonly sdk: Sdk;
  readonly signInClient: SignInClient;
}

/** The parameters of the ways that need the SDK. */
interface Sources extends SignInSdk {
  readonly config: S3Config;
  readonly host: BackendHost;
}

/**
 * The provider of a remote's credentials; undefined for unsigned requests. It reads nothing before its first call. It throws RemoteError
 * `unauthenticated` with a remedy, `unavailable` when a sign-in service can't be reached.
 */
export function credentialsOf(
  config: S3Config,
  host: BackendHost,
  loadSdk: () => Promise<SignInSdk>,
): CredentialsProvider | undefined {
  switch (config.credentials) {
    case 'anonymous':
      return undefined;
    case 'keys':
      return () => staticKeys(config, host);
    case 'profile':
      return debouncePrompts(host, async (prompting) =>
        fromProfile(config.profile ?? 'default', { config, host: prompting, ...(await loadSdk()) }),
      );
    case 'environment':
      return debouncePrompts(
        host,
        async (prompting) =>
          keysOfEnvironment(host) ??
          fromProfileOfEnvironment({ config, host: prompting, ...(await loadSdk()) }),
      );
  }
}

/** After a missing or wrong code the other requests of a burst (the files of a sync) fail like the first one, without another prompt. */
function debouncePrompts(
  host: BackendHost,
  load: (prompting: BackendHost) => Promise<AwsKeys>,
): CredentialsProvider {
  let failure: { readonly error: unknown; until: number } | undefined;
  return async () => {
    const now = host.clock.now();
    if (failure && now < failure.until) {
      failure.until = now + burstMs;
      throw failure.error;
    }
    failure = undefined;
    let prompted = false;
    const askCode = async (prompt: string) => {
      prompted = true;
      return host.askCode?.(prompt);
    };
    try {
      return await load({ ...host, ...(host.askCode && { askCode }) });
    } catch (error) {
      if (prompted) failure = { error, until: host.clock.now() + burstMs };
      throw error;
    }
  };
}

/** The options that the SDK needs to read `profile` from the files that `host` names. */
function profileOptions(profile: string, { config, host, signInClient }: Sources) {
  return {
    ...fileOptions(host),
    profile,
    mfaCodeProvider: (device: string) => askCode(device, profile, host),
    clientConfig: { ...signInClient, ...(config.region && { region: config.region }) },
  };
}

function fileOptions({ env }: BackendHost) {
  const { config, credentials } = awsFiles(env);
  return { configFilepath: config, filepath: credentials, ignoreCache: true };
}

/** The region of the environment or of the profile. Ignores a file that can't be read: loading the credentials reports it. */
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
      `The secret access key of "${config.name}" is missing. Edit the remote and enter it.`,
    );
  return {
    accessKeyId: config.accessKeyId ?? '',
    secretAccessKey,
    ...(sessionToken && { sessionToken }),
  };
}

async function fromProfile(profile: string, sources: Sources): Promise<AwsKeys> {
  const { host, sdk } = sources;
  const chain = await profileChainOf(profile, sources);
  if (chain.length === 0) throw await unknownProfile(profile, host);
  rejectPrograms(profile, chain, host);
  try {
    return await sdk.fromIni(profileOptions(profile, sources))();
  } catch (error) {
    throw await profileError(error, profile, chain, host);
  }
}

/** The profile that the environment names, and the variable. As in `aws`, AWS_DEFAULT_PROFILE comes first. */
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
 * As in `aws`, keys in the environment take precedence over the profile that it names. A key without its secret is an error, a secret without
 * a key is ignored.
 */
function keysOfEnvironment({ env }: BackendHost): AwsKeys | undefined {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_SECURITY_TOKEN } = env;
  if (!AWS_ACCESS_KEY_ID) return undefined;
  if (!AWS_SECRET_ACCESS_KEY)
    throw new RemoteError(
      'unauthenticated',
      'The environment has AWS_ACCESS_KEY_ID without AWS_SECRET_ACCESS_KEY. Set both, or neither.',
    );
  const sessionToken = AWS_SESSION_TOKEN || AWS_SECURITY_TOKEN;
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(sessionToken && { sessionToken }),
  };
}

/** The keys of the profile that the environment names, else of the default profile, else of this machine's role. */
async function fromProfileOfEnvironment(sources: Sources): Promise<AwsKeys> {
  const { config, host, sdk } = sources;
  const named = profileOfEnvironment(host.env);
  const profile = named?.name ?? 'default';
  const chain = await profileChainOf(profile, sources);
  if (chain.length === 0 && named)
    throw await unknownProfile(profile, host, `, which ${named.variable} names,`);
  rejectPrograms(profile, chain, host);
  try {
    return await sdk.fromNodeProviderChain({
      // Always has the profile: the SDK would otherwise take one from its own environment, unchecked.
      ...profileOptions(profile, sources),
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

/** The profile and its sources as the SDK reads them; empty when the SDK finds no such profile or can't read the files. */
async function profileChainOf(profile: string, { host, sdk }: Sources): Promise<readonly AwsProfile[]> {
  const found = Object.entries(await sdk.parseKnownFiles(fileOptions(host)));
  const toProfile = (settings: object): AwsProfile => new Map(Object.entries(settings));
  return profileChain(new Map(found.map(([name, settings]) => [name, toProfile(settings)])), profile);
}

/** A workspace from a stranger must not run programs, not even those in the user's own files. */
function rejectPrograms(profile: string, chain: readonly AwsProfile[], host: BackendHost): void {
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

/** The profiles of the shared files as choices for the wizard; empty when a file can't be read. */
export async function profileChoices(env: BackendHost['env']): Promise<readonly WizardChoice[]> {
  const found = await readAwsProfiles(env).catch(() => undefined);
  return [...(found?.profiles ?? [])].map(([name, profile]) => ({
    value: name,
    label: name,
    description: describeProfile(profile),
  }));
}
