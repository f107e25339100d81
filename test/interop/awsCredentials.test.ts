import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type S3TestServer, startS3Server } from '../servers/s3/s3Server';
import { awsEnvironments } from '../unit/backends/s3/credentials/awsEnvironments';
import { skipWithout, toolEnvironment } from './realTools';

describe('the real aws takes credentials as we do', { skip: skipWithout('aws') }, () => {
  let server: S3TestServer;
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-aws-'));

  before(async () => {
    server = await startS3Server();
    writeFileSync(path.join(folder, 'config'), '');
    writeFileSync(
      path.join(folder, 'credentials'),
      ['default', 'p', 'q']
        .map(
          (name) => `[${name}]\naws_access_key_id = ${name.toUpperCase()}\naws_secret_access_key = wrong\n`,
        )
        .join(''),
    );
  });
  after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const { env, takes, settings } of awsEnvironments)
    it(`of ${JSON.stringify({ ...env, ...settings })}: ${takes}`, async () => {
      const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...surroundings } = toolEnvironment(server);
      const { key, secret, ...rest } = env;
      server.clearRequests();
      const profile = settings?.['profile'];
      const said = await new Promise<string>((resolve) => {
        execFile(
          'aws',
          [
            '--endpoint-url',
            server.endpoint,
            ...(profile === undefined ? [] : ['--profile', String(profile)]),
            's3',
            'ls',
          ],
          {
            env: {
              ...surroundings,
              ...rest,
              AWS_CONFIG_FILE: path.join(folder, 'config'),
              AWS_SHARED_CREDENTIALS_FILE: path.join(folder, 'credentials'),
              ...(key !== undefined && { AWS_ACCESS_KEY_ID: key }),
              ...(secret !== undefined && { AWS_SECRET_ACCESS_KEY: secret }),
            },
          },
          (_error, _stdout, stderr) => resolve(stderr),
        );
      });
      if (takes instanceof RegExp) {
        assert.match(said, takes);
        assert.equal(server.requests.length, 0);
      } else
        assert.match(
          server.requests.at(-1)?.headers['authorization']?.toString() ?? said,
          new RegExp(`Credential=${takes}/`),
        );
    });
});
