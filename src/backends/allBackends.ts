import { driveBackend } from './amazonDrive/driveBackend';
import type { Backend } from './backend';
import { s3Backend } from './s3/s3Backend';

/** Every kind of storage, one line each. */
export const allBackends: readonly Backend[] = [s3Backend, driveBackend];
