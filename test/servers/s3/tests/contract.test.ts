import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ALL_CHECKS, ContractRun } from '../contract/runChecks';
import { type S3TestServer, startS3Server } from '../s3Server';

describe('the embedded server keeps the whole S3 contract', () => {
  let server: S3TestServer;
  let contract: ContractRun;
  before(async () => {
    server = await startS3Server();
    contract = new ContractRun(server);
  });
  after(async () => {
    contract.end();
    await server.stop();
  });

  it('has unique check names', () => {
    const names = ALL_CHECKS.map((check) => check.name);
    assert.equal(new Set(names).size, names.length);
  });
  for (const check of ALL_CHECKS) it(check.name, () => contract.run(check));
});
