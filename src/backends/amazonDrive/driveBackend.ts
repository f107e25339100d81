import { RemoteError } from '../../remote/remoteError';
import type { Backend } from '../backend';
import { checkDriveSettings, readDriveConfig } from './config/driveConfig';
import { amazonEndpoint } from './config/textSettings';
import { driveRclone } from './setup/driveRclone';
import { driveSignIn } from './setup/driveSignIn';
import { driveWizardSteps } from './setup/driveWizard';

/** Amazon Drive and compatible services. */
export const driveBackend: Backend = {
  id: 'amazonDrive',
  title: 'Amazon Drive',
  summary: 'closed by Amazon at the end of 2023; for compatible services',
  secretFields: ['client_secret'],
  topLevel: 'folder',
  signIn: driveSignIn,
  rclone: driveRclone,

  async open(settings, host) {
    const config = readDriveConfig(settings);
    if (!host.tokens)
      throw new RemoteError(
        'unauthenticated',
        `Nobody is signed in for the remote "${settings.name}". Sign in with the command Edit Remote.`,
        { signIn: true },
      );
    const { DriveRemote } = await import('./driveRemote');
    return new DriveRemote(config, host, host.tokens);
  },

  describe(settings) {
    const { account, endpoint } = settings;
    if (typeof account === 'string' && account !== '') return `Amazon Drive · ${account}`;
    if (typeof endpoint !== 'string' || endpoint === '' || endpoint === amazonEndpoint) return 'Amazon Drive';
    return `Amazon Drive · ${endpoint.replace(/^https?:\/\//, '').replace(/\/.*$/, '')}`;
  },

  check: checkDriveSettings,
  wizardSteps: driveWizardSteps,

  async *testConnection(remote, settings, host, signal) {
    const [{ DriveRemote }, { testDriveConnection }] = await Promise.all([
      import('./driveRemote'),
      import('./setup/connectionTest'),
    ]);
    const config = readDriveConfig(settings);
    if (remote instanceof DriveRemote) return yield* testDriveConnection(remote, config, signal);
    // The remote has layers. The test needs single requests without retries, so it opens its own remote.
    const own = await driveBackend.open(settings, host);
    try {
      if (own instanceof DriveRemote) yield* testDriveConnection(own, config, signal);
    } finally {
      await own.close?.();
    }
  },
};
