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
    const section = (name: string) =>
      `[${name}]\naws_access_key_id = ${name.toUpperCase()}\naws_secret_access_key = wrong\n`;
    writeFileSync(path.join(folder, 'credentials'), ['default', 'p', 'q'].map(section).join(''));
  });
  after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const { env, takes, settings } of awsEnvironments)
    it(`of ${JSON.stringify({ ...env, ...settings })}: ${takes}`, async () => {
      const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...others } = toolEnvironment(server);
      const { key, secret, ...rest } = env;
      server.clearRequests();
      const profile = settings?.['profile'];
      const flags = profile === undefined ? [] : ['--profile', String(profile)];
      const toolEnv = {
        ...others,
        ...rest,
        AWS_CONFIG_FILE: path.join(folder, 'config'),
        AWS_SHARED_CREDENTIALS_FILE: path.join(folder, 'credentials'),
        ...(key !== undefined && { AWS_ACCESS_KEY_ID: key }),
        ...(secret !== undefined && { AWS_SECRET_ACCESS_KEY: secret }),
      };
      const args = ['--endpoint-url', server.endpoint, ...flags, 's3', 'ls'];
      const stderr = await new Promise<string>((resolve) => {
        execFile('aws', args, { env: toolEnv }, (_error, _stdout, printed) => resolve(printed));
      });
      const authorization = server.requests.at(-1)?.headers['authorization']?.toString();
      if (takes instanceof RegExp) {
        assert.match(stderr, takes);
        assert.equal(server.requests.length, 0);
      } else assert.match(authorization ?? stderr, new RegExp(`Credential=${takes}/`));
    });
});
