import { RemoteError, type RemoteErrorDetails, type RemoteErrorKind } from '../../remote/remoteError';
import type { S3Config } from './s3Config';

/** What a request was about, for the sentence of its error. */
export interface ErrorContext {
  readonly config: S3Config;
  /** The bucket asked, if any. */
  readonly bucket?: string;
  /** The path asked (`bucket/key`), for people. */
  readonly path?: string;
}

/** A RemoteError of `kind`. */
export function fail(kind: RemoteErrorKind, message: string, details: RemoteErrorDetails): RemoteError {
  return new RemoteError(kind, message, details);
}

/** What people call the service: its host, or AWS. */
export function serviceName(config: S3Config): string {
  return config.endpoint === undefined ? 'AWS S3' : new URL(config.endpoint).host;
}

/** A foreign message as one short sentence, without anything that a signed address may hold. */
export function sentence(text: string): string {
  const line = text
    .replace(/\s+/g, ' ')
    .replace(/(X-Amz-(?:Signature|Credential|Security-Token))=[^&\s"]+/gi, '$1=…')
    .trim()
    .slice(0, 300);
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
