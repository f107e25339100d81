import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** The checksum algorithms of S3, as they stand in header names: `x-amz-checksum-crc32`. */
export const CHECKSUM_ALGORITHMS = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

/** A checksum over pieces of data. */
export interface RunningChecksum {
  update(data: Buffer): void;
  /** The result as S3 writes it: base64 of the big-endian bytes. */
  base64(): string;
}

/** Starts a checksum. */
export function startChecksum(algorithm: ChecksumAlgorithm): RunningChecksum {
  switch (algorithm) {
    case 'crc32':
      return new Crc32(crc32);
    case 'crc32c':
      return new Crc32(crc32c);
    case 'crc64nvme':
      return new Crc64Nvme();
    default: {
      const hash = createHash(algorithm);
      return { update: (data) => void hash.update(data), base64: () => hash.digest('base64') };
    }
  }
}

/** The checksum of complete data. */
export function checksumOf(algorithm: ChecksumAlgorithm, chunks: readonly Buffer[]): string {
  const running = startChecksum(algorithm);
  for (const chunk of chunks) running.update(chunk);
  return running.base64();
}

const CRC32C = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

function crc32c(data: Buffer, seed: number): number {
  let value = ~seed;
  for (let i = 0; i < data.length; i++)
    value = (CRC32C[(value ^ (data[i] as number)) & 0xff] as number) ^ (value >>> 8);
  return ~value >>> 0;
}

class Crc32 implements RunningChecksum {
  private value = 0;
  constructor(private readonly step: (data: Buffer, seed: number) => number) {}

  update(data: Buffer): void {
    this.value = this.step(data, this.value) >>> 0;
  }

  base64(): string {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(this.value);
    return bytes.toString('base64');
  }
}

// CRC-64/NVME, reflected polynomial, held as two 32-bit halves because BigInt is far too slow per byte.
const CRC64_HIGH = new Uint32Array(256);
const CRC64_LOW = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let value = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ 0x9a6c9329ac4bc9b5n : value >> 1n;
  CRC64_HIGH[byte] = Number(value >> 32n);
  CRC64_LOW[byte] = Number(value & 0xffffffffn);
}

class Crc64Nvme implements RunningChecksum {
  private high = 0xffffffff;
  private low = 0xffffffff;

  update(data: Buffer): void {
    let { high, low } = this;
    for (let i = 0; i < data.length; i++) {
      const index = (low ^ (data[i] as number)) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (CRC64_LOW[index] as number);
      high = (high >>> 8) ^ (CRC64_HIGH[index] as number);
    }
    this.high = high >>> 0;
    this.low = low >>> 0;
  }

  base64(): string {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32BE(~this.high >>> 0, 0);
    bytes.writeUInt32BE(~this.low >>> 0, 4);
    return bytes.toString('base64');
  }
}
