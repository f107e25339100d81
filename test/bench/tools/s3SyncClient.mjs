// usage: node s3SyncClient.mjs ENDPOINT FROM TO
// Runs the package s3-sync-client with its defaults.
import { createRequire } from 'node:module';
import path from 'node:path';

const required = createRequire(path.join(process.env.BENCH_ROOT ?? '.', 'package.json'));
const { S3SyncClient } = required('s3-sync-client');
const { S3Client } = required('@aws-sdk/client-s3');

const [endpoint, from = '', to = ''] = process.argv.slice(2);
const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
await new S3SyncClient({ client }).sync(from, to);
