/**
 * A set of strings that stores 8 bytes of hash for each: a million names take 16 to 32 MB. `has` is wrong for a string that is not in a set
 * of n strings with a probability of about n / 2^64.
 */
export class StringHashSet {
  private slots = new Uint32Array(2 * 1024);
  private count = 0;

  add(text: string): void {
    if (this.count * 4 >= this.slots.length) this.grow();
    const [high, low] = hash(text);
    if (this.insert(high, low)) this.count++;
  }

  has(text: string): boolean {
    if (this.count === 0) return false;
    const [high, low] = hash(text);
    const at = this.find(high, low);
    return this.slots[at] !== 0 || this.slots[at + 1] !== 0;
  }

  /** The index of this hash, or of the free slot for it. */
  private find(high: number, low: number): number {
    const mask = this.slots.length / 2 - 1;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const a = this.slots[2 * slot];
      const b = this.slots[2 * slot + 1];
      if ((a === high && b === low) || (a === 0 && b === 0)) return 2 * slot;
    }
  }

  private insert(high: number, low: number): boolean {
    const at = this.find(high, low);
    if (this.slots[at] === high && this.slots[at + 1] === low) return false;
    this.slots[at] = high;
    this.slots[at + 1] = low;
    return true;
  }

  private grow(): void {
    const old = this.slots;
    this.slots = new Uint32Array(old.length * 2);
    for (let i = 0; i < old.length; i += 2) {
      const high = old[i] ?? 0;
      const low = old[i + 1] ?? 0;
      if (high !== 0 || low !== 0) this.insert(high, low);
    }
  }
}

/** Two independent 32-bit hashes; never both 0, which marks a free slot. */
function hash(text: string): [number, number] {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9 ^ text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x85ebca6b);
    b ^= b >>> 13;
  }
  a = Math.imul(a ^ (a >>> 15), 0x2c1b3c6d);
  b = Math.imul(b ^ (b >>> 16), 0xc2b2ae35);
  const high = (a ^ (a >>> 16)) >>> 0;
  const low = (b ^ (b >>> 15)) >>> 0;
  return high === 0 && low === 0 ? [0, 1] : [high, low];
}
