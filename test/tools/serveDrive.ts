// Starts the embedded Amazon Drive alone, with the proxy that leads rclone to it.
// usage: npm run -s serve:drive -- [--port N] [--account NAME] [--folder PATH]
//   --account  is signed in without a page
//   --folder   keeps the drives for the next time
// Prints one JSON line {"authUrl","tokenUrl","endpoint","proxy","caFile","clientId","clientSecret"} and serves until SIGINT or
// SIGTERM.
import { parseArgs } from 'node:util';
import { startDriveServer } from '../servers/amazonDrive/driveServer';
import { startRcloneDoor } from '../servers/amazonDrive/rcloneDoor';
import { askedToStop } from './askedToStop';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      account: { type: 'string' },
      folder: { type: 'string' },
    },
  });
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65535)
    throw new Error(`--port wants a number from 0 to 65535, not ${values.port}`);
  const server = await startDriveServer({
    port,
    // Nobody reads the log from outside.
    log: false,
    ...(values.account === undefined ? {} : { autoConsent: values.account }),
    ...(values.folder === undefined ? {} : { folder: values.folder }),
  });
  const door = await startRcloneDoor(server);
  const { authUrl, tokenUrl, endpoint, clientId, clientSecret } = server;
  const { proxy, caFile } = door;
  console.log(JSON.stringify({ authUrl, tokenUrl, endpoint, proxy, caFile, clientId, clientSecret }));
  await askedToStop();
  await Promise.all([door.stop(), server.stop()]);
  process.exit();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
