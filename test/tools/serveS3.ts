// Starts the embedded S3 server alone, for tools and benchmarks.
// usage: npm run -s serve:s3 -- [--port N] [--bucket NAME ...]
// Prints one JSON line {"endpoint","accessKeyId","secretAccessKey","region"} and serves until SIGINT or SIGTERM.
import { parseArgs } from 'node:util';
import { startS3Server } from '../servers/s3/s3Server';
import { askedToStop, parsePort, runMain } from './program';

runMain(async () => {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      bucket: { type: 'string', multiple: true, default: [] },
    },
  });
  // Without a log, because a benchmark sends millions of requests.
  const server = await startS3Server({ port: parsePort(values.port), buckets: values.bucket, log: false });
  const { endpoint, accessKeyId, secretAccessKey, region } = server;
  console.log(JSON.stringify({ endpoint, accessKeyId, secretAccessKey, region }));
  await askedToStop();
  await server.stop();
});
