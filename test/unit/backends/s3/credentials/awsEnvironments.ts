/** As we say it, and as aws does. */
const PARTIAL = /AWS_ACCESS_KEY_ID without AWS_SECRET_ACCESS_KEY|Partial credentials found in env/;

/** Whose keys sign in which environment; the real aws is asked the same (test/interop/awsCredentials.test.ts). `key` and `secret` are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. */
export const awsEnvironments: readonly {
  readonly env: Readonly<Record<string, string>>;
  /** Whose keys sign; a message for what is refused. */
  readonly takes: 'ENV' | 'P' | 'Q' | 'DEFAULT' | RegExp;
  readonly settings?: Readonly<Record<string, unknown>>;
}[] = [
  { env: {}, takes: 'DEFAULT' },
  { env: { AWS_PROFILE: 'p' }, takes: 'P' },
  { env: { AWS_DEFAULT_PROFILE: 'q' }, takes: 'Q' },
  { env: { AWS_DEFAULT_PROFILE: 'q', AWS_PROFILE: 'p' }, takes: 'Q' },
  { env: { key: 'ENV', secret: 's' }, takes: 'ENV' },
  { env: { AWS_PROFILE: 'p', key: 'ENV', secret: 's' }, takes: 'ENV' },
  { env: { AWS_DEFAULT_PROFILE: 'q', key: 'ENV', secret: 's' }, takes: 'ENV' },
  { env: { AWS_PROFILE: 'p', key: 'ENV', secret: 's' }, settings: { profile: 'q' }, takes: 'Q' },
  { env: { key: 'ENV', secret: 's' }, settings: { profile: 'p' }, takes: 'P' },
  { env: { AWS_PROFILE: 'p', secret: 's' }, takes: 'P' },
  { env: { AWS_PROFILE: 'p', key: '', secret: 's' }, takes: 'P' },
  { env: { AWS_PROFILE: 'p', key: 'ENV' }, takes: PARTIAL },
  { env: { key: 'ENV', secret: '' }, takes: PARTIAL },
  { env: { AWS_PROFILE: 'gone' }, takes: /profile.*gone/ },
  { env: { AWS_DEFAULT_PROFILE: 'gone', AWS_PROFILE: 'p' }, takes: /profile.*gone/ },
];
