import type {
  $Command,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes,
} from '@aws-sdk/client-s3';
import type { About } from '../model/objectKey';
import type { Sdk } from './connection';
import type { S3Api } from './s3Api';

/**
 * Sends a command of the SDK, for the requests that S3Api has no method for. `create` may be called twice (see `S3Api.run`). Throws
 * RemoteError, or the signal's reason.
 */
export function sendCommand<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
  requests: S3Api,
  about: About,
  create: (
    sdk: Sdk,
  ) => $Command<Input, Output, S3ClientResolvedConfig, ServiceInputTypes, ServiceOutputTypes>,
  signal: AbortSignal,
): Promise<Output> {
  return requests.run(about, signal, ({ client, sdk }) => client.send(create(sdk), { abortSignal: signal }));
}
