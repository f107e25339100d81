// Starts the embedded S3 server alone, for tools and benchmarks.
// usage: npm run -s serve:s3 -- [--port N] [--bucket NAME ...]
// Prints one JSON line {"endpoint","accessKeyId","secretAccessKey","region"} and serves until SIGINT or SIGTERM.
import { parseArgs } from 'node:util';
import { startS3Server } from '../servers/s3/s3Server';
import { askedToStop } from './askedToStop';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      bucket: { type: 'string', multiple: true, default: [] },
    },
  });
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65535)
    throw new Error(`--port wants a number from 0 to 65535, not ${values.port}`);
  // Nobody reads the log from outside, and a benchmark sends millions of requests.
  const server = await startS3Server({ port, buckets: values.bucket, log: false });
  const { endpoint, accessKeyId, secretAccessKey, region } = server;
  console.log(JSON.stringify({ endpoint, accessKeyId, secretAccessKey, region }));
  await askedToStop();
  await server.stop();
  process.exit();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
