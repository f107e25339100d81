import { type ByteSource, wholeOf } from '../../http/requestBody';
import type { UploadBody } from '../operations/exchange';
import { bodyTooLarge } from './driveError';
import { type FormPart, MultipartForm } from './multipartForm';

/** Largest metadata part, in bytes. */
const LARGEST_METADATA = 1 << 20;

/**
 * Begins to read a multipart body.
 * @param withMetadata reads the metadata part at once; it stands first (5.1)
 */
export async function uploadBody(
  contentType: string | undefined,
  body: ByteSource,
  withMetadata: boolean,
): Promise<UploadBody> {
  const form = new MultipartForm(contentType, () => body.read());
  let metadata: string | undefined;
  let next: FormPart | undefined;
  if (withMetadata) {
    next = await form.nextPart();
    if (next?.name === 'metadata') {
      metadata = await textOf(next);
      next = undefined;
    }
  }
  return {
    form,
    metadata,
    content: async () => {
      next ??= await form.nextPart();
      return next?.name === 'content' ? next : undefined;
    },
  };
}

async function textOf(part: FormPart): Promise<string> {
  const bytes = await wholeOf(part, LARGEST_METADATA);
  if (bytes === undefined) throw bodyTooLarge();
  return bytes.toString();
}
