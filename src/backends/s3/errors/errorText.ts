import type { S3Config } from '../config/s3Config';
import type { About } from '../model/objectKey';

/** The request that failed, for the message of its error. */
export interface ErrorContext extends About {
  readonly config: S3Config;
}

/** The service's name for messages: its host, or AWS. */
export function serviceName(config: S3Config): string {
  return config.endpoint === undefined ? 'AWS S3' : new URL(config.endpoint).host;
}

/**
 * A foreign message as one short sentence. Removes secrets of a signed URL, control characters, marks of the writing direction and the middle of
 * a Markdown link.
 */
export function sanitizeMessage(text: string): string {
  const line = text
    .slice(0, 2000)
    .replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, ' ')
    .replace(/\s+/g, ' ')
    .replaceAll('](', '] (')
    .replace(/(X-Amz-(?:Signature|Credential|Security-Token))=[^&\s"]+/gi, '$1=…')
    .trim();
  // Counts code points, so no surrogate pair is cut.
  const points = [...line];
  const short = points.length > 300 ? `${points.slice(0, 300).join('')}…` : line;
  return /[.!?]$/.test(short) ? short : `${short}.`;
}

/** A service's error code; undefined for any text that does not look like one. */
export function codeWord(code: string | undefined): string | undefined {
  return code !== undefined && /^[A-Za-z][\w.-]{0,63}$/.test(code) ? code : undefined;
}
