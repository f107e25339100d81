export type ChecksumMode = 'whenSupported' | 'whenRequired';

/** The defaults of a provider. Settings of the remote take precedence. */
export interface S3Preset {
  /** The value of the setting `provider`. */
  readonly id: string;
  readonly title: string;
  /** Endpoints to choose from; empty on AWS = the SDK derives them from the region. */
  readonly endpoints: readonly S3PresetEndpoint[];
  /** False only for AWS. */
  readonly endpointNeeded: boolean;
  /** For prompts. */
  readonly endpointExample?: string;
  readonly regions: readonly S3Region[];
  readonly defaultRegion: string;
  readonly forcePathStyle: boolean;
  readonly checksums: ChecksumMode;
  /** How the service treats If-Match and If-None-Match; absent = enforced. */
  readonly conditionalWrites?: 'enforced' | 'checked';
  /** Absent = byte order, as S3 specifies. */
  readonly listOrder?: 'bytes' | 'unordered';
  /** Whether the service stores objects as files on a file system; absent = no. */
  readonly fileSystem?: boolean;
  /** The maximum number of parts of an upload; absent = 10,000, the limit of S3. */
  readonly maxParts?: number;
  /** Whether the wizard asks for the location constraint of new buckets. */
  readonly asksLocation: boolean;
}

export interface S3PresetEndpoint {
  readonly url: string;
  readonly title: string;
  /** The region that requests to this endpoint are signed for. */
  readonly region: string;
}

export interface S3Region {
  readonly id: string;
  readonly title: string;
}

const awsRegions: readonly S3Region[] = [
  { id: 'us-east-1', title: 'US East (N. Virginia)' },
  { id: 'us-east-2', title: 'US East (Ohio)' },
  { id: 'us-west-1', title: 'US West (N. California)' },
  { id: 'us-west-2', title: 'US West (Oregon)' },
  { id: 'ca-central-1', title: 'Canada (Central)' },
  { id: 'ca-west-1', title: 'Canada West (Calgary)' },
  { id: 'mx-central-1', title: 'Mexico (Central)' },
  { id: 'sa-east-1', title: 'South America (São Paulo)' },
  { id: 'eu-west-1', title: 'Europe (Ireland)' },
  { id: 'eu-west-2', title: 'Europe (London)' },
  { id: 'eu-west-3', title: 'Europe (Paris)' },
  { id: 'eu-central-1', title: 'Europe (Frankfurt)' },
  { id: 'eu-central-2', title: 'Europe (Zurich)' },
  { id: 'eu-north-1', title: 'Europe (Stockholm)' },
  { id: 'eu-south-1', title: 'Europe (Milan)' },
  { id: 'eu-south-2', title: 'Europe (Spain)' },
  { id: 'af-south-1', title: 'Africa (Cape Town)' },
  { id: 'il-central-1', title: 'Israel (Tel Aviv)' },
  { id: 'me-central-1', title: 'Middle East (UAE)' },
  { id: 'me-south-1', title: 'Middle East (Bahrain)' },
  { id: 'ap-south-1', title: 'Asia Pacific (Mumbai)' },
  { id: 'ap-south-2', title: 'Asia Pacific (Hyderabad)' },
  { id: 'ap-southeast-1', title: 'Asia Pacific (Singapore)' },
  { id: 'ap-southeast-2', title: 'Asia Pacific (Sydney)' },
  { id: 'ap-southeast-3', title: 'Asia Pacific (Jakarta)' },
  { id: 'ap-southeast-4', title: 'Asia Pacific (Melbourne)' },
  { id: 'ap-southeast-5', title: 'Asia Pacific (Malaysia)' },
  { id: 'ap-southeast-7', title: 'Asia Pacific (Thailand)' },
  { id: 'ap-east-1', title: 'Asia Pacific (Hong Kong)' },
  { id: 'ap-northeast-1', title: 'Asia Pacific (Tokyo)' },
  { id: 'ap-northeast-2', title: 'Asia Pacific (Seoul)' },
  { id: 'ap-northeast-3', title: 'Asia Pacific (Osaka)' },
  { id: 'us-gov-east-1', title: 'AWS GovCloud (US-East)' },
  { id: 'us-gov-west-1', title: 'AWS GovCloud (US-West)' },
  { id: 'cn-north-1', title: 'China (Beijing)' },
  { id: 'cn-northwest-1', title: 'China (Ningxia)' },
];

