// Starts the embedded Amazon Drive alone, with the proxy that leads rclone to it.
// usage: npm run -s serve:drive -- [--port N] [--account NAME] [--folder PATH]
//   --account  signs this account in without a page
//   --folder   keeps the drives for the next start
// Prints one JSON line {"authUrl","tokenUrl","endpoint","proxy","caFile","clientId","clientSecret"} and serves until SIGINT or
// SIGTERM.
import { parseArgs } from 'node:util';
import { startDriveServer } from '../servers/amazonDrive/driveServer';
import { startRcloneDoor } from '../servers/amazonDrive/rcloneDoor';
import { askedToStop, parsePort, runMain } from './program';

runMain(async () => {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      account: { type: 'string' },
      folder: { type: 'string' },
    },
  });
  const { port, account, folder } = values;
  const server = await startDriveServer({
    port: parsePort(port),
    log: false,
    ...(account !== undefined && { autoConsent: account }),
    ...(folder !== undefined && { folder }),
  });
  const door = await startRcloneDoor(server);
  const { authUrl, tokenUrl, endpoint, clientId, clientSecret } = server;
  const { proxy, caFile } = door;
  console.log(JSON.stringify({ authUrl, tokenUrl, endpoint, proxy, caFile, clientId, clientSecret }));
  await askedToStop();
  await Promise.all([door.stop(), server.stop()]);
});
