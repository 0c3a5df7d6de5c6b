// Inflates a raw deflate stream (RFC 1951) that comes in pieces, each of which
// ends at an empty stored block without its last four bytes: see the package
// comment of session/screen. It answers at once, where a DecompressionStream
// needs several turns of the event loop, and keeps to its memory.

const windowSize = 32 << 10;
const lengthBase = Uint16Array.of(3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258);
const lengthExtra = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0);
const distanceBase = Uint16Array.of(1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577);
const order = Uint8Array.of(16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15);

export class InflateError extends Error {}

const quick = 10; // bits that are looked up at once

/** One Huffman code. */
class Code {
  private readonly table = new Uint16Array(1 << quick); // symbol << 4 | length; 0: longer, or none
  private readonly count = new Uint16Array(16);
  private readonly symbols = new Uint16Array(288);
  private readonly next = new Uint16Array(16);

  build(lengths: Uint8Array, from: number, n: number): void {
    const { count, next, symbols, table } = this;
    count.fill(0);
    for (let i = 0; i < n; i++) count[lengths[from + i]!]!++;
    count[0] = 0;
    let left = 1, used = 0;
    for (let length = 1; length < 16; length++) {
      left = (left << 1) - count[length]!;
      used += count[length]!;
      if (left < 0) throw new InflateError("codes");
    }
    if (left > 0 && used > 1) throw new InflateError("codes"); // one code alone may be incomplete
    next[1] = 0;
    for (let length = 1; length < 15; length++) next[length + 1] = next[length]! + count[length]!;
    for (let i = 0; i < n; i++) {
      const length = lengths[from + i]!;
      if (length) symbols[next[length]!++] = i;
    }
    table.fill(0);
    for (let length = 1, code = 0, at = 0; length <= quick; length++, code <<= 1) {
      for (let i = 0; i < count[length]!; i++, code++, at++) {
        let reversed = 0;
        for (let b = 0; b < length; b++) reversed |= ((code >> b) & 1) << (length - 1 - b);
        const entry = (symbols[at]! << 4) | length;
        for (let k = reversed; k < 1 << quick; k += 1 << length) table[k] = entry;
      }
    }
  }

  /** Gives symbol << 4 | length for the bits, of which `have` are there. */
  decode(bits: number, have: number): number {
    const entry = this.table[bits & ((1 << quick) - 1)]!;
    if (entry) {
      if ((entry & 15) > have) throw new InflateError("short");
      return entry;
    }
    let code = 0, first = 0, index = 0;
    for (let length = 1; length <= 15; length++) {
      if (length > have) throw new InflateError("short");
      code |= (bits >>> (length - 1)) & 1;
      const n = this.count[length]!;
      if (code - first < n) return (this.symbols[index + code - first]! << 4) | length;
      index += n;
      first = (first + n) << 1;
      code <<= 1;
    }
    throw new InflateError("code");
  }
}

const fixedLengths = new Uint8Array(288 + 30);
fixedLengths.fill(8, 0, 144);
fixedLengths.fill(9, 144, 256);
fixedLengths.fill(7, 256, 280);
fixedLengths.fill(8, 280, 288);
fixedLengths.fill(5, 288);

export class Inflater {
  private readonly out: Uint8Array;
  private pos = 0;
  private limit = 0;
  private bits = 0;
  private have = 0;
  private at = 0;
  private input = new Uint8Array(0);
  private readonly literals = new Code();
  private readonly distances = new Code();
  private readonly lengths = new Uint8Array(288 + 32);
  private readonly fixedLiterals = new Code();
  private readonly fixedDistances = new Code();

  /** At most `most` bytes come out of one piece. */
  constructor(private readonly most: number) {
    this.out = new Uint8Array(windowSize + most + (1 << 20));
    this.fixedLiterals.build(fixedLengths, 0, 288);
    // The two codes that are never used make it complete.
    const five = new Uint8Array(32).fill(5);
    this.fixedDistances.build(five, 0, 32);
  }

  /** Begins another stream. */
  reset(): void {
    this.pos = 0;
  }

  /** Inflates one piece; what it gives is good until the next. */
  piece(input: Uint8Array): Uint8Array {
    const { out } = this;
    if (this.pos + this.most > out.length) {
      out.copyWithin(0, this.pos - windowSize, this.pos);
      this.pos = windowSize;
    }
    const start = this.pos;
    this.limit = start + this.most;
    this.input = input as Uint8Array<ArrayBuffer>;
    this.at = this.bits = this.have = 0;
    while (this.block()) { /* until the piece's end */ }
    return out.subarray(start, this.pos);
  }