function endpointsOf(
  host: (region: string) => string,
  regions: readonly (readonly [string, string])[],
): readonly S3PresetEndpoint[] {
  return regions.map(([region, title]) => ({ url: `https://${host(region)}`, title, region }));
}

const compatible = {
  endpoints: [],
  endpointNeeded: true,
  regions: [],
  defaultRegion: 'us-east-1',
  forcePathStyle: true,
  // Only AWS is certain to accept the newer checksum headers; every service accepts Content-MD5.
  checksums: 'whenRequired',
  asksLocation: false,
} as const;

export const s3Presets: readonly S3Preset[] = [
  {
    id: 'AWS',
    title: 'Amazon Web Services S3',
    endpoints: [],
    endpointNeeded: false,
    regions: awsRegions,
    defaultRegion: 'us-east-1',
    forcePathStyle: false,
    checksums: 'whenSupported',
    asksLocation: false,
  },
  { ...compatible, id: 'Minio', title: 'MinIO', endpointExample: 'https://minio.example.com:9000' },
  {
    ...compatible,
    id: 'Cloudflare',
    title: 'Cloudflare R2',
    endpointExample: 'https://ACCOUNT_ID.r2.cloudflarestorage.com',
    defaultRegion: 'auto',
  },
  {
    ...compatible,
    id: 'Backblaze',
    title: 'Backblaze B2',
    endpoints: endpointsOf(
      (region) => `s3.${region}.backblazeb2.com`,
      [
        ['us-west-000', 'US West 000'],
        ['us-west-001', 'US West 001'],
        ['us-west-002', 'US West 002'],
        ['us-west-004', 'US West 004'],
        ['us-east-005', 'US East 005'],
        ['eu-central-003', 'EU Central 003'],
        ['ca-east-006', 'Canada East 006'],
      ],
    ),
    endpointExample: 'https://s3.us-west-004.backblazeb2.com',
  },
  {
    ...compatible,
    id: 'Wasabi',
    title: 'Wasabi',
    endpoints: endpointsOf(
      (region) => (region === 'us-east-1' ? 's3.wasabisys.com' : `s3.${region}.wasabisys.com`),
      [
        ['us-east-1', 'US East 1 (N. Virginia)'],
        ['us-east-2', 'US East 2 (N. Virginia)'],
        ['us-central-1', 'US Central 1 (Texas)'],
        ['us-west-1', 'US West 1 (Oregon)'],
        ['ca-central-1', 'Canada Central 1 (Toronto)'],
        ['eu-central-1', 'EU Central 1 (Amsterdam)'],
        ['eu-central-2', 'EU Central 2 (Frankfurt)'],
        ['eu-west-1', 'EU West 1 (London)'],
        ['eu-west-2', 'EU West 2 (Paris)'],
        ['ap-northeast-1', 'AP Northeast 1 (Tokyo)'],
        ['ap-northeast-2', 'AP Northeast 2 (Osaka)'],
        ['ap-southeast-1', 'AP Southeast 1 (Singapore)'],
        ['ap-southeast-2', 'AP Southeast 2 (Sydney)'],
      ],
    ),
    endpointExample: 'https://s3.eu-central-1.wasabisys.com',
  },
  {
    ...compatible,
    id: 'DigitalOcean',
    title: 'DigitalOcean Spaces',
    endpoints: endpointsOf(
      (region) => `${region}.digitaloceanspaces.com`,
      [
        ['nyc3', 'New York 3'],
        ['ams3', 'Amsterdam 3'],
        ['sfo2', 'San Francisco 2'],
        ['sfo3', 'San Francisco 3'],
        ['sgp1', 'Singapore 1'],
        ['lon1', 'London 1'],
        ['fra1', 'Frankfurt 1'],
        ['tor1', 'Toronto 1'],
        ['blr1', 'Bangalore 1'],
        ['syd1', 'Sydney 1'],
      ],
      // Spaces accepts signatures for the region of the endpoint and for us-east-1.
    ),
    endpointExample: 'https://fra1.digitaloceanspaces.com',
    forcePathStyle: false,
  },
  {
    ...compatible,
    id: 'GCS',
    title: 'Google Cloud Storage (interoperability)',
    endpoints: [{ url: 'https://storage.googleapis.com', title: 'Google Cloud Storage', region: 'auto' }],
    endpointExample: 'https://storage.googleapis.com',
    defaultRegion: 'auto',
    // On writes GCS supports x-goog-if-generation-match instead of If-Match.
    conditionalWrites: 'checked',
  },
  {
    ...compatible,
    id: 'Scaleway',
    title: 'Scaleway Object Storage',
    endpoints: endpointsOf(
      (region) => `s3.${region}.scw.cloud`,
      [
        ['fr-par', 'Paris'],
        ['nl-ams', 'Amsterdam'],
        ['pl-waw', 'Warsaw'],
        ['it-mil', 'Milan'],
      ],
    ),
    endpointExample: 'https://s3.fr-par.scw.cloud',
    forcePathStyle: false,
    maxParts: 1000,
  },
  {
    ...compatible,
    id: 'OVHcloud',
    title: 'OVHcloud Object Storage',
    endpoints: [
      ...endpointsOf(
        (region) => `s3.${region}.io.cloud.ovh.net`,
        [
          ['gra', 'Gravelines'],
          ['rbx', 'Roubaix'],
          ['sbg', 'Strasbourg'],
          ['eu-west-par', 'Paris'],
          ['de', 'Frankfurt'],
          ['uk', 'London'],
          ['waw', 'Warsaw'],
          ['bhs', 'Beauharnois'],
          ['ca-east-tor', 'Toronto'],
          ['sgp', 'Singapore'],
          ['ap-southeast-syd', 'Sydney'],
          ['ap-south-mum', 'Mumbai'],
        ],
      ),
      ...endpointsOf(
        (region) => `s3.${region}.io.cloud.ovh.us`,
        [
          ['us-east-va', 'Vint Hill (Virginia)'],
          ['us-west-or', 'Hillsboro (Oregon)'],
        ],
      ),
    ],
    endpointExample: 'https://s3.gra.io.cloud.ovh.net',
    forcePathStyle: false,
  },
  {
    ...compatible,
    id: 'Hetzner',
    title: 'Hetzner Object Storage',
    endpoints: endpointsOf(
      (region) => `${region}.your-objectstorage.com`,
      [
        ['fsn1', 'Falkenstein'],
        ['nbg1', 'Nuremberg'],
        ['hel1', 'Helsinki'],
      ],
    ),
    endpointExample: 'https://fsn1.your-objectstorage.com',
    forcePathStyle: false,
  },
  { ...compatible, id: 'IDrive', title: 'IDrive e2', endpointExample: 'https://ab12.la.idrivee2-5.com' },
  {
    ...compatible,
    id: 'Storj',
    title: 'Storj',
    endpoints: [{ url: 'https://gateway.storjshare.io', title: 'Global gateway', region: 'us-east-1' }],
    endpointExample: 'https://gateway.storjshare.io',
    forcePathStyle: false,
  },
  {
    ...compatible,
    id: 'Ceph',
    title: 'Ceph Object Gateway',
    endpointExample: 'https://rgw.example.com',
    asksLocation: true,
  },
  {
    ...compatible,
    id: 'Garage',
    title: 'Garage',
    endpointExample: 'http://127.0.0.1:3900',
    // Garage rejects requests that are signed for another region.
    defaultRegion: 'garage',
    conditionalWrites: 'checked',
  },
  {
    ...compatible,
    id: 'SeaweedFS',
    title: 'SeaweedFS',
    endpointExample: 'http://127.0.0.1:8333',
    // Older versions ignore preconditions of writes and sort folders by their names without the slash.
    conditionalWrites: 'checked',
    listOrder: 'unordered',
  },
  {
    ...compatible,
    id: 'VersityGW',
    title: 'VersityGW (Versity S3 Gateway)',
    endpointExample: 'http://127.0.0.1:7070',
    fileSystem: true,
  },
  {
    ...compatible,
    id: 'Rclone',
    title: 'rclone serve s3',
    endpointExample: 'http://127.0.0.1:8080',
    fileSystem: true,
  },
  { ...compatible, id: 'LocalStack', title: 'LocalStack', endpointExample: 'http://localhost:4566' },
  {
    ...compatible,
    id: 'Other',
    title: 'Other S3-compatible storage',
    endpointExample: 'https://s3.example.com',
    asksLocation: true,
  },
];

/** The preset with this id, ignoring case. */
export function presetNamed(provider: string | undefined): S3Preset | undefined {
  const id = provider?.toLowerCase();
  return s3Presets.find((preset) => preset.id.toLowerCase() === id);
}
