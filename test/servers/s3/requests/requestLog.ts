import type { LoggedHttpRequest } from '../../http/requestLog';

/** One request to the S3 server. `operation` is S3's name, such as `ListObjectsV2`. */
export interface LoggedS3Request extends LoggedHttpRequest {
  bucket: string | undefined;
  key: string | undefined;
  query: Record<string, string>;
  /** S3's error code when the request was refused. */
  code: string | undefined;
}
