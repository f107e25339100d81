import { DriveError } from './driveError';
import type { UploadBody } from './exchange';
import { type FormPart, MultipartForm } from './multipartForm';
import type { RequestBody } from './requestBody';

/** Largest metadata part, in bytes. */
const LARGEST_METADATA = 1 << 20;

/**
 * Begins to read a multipart body.
 * @param withMetadata reads the metadata part at once; it stands first (5.1)
 */
export async function uploadBody(
  contentType: string | undefined,
  body: RequestBody,
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
  const pieces: Buffer[] = [];
  let size = 0;
  for (let piece = await part.read(); piece !== undefined; piece = await part.read()) {
    size += piece.length;
    if (size > LARGEST_METADATA) throw new DriveError(413, { message: 'Request entity too large' });
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}
