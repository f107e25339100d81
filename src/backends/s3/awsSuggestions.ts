import type { BackendHost, SuggestedRemote } from '../backend';
import {
  type AwsProfile,
  type AwsProfiles,
  describeProfile,
  profileChain,
  readAwsProfiles,
} from './awsProfiles';
import { endpointProblem } from './s3Config';

/** What describeProfile says of a profile that can't sign in by itself. */
const noCredentials = describeProfile(new Map());

/** The profiles of the shared AWS files, as remotes that use them. No secret is read out of them. Throws when a file can't be read. */
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
  const region = firstOf(profileChain(found, label), 'region');
  const endpoint = endpointOf(profile, found, env);
  const style = profile.get('s3.addressing_style');
  const problem = problemOf(label, found, endpoint);
  return {
    source: 'AWS profile',
    label,
    description: [describeProfile(profile), region, endpoint?.replace(/^https?:\/\//, '')]
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
    },
    ...(problem !== undefined && { problem }),
    ...(describeProfile(profile) === noCredentials && { doubtful: true }),
  };
}

function firstOf(chain: readonly AwsProfile[], setting: string): string | undefined {
  return chain.map((profile) => profile.get(setting)).find((value) => value !== undefined && value !== '');
}

/** As the AWS tools find it: S3's own address in the profile's services, then the profile's for all services; none where that is switched off. */
function endpointOf(
  profile: AwsProfile,
  { services }: AwsProfiles,
  env: BackendHost['env'],
): string | undefined {
  const ignored =
    env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] ?? profile.get('ignore_configured_endpoint_urls');
  if (/^true$/i.test(ignored ?? '')) return undefined;
  const own = services.get(profile.get('services') ?? '')?.get('s3.endpoint_url');
  return own || profile.get('endpoint_url') || undefined;
}

function problemOf(
  label: string,
  { notForSdk }: AwsProfiles,
  endpoint: string | undefined,
): string | undefined {
  // These are refused when credentials are asked for.
  if (notForSdk.get(label) !== undefined)
    return 'Its file is stored as UTF-16, which the AWS tools can’t read. Save it as UTF-8.';
  if (notForSdk.has(label))
    return 'Its name can’t be used here as it is written. Rename it: [profile NAME] with one space, and NAME with letters, digits and -_.@ without blanks.';
  return endpoint === undefined ? undefined : endpointProblem(endpoint);
}

/** Remotes may not have all the signs that profiles have. */
function remoteName(label: string): string {
  const name = label.replace(/[^\p{L}\p{N}_.+@-]+/gu, '-').replace(/^-+|-+$/g, '');
  return name === '' ? 'profile' : name.length === 1 ? `aws-${name}` : name;
}