  private need(n: number): number {
    while (this.have < n) {
      if (this.at >= this.input.length) throw new InflateError("short");
      this.bits |= this.input[this.at++]! << this.have;
      this.have += 8;
    }
    const v = this.bits & ((1 << n) - 1);
    this.bits >>>= n;
    this.have -= n;
    return v;
  }

  /** Reads one block; false when it was the piece's end. */
  private block(): boolean {
    const head = this.need(3);
    if (head & 1) throw new InflateError("the stream never ends");
    switch (head >> 1) {
      case 0: return this.stored();
      case 1:
        this.codes(this.fixedLiterals, this.fixedDistances);
        return true;
      case 2:
        this.readCodes();
        this.codes(this.literals, this.distances);
        return true;
    }
    throw new InflateError("block");
  }

  private stored(): boolean {
    const { input } = this;
    if (this.bits & ((1 << (this.have & 7)) - 1)) throw new InflateError("padding");
    this.at -= this.have >> 3; // whole bytes that were taken ahead
    this.bits = this.have = 0;
    if (this.at === input.length) return false;
    if (this.at + 4 > input.length) throw new InflateError("short");
    const n = input[this.at]! | (input[this.at + 1]! << 8);
    if ((n ^ 0xffff) !== (input[this.at + 2]! | (input[this.at + 3]! << 8))) throw new InflateError("length");
    this.at += 4;
    if (this.at + n > input.length) throw new InflateError("short");
    if (this.pos + n > this.limit) throw new InflateError("too large");
    this.out.set(input.subarray(this.at, this.at + n), this.pos);
    this.pos += n;
    this.at += n;
    return true;
  }

  private readCodes(): void {
    const literals = this.need(5) + 257, distances = this.need(5) + 1, n = this.need(4) + 4;
    if (literals > 286 || distances > 30) throw new InflateError("codes");
    const { lengths } = this;
    lengths.fill(0, 0, 19);
    for (let i = 0; i < n; i++) lengths[order[i]!] = this.need(3);
    this.literals.build(lengths, 0, 19);
    for (let i = 0; i < literals + distances;) {
      const symbol = this.symbol(this.literals);
      if (symbol < 16) {
        lengths[i++] = symbol;
        continue;
      }
      const value = symbol === 16 ? (i ? lengths[i - 1]! : -1) : 0;
      const times = symbol === 16 ? 3 + this.need(2) : symbol === 17 ? 3 + this.need(3) : 11 + this.need(7);
      if (value < 0 || i + times > literals + distances) throw new InflateError("codes");
      lengths.fill(value, i, i + times);
      i += times;
    }
    if (!lengths[256]) throw new InflateError("codes");
    this.distances.build(lengths, literals, distances);
    this.literals.build(lengths, 0, literals);
  }

  private symbol(code: Code): number {
    while (this.have < 15 && this.at < this.input.length) {
      this.bits |= this.input[this.at++]! << this.have;
      this.have += 8;
    }
    const entry = code.decode(this.bits, this.have);
    this.bits >>>= entry & 15;
    this.have -= entry & 15;
    return entry >> 4;
  }

  private codes(literals: Code, distances: Code): void {
    const { out } = this;
    for (;;) {
      const symbol = this.symbol(literals);
      if (symbol < 256) {
        if (this.pos >= this.limit) throw new InflateError("too large");
        out[this.pos++] = symbol;
        continue;
      }
      if (symbol === 256) return;
      if (symbol > 285) throw new InflateError("length");
      const length = lengthBase[symbol - 257]! + this.need(lengthExtra[symbol - 257]!);
      const slot = this.symbol(distances);
      if (slot > 29) throw new InflateError("distance");
      const distance = distanceBase[slot]! + this.need(slot < 4 ? 0 : (slot >> 1) - 1);
      if (distance > this.pos || distance > windowSize) throw new InflateError("distance");
      if (this.pos + length > this.limit) throw new InflateError("too large");
      let to = this.pos;
      const end = to + length;
      if (distance >= length) out.copyWithin(to, to - distance, end - distance);
      else for (; to < end; to++) out[to] = out[to - distance]!;
      this.pos = end;
    }
  }
}
