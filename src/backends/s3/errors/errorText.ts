import { RemoteError, type RemoteErrorDetails, type RemoteErrorKind } from '../../../remote/remoteError';
import type { S3Config } from '../config/s3Config';

/** What a request was about, for the sentence of its error. */
export interface ErrorContext {
  readonly config: S3Config;
  /** The bucket asked, if any. */
  readonly bucket?: string;
  /** The path asked (`bucket/key`), for people. */
  readonly path?: string;
  /** S3's name of what was asked, such as `PutObject`. */
  readonly operation?: string;
  /** What a policy has to allow besides the operation's own action: `s3:PutObjectTagging` for an upload with tags. */
  readonly moreActions?: readonly string[];
}

/** A RemoteError of `kind`. */
export function fail(kind: RemoteErrorKind, message: string, details: RemoteErrorDetails): RemoteError {
  return new RemoteError(kind, message, details);
}

/** What people call the service: its host, or AWS. */
export function serviceName(config: S3Config): string {
  return config.endpoint === undefined ? 'AWS S3' : new URL(config.endpoint).host;
}

/**
 * A foreign message as one short sentence, without anything that a signed address may hold. What would change how the text around it
 * is read goes too: control characters, those that turn the direction of writing, and the middle of a Markdown link.
 */
export function sanitizeMessage(text: string): string {
  const line = text
    .slice(0, 2000)
    .replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, ' ')
    .replace(/\s+/g, ' ')
    .replaceAll('](', '] (')
    .replace(/(X-Amz-(?:Signature|Credential|Security-Token))=[^&\s"]+/gi, '$1=…')
    .trim();
  // As people count characters: one that takes two units isn't cut in half.
  const points = [...line];
  const short = points.length > 300 ? `${points.slice(0, 300).join('')}…` : line;
  return /[.!?]$/.test(short) ? short : `${short}.`;
}

/** A service's own code, if it has the form of one; undefined for anything else that stands in its place. */
export function codeWord(code: string | undefined): string | undefined {
  return code !== undefined && /^[A-Za-z][\w.-]{0,63}$/.test(code) ? code : undefined;
}
