import type { BackendHost, OmittedSetting, SuggestedRemote } from '../../backend';
import { endpointProblem, shownEndpoint } from '../config/textSettings';
import {
  type AwsProfile,
  type AwsProfiles,
  describeProfile,
  profileChain,
  readAwsProfiles,
} from '../credentials/awsProfiles';

/** The description of a profile without credentials. */
const noCredentials = describeProfile(new Map());

/** One remote per profile of the shared AWS files. Reads no secret. Throws when a file can't be read. */
export async function suggestFromProfiles({
  env,
}: Pick<BackendHost, 'env'>): Promise<readonly SuggestedRemote[]> {
  const found = await readAwsProfiles(env);
  return [...found.profiles].map(([label, profile]) => suggestion(label, profile, found, env));
}

function suggestion(
  label: string,
  profile: AwsProfile,
  found: AwsProfiles,
  env: BackendHost['env'],
): SuggestedRemote {
  const region = firstOf(profileChain(found.profiles, label), 'region');
  const endpoint = endpointOf(profile, found, env);
  const style = profile.get('s3.addressing_style');
  const checksums = checksumModes[profile.get('request_checksum_calculation')?.toLowerCase() ?? ''];
  const caFile = profile.get('ca_bundle');
  const problem = problemOf(label, profile, found, endpoint);
  const leftOut = leftOutOf(profile);
  return {
    source: 'AWS profile',
    label,
    description: [describeProfile(profile), region, endpoint && shownEndpoint(endpoint)]
      .filter(Boolean)
      .join(' · '),
    name: remoteName(label),
    settings: {
      provider: endpoint === undefined ? 'AWS' : 'Other',
      ...(endpoint !== undefined && { endpoint }),
      ...(region !== undefined && { region }),
      credentials: 'profile',
      profile: label,
      ...(style === 'path' && { forcePathStyle: true }),
      ...(style === 'virtual' && { forcePathStyle: false }),
      ...(checksums !== undefined && { checksums }),
      ...(caFile !== undefined && { caFile }),
    },
    ...(leftOut.length > 0 && { leftOut }),
    ...(problem !== undefined && { problem }),
    ...(describeProfile(profile) === noCredentials && { doubtful: true }),
  };
}

function firstOf(chain: readonly AwsProfile[], setting: string): string | undefined {
  return chain.map((profile) => profile.get(setting)).find((value) => value !== undefined && value !== '');
}

const checksumModes: Readonly<Record<string, string>> = {
  when_supported: 'whenSupported',
  when_required: 'whenRequired',
};

/**
 * Finds the endpoint like aws 1.45: in the environment, else the S3 endpoint in the profile's services, else the profile's endpoint for
 * all services; none if configured endpoints are ignored. aws reads `s3 = endpoint_url` only with a plugin, so that value comes last.
 */
function endpointOf(
  profile: AwsProfile,
  { services }: AwsProfiles,
  env: BackendHost['env'],
): string | undefined {
  const ignored =
    env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] ?? profile.get('ignore_configured_endpoint_urls');
  if (/^true$/i.test(ignored ?? '')) return undefined;
  return (
    env['AWS_ENDPOINT_URL_S3'] ||
    env['AWS_ENDPOINT_URL'] ||
    services.get(profile.get('services') ?? '')?.get('s3.endpoint_url') ||
    profile.get('endpoint_url') ||
    profile.get('s3.endpoint_url') ||
    undefined
  );
}

/** Settings of a profile that affect the host and have no counterpart here. */
const unsupportedSettings: readonly (readonly [name: string, because: string])[] = [
  ['use_fips_endpoint', 'FIPS endpoints are used only if "endpoint" names one'],
  ['use_dualstack_endpoint', 'dual-stack endpoints are used only if "endpoint" names one'],
  ['s3.use_dualstack_endpoint', 'dual-stack endpoints are used only if "endpoint" names one'],
  ['s3.use_accelerate_endpoint', 'accelerated endpoints are not supported'],
];

function leftOutOf(profile: AwsProfile): readonly OmittedSetting[] {
  return unsupportedSettings.flatMap(([name, because]) =>
    /^true$/i.test(profile.get(name) ?? '') ? [{ name, because }] : [],
  );
}

function problemOf(
  label: string,
  profile: AwsProfile,
  { notForSdk, services }: AwsProfiles,
  endpoint: string | undefined,
): string | undefined {
  // The SDK rejects such a profile when it loads credentials.
  if (notForSdk.get(label) !== undefined)
    return 'Its file is stored as UTF-16, which the AWS tools can’t read. Save it as UTF-8.';
  if (notForSdk.has(label))
    return 'Its name can’t be used. Rename it: [profile NAME] with one space, where NAME contains letters, digits and -_.@ only.';
  const named = profile.get('services');
  if (named !== undefined && !services.has(named))
    return `It names the section [services ${named}], which isn’t in the file; aws rejects it too.`;
  if (/^(s3|v2|s3-query)$/i.test(profile.get('s3.signature_version') ?? ''))
    return 'It signs requests with version 2 ("signature_version"). Cloud Remotes supports version 4 only.';
  return endpoint === undefined ? undefined : endpointProblem(endpoint);
}

/** Profile names allow characters that remote names don't. */
function remoteName(label: string): string {
  const name = label.replace(/[^\p{L}\p{N}_.+@-]+/gu, '-').replace(/^-+|-+$/g, '');
  return name === '' ? 'profile' : name.length === 1 ? `aws-${name}` : name;
}
