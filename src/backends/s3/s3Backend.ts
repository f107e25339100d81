import type { Backend } from '../backend';
import { textOf } from '../settingsSchema';
import { checkS3Settings, readS3Config, s3Schema } from './config/s3Config';
import { presetNamed } from './config/s3Presets';
import { shownEndpoint } from './config/textSettings';
import { testS3Connection } from './setup/connectionTest';
import { s3Rclone } from './setup/s3Rclone';
import { s3WizardSteps } from './setup/s3Wizard';
import { suggestFromProfiles } from './setup/suggestedRemotes';

/** S3 and compatible services. Loads no AWS code until a remote is opened. */
export const s3Backend: Backend = {
  id: 's3',
  title: 'S3',
  summary: 'AWS, MinIO, Cloudflare R2, Backblaze B2 and other compatible services',
  secretFields: Object.keys(s3Schema.secrets),
  topLevel: 'buckets',
  rclone: s3Rclone,
  suggest: suggestFromProfiles,

  async open(settings, host) {
    const config = readS3Config(settings);
    const [{ connectS3 }, { S3Remote }] = await Promise.all([import('./http/connect'), import('./s3Remote')]);
    return new S3Remote(config, host, await connectS3(config, host));
  },

  describe(settings) {
    const endpoint = textOf(settings['endpoint']);
    const preset = presetNamed(textOf(settings['provider']));
    const where = endpoint === undefined ? textOf(settings['region']) : shownEndpoint(endpoint);
    return [preset && preset.id !== 'Other' ? preset.title : 'S3', where].filter(Boolean).join(' · ');
  },

  check: checkS3Settings,
  wizardSteps: s3WizardSteps,

  async *testConnection(remote, settings, host, signal) {
    const { S3Remote } = await import('./s3Remote');
    if (remote instanceof S3Remote)
      return yield* testS3Connection(remote, readS3Config(settings), host, signal);
    // The remote has layers. The test needs single requests without retries, so it opens its own remote.
    const own = await s3Backend.open(settings, host);
    try {
      if (own instanceof S3Remote) yield* testS3Connection(own, readS3Config(settings), host, signal);
    } finally {
      await own.close?.();
    }
  },
};
