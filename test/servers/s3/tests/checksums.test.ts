import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CHECKSUM_ALGORITHMS, checksumOf, startChecksum } from '../requests/checksums';

describe('checksums', () => {
  it('have the published check values of "123456789"', () => {
    const hex = (algorithm: (typeof CHECKSUM_ALGORITHMS)[number]): string =>
      Buffer.from(checksumOf(algorithm, [Buffer.from('123456789')]), 'base64').toString('hex');
    assert.equal(hex('crc32'), 'cbf43926');
    assert.equal(hex('crc32c'), 'e3069283');
    assert.equal(hex('crc64nvme'), 'ae8b14860a799888');
    assert.equal(hex('sha1'), 'f7c3bc1d808e04732adf679965ccc34ca7ae3441');
    assert.equal(hex('sha256'), '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225');
  });

  it('do not depend on the pieces of the data', () => {
    const data = Buffer.from('some text that is cut into pieces');
    for (const algorithm of CHECKSUM_ALGORITHMS) {
      const running = startChecksum(algorithm);
      for (let i = 0; i < data.length; i += 5) running.update(data.subarray(i, i + 5));
      assert.equal(running.base64(), checksumOf(algorithm, [data]), algorithm);
    }
  });
});
