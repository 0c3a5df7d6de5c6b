// The picture codec's other end: see the package comment of session/screen,
// which is the format's one description. Nothing an update says is trusted.

import { Inflater } from "./inflate";
import type { Patch } from "./surface";
import { Video, type Frame } from "./video";

export { videoSupported } from "./video";

const version = 2;
const Complete = 1, More = 2, WantAck = 4, Packed = 8, HasVideo = 16;
const Solid = 1, Palette = 2, Raw = 3, Smooth = 4, Sparse = 5, Copy = 6, Repeat = 7, Text = 8, Part = 9;
const Keep = 64, KeepOld = 128;
const tile = 64, maxBody = 2 << 20, maxVideo = 2 << 20, maxSide = 16384, maxArea = 1 << 26, maxWork = 32;
const cacheArea = 1 << 21, cacheEntries = 1 << 14;
const maxTouched = 64;

export class FormatError extends Error {}

export interface Drawn {
  seq: number;
  settled: boolean;
  /** The sender waits for the acknowledgement. */
  wantAck: boolean;
  /** A part of the picture came as video. */
  video: boolean;
  /** What to put where it shows; whoever gets it closes its frame. */
  patch: Patch;
}

/** Keeps the picture and tells what changed. One update at a time. */
export class Decoder {
  private pixels = new Uint32Array(0); // alpha, blue, green, red
  private width = 0;
  private height = 0;
  private seq = 0;
  private ready = false;
  private readonly inflater = new Inflater(maxBody);
  private readonly video = new Video();

  // What is read: a position in bytes.
  private b = new Uint8Array(0);
  private at = 0;
  private work = 0;

  // What is kept between updates.
  private right = 0;
  private top = 0;
  private readonly known = new Uint32Array(256);
  private readonly texts = new Uint32Array(256);
  private textNext = 0;
  private cache = new Uint32Array(0);
  private readonly entryStart = new Float64Array(cacheEntries);
  private readonly entryWidth = new Uint8Array(cacheEntries);
  private readonly entryHeight = new Uint8Array(cacheEntries);
  private cacheCount = 0;
  private cacheEnd = 0;

  // Scratch.
  private readonly palette = new Uint32Array(256);
  private readonly scratch = new Uint32Array(tile * tile);
  private readonly touched = new Int32Array(4 * maxTouched);
  private touchedCount = 0;

  /** Takes the memory of a video frame back that has been shown. */
  recycle(buffer: ArrayBuffer): void { this.video.recycle(buffer); }

  /** Forgets the picture: it must not be seen without permission. */
  blank(): void {
    this.ready = false;
    this.width = this.height = 0;
    this.pixels = new Uint32Array(0);
    this.cache = new Uint32Array(0);
    this.video.close();
  }

  async apply(update: Uint8Array): Promise<Drawn> {
    const was = this.ready;
    this.ready = false; // until all of it went well
    this.b = update as Uint8Array<ArrayBuffer>;
    this.at = 0;
    const flags = this.u8();
    if (flags >> 5 !== version) throw new FormatError("version");
    const seq = this.uvarint(0xffffffff);
    const complete = (flags & Complete) !== 0;
    this.touchedCount = 0;
    if (complete) this.reset(this.uvarint(maxSide), this.uvarint(maxSide));
    else if (!was || seq !== (this.seq + 1) >>> 0) throw new FormatError("gap");
    const frame = flags & HasVideo ? this.frame() : null;
    const body = update.subarray(this.at);
    this.b = (flags & Packed ? this.inflater.piece(body) : body) as Uint8Array<ArrayBuffer>;
    this.at = 0;
    if (this.b.length > maxBody) throw new FormatError("too large");
    this.work = maxWork * this.width * this.height;
    while (this.at < this.b.length) this.operation();
    const shown = frame && await this.video.decode(frame);
    this.seq = seq;
    this.ready = true;
    return {
      seq, settled: (flags & More) === 0, wantAck: (flags & WantAck) !== 0, video: frame !== null,
      patch: {
        size: complete ? { width: this.width, height: this.height } : null, ...this.changed(),
        frame: frame && shown ? { x: frame.x, y: frame.y, w: frame.w, h: frame.h, shown } : null,
      },
    };
  }

  private reset(width: number, height: number): void {
    if (!width || !height || width * height > maxArea) throw new FormatError("size");
    if (this.pixels.length !== width * height) this.pixels = new Uint32Array(width * height);
    this.width = width;
    this.height = height;
    this.pixels.fill(0xff000000);
    this.inflater.reset();
    this.right = this.top = 0;
    this.known.fill(0xff000000);
    this.texts.fill(0xff000000);
    this.textNext = 0;
    this.cacheCount = this.cacheEnd = 0;
    this.touch(0, 0, width, height);
  }

  private frame(): Frame {
    const length = this.uvarint(maxVideo + 32), end = this.at + length;
    if (end > this.b.length) throw new FormatError("short");
    const head = this.u8();
    const x = this.uvarint(maxSide), y = this.uvarint(maxSide), w = this.uvarint(maxSide), h = this.uvarint(maxSide);
    if (this.at >= end || !w || !h || x + w > this.width || y + h > this.height) throw new FormatError("video");
    const data = this.b.slice(this.at, end);
    this.at = end;
    return { codec: head >> 1, key: (head & 1) !== 0, x, y, w, h, data };
  }

  // Reading.

  private u8(): number {
    if (this.at >= this.b.length) throw new FormatError("short");
    return this.b[this.at++]!;
  }

  private uvarint(limit: number): number {
    let v = 0, scale = 1;
    for (let n = 0; n < 5; n++, scale *= 128) {
      const c = this.u8();
      v += (c & 127) * scale;
      if (c < 128) {
        if (v > limit) break;
        return v;
      }
    }
    throw new FormatError("number");
  }

  private varint(): number {
    const u = this.uvarint(4 * maxSide + 1);
    return (u >>> 1) ^ -(u & 1);
  }

  /** Takes n bytes and gives where they begin. */
  private take(n: number): number {
    const at = this.at;
    if (at + n > this.b.length) throw new FormatError("short");
    this.at = at + n;
    return at;
  }

  private rgb(at: number): number {
    const b = this.b;
    return (0xff000000 | (b[at + 2]! << 16) | (b[at + 1]! << 8) | b[at]!) >>> 0;
  }

  // Drawing.

  /** Notes a rectangle to be drawn; neighbours become one. */
  private touch(x: number, y: number, w: number, h: number): void {
    const t = this.touched;
    if (this.touchedCount) {
      const i = 4 * (this.touchedCount - 1);
      const x0 = t[i]!, y0 = t[i + 1]!, w0 = t[i + 2]!, h0 = t[i + 3]!;
      if (y === y0 && h === h0 && x === x0 + w0) {
        t[i + 2] = w0 + w;
        return;
      }
      if (x >= x0 && y >= y0 && x + w <= x0 + w0 && y + h <= y0 + h0) return;
    }
    if (this.touchedCount < maxTouched) t.set([x, y, w, h], 4 * this.touchedCount++);
    else this.widen(x, y, x + w, y + h);
  }

  /** Takes a rectangle into that which grows the least. */
  private widen(left: number, top: number, right: number, bottom: number): void {
    const t = this.touched;
    let least = Infinity, best = 0, wider = [0, 0, 0, 0];
    for (let i = 0; i < t.length; i += 4) {
      const x = Math.min(t[i]!, left), y = Math.min(t[i + 1]!, top);
      const w = Math.max(t[i]! + t[i + 2]!, right) - x, h = Math.max(t[i + 1]! + t[i + 3]!, bottom) - y;
      const grown = w * h - t[i + 2]! * t[i + 3]!;
      if (grown >= least) continue;
      [least, best, wider] = [grown, i, [x, y, w, h]];
    }
    t.set(wider, best);
  }

  /** Copies what was touched. */
  private changed(): { places: number[]; pixels: Uint8ClampedArray<ArrayBuffer> } {
    let places = Array.from(this.touched.subarray(0, 4 * this.touchedCount)), area = 0;
    for (let i = 0; i < places.length; i += 4) area += places[i + 2]! * places[i + 3]!;
    if (area > this.width * this.height) { // they lie over each other
      places = [0, 0, this.width, this.height];
      area = this.width * this.height;
    }
    const pixels = new Uint32Array(area);
    for (let i = 0, to = 0; i < places.length; i += 4) {
      const w = places[i + 2]!;
      let from = places[i + 1]! * this.width + places[i]!;
      for (let rows = places[i + 3]!; rows > 0; rows--, from += this.width, to += w) pixels.set(this.pixels.subarray(from, from + w), to);
    }
    return { places, pixels: new Uint8ClampedArray(pixels.buffer) };
  }

  // Operations.

  private operation(): void {
    const kind = this.u8(), what = kind & 63;
    const x = this.right + this.varint(), y = this.top + this.varint();
    let w, h, from = 0;
    if (kind === Repeat) {
      const slot = this.entry();
      from = this.entryStart[slot]! % cacheArea;
      w = this.entryWidth[slot]!;
      h = this.entryHeight[slot]!;
    } else {
      w = this.uvarint(maxSide);
      h = this.uvarint(maxSide);
    }
    if (!w || !h || x < 0 || y < 0 || x + w > this.width || y + h > this.height) throw new FormatError("outside");
    if ((this.work -= w * h) < 0) throw new FormatError("too much work");
    this.right = x + w;
    this.top = y;
    if ((w > tile || h > tile) && (kind !== what || (what !== Solid && what !== Copy))) throw new FormatError("tile");
    if (kind & KeepOld && what !== Repeat) this.keep(x, y, w, h);
    switch (what) {
      case Solid:
        this.fill(x, y, w, h, this.rgb(this.take(3)));
        break;
      case Palette:
        this.indexed(x, y, w, h);
        break;
      case Raw:
        this.raw(x, y, w, h);
        break;
      case Smooth:
        this.smooth(x, y, w, h);
        break;
      case Sparse:
        this.sparse(x, y, w, h);
        break;
      case Part:
        if (kind !== Part) throw new FormatError("part");
        this.part(x, y, w, h);
        break;
      case Text:
        this.text(x, y, w, h);
        break;
      case Copy:
        this.copy(x, y, w, h);
        break;
      case Repeat:
        if (kind !== Repeat) throw new FormatError("repeat");
        this.store(x, y, w, h, this.cache, from);
        break;
      default:
        throw new FormatError("operation");
    }
    if (kind & Keep) this.keep(x, y, w, h);
    this.touch(x, y, w, h);
  }

  /** Reads which entry of the cache is meant, and gives its slot. */
  private entry(): number {
    const entry = this.cacheCount - 1 - this.uvarint(cacheEntries);
    if (entry < 0 || this.cacheCount - entry > cacheEntries) throw new FormatError("repeat");
    const slot = entry % cacheEntries;
    if (this.cacheEnd - this.entryStart[slot]! > cacheArea) throw new FormatError("repeat");
    return slot;
  }

  private part(x: number, y: number, w: number, h: number): void {
    const slot = this.entry(), width = this.entryWidth[slot]!;
    const dx = this.uvarint(tile), dy = this.uvarint(tile);
    if (dx + w > width || dy + h > this.entryHeight[slot]!) throw new FormatError("part");
    let from = (this.entryStart[slot]! % cacheArea) + dy * width + dx;
    for (let row = y; row < y + h; row++, from += width) this.store(x, row, w, 1, this.cache, from);
  }

  /** Puts what is shown into the cache. */
  private keep(x: number, y: number, w: number, h: number): void {
    if (!this.cache.length) this.cache = new Uint32Array(cacheArea);
    const n = w * h, at = this.cacheEnd % cacheArea;
    if (at + n > cacheArea) this.cacheEnd += cacheArea - at;
    const slot = this.cacheCount++ % cacheEntries;
    this.entryStart[slot] = this.cacheEnd;
    this.entryWidth[slot] = w;
    this.entryHeight[slot] = h;
    let to = this.cacheEnd % cacheArea;
    for (let row = y, i = y * this.width + x; row < y + h; row++, i += this.width, to += w) {
      for (let k = 0; k < w; k++) this.cache[to + k] = this.pixels[i + k]!;
    }
    this.cacheEnd += n;
  }

  private store(x: number, y: number, w: number, h: number, from: Uint32Array, at: number): void {
    const out = this.pixels;
    for (let row = y, i = y * this.width + x; row < y + h; row++, i += this.width, at += w) {
      for (let k = 0; k < w; k++) out[i + k] = from[at + k]!;
    }
  }

  private fill(x: number, y: number, w: number, h: number, colour: number): void {
    for (let row = y, i = y * this.width + x; row < y + h; row++, i += this.width) this.pixels.fill(colour, i, i + w);
  }

  private colours(): number {
    const n = this.u8() + 1, bitmap = this.take((n + 7) >> 3), b = this.b;
    for (let i = 0; i < n; i++) {
      if (b[bitmap + (i >> 3)]! & (1 << (i & 7))) {
        this.palette[i] = this.known[this.u8()]!;
        continue;
      }
      const at = this.take(3), c = this.rgb(at);
      this.palette[i] = c;
      this.known[Math.imul((b[at]! << 16) | (b[at + 1]! << 8) | b[at + 2]!, 0x9e3779b1) >>> 24] = c;
    }
    if (n & 7 && b[bitmap + (n >> 3)]! >> (n & 7)) throw new FormatError("colours");
    return n;
  }

  /** Reads indices of n colours into scratch. */
  private indices(to: number, count: number, n: number): void {
    const bits = n <= 2 ? 1 : n <= 4 ? 2 : n <= 16 ? 4 : 8, mask = (1 << bits) - 1;
    const b = this.b, { palette, scratch } = this;
    const at = this.take((count * bits + 7) >> 3);
    for (let i = 0, bit = 0; i < count; i++, bit += bits) {
      const index = (b[at + (bit >> 3)]! >> (8 - bits - (bit & 7))) & mask;
      if (index >= n) throw new FormatError("colour");
      scratch[to + i] = palette[index]!;
    }
  }

  private indexed(x: number, y: number, w: number, h: number): void {
    const n = this.colours();
    for (let row = 0; row < h; row++) this.indices(row * w, w, n);
    this.store(x, y, w, h, this.scratch, 0);
  }

  private raw(x: number, y: number, w: number, h: number): void {
    let at = this.take(3 * w * h);
    const b = this.b, out = this.pixels;
    for (let row = y; row < y + h; row++) {
      for (let to = row * this.width + x, end = to + w; to < end; to++, at += 3) {
        out[to] = 0xff000000 | (b[at + 2]! << 16) | (b[at + 1]! << 8) | b[at]!;
      }
    }
  }

  private smooth(x: number, y: number, w: number, h: number): void {
    let at = this.take(3 * w * h);
    const b = this.b, p = this.scratch;
    for (let row = 0, i = 0; row < h; row++) {
      for (let column = 0; column < w; column++, i++, at += 3) {
        let left = 0, above = 0, corner = 0;
        if (i > 0) {
          left = column ? p[i - 1]! : p[i - w]!;
          above = row ? p[i - w]! : p[i - 1]!;
          corner = row ? (column ? p[i - w - 1]! : p[i - w]!) : p[i - 1]!;
        }
        const red = (b[at]! + med(left & 255, above & 255, corner & 255)) & 255;
        const green = (b[at + 1]! + med((left >> 8) & 255, (above >> 8) & 255, (corner >> 8) & 255)) & 255;
        const blue = (b[at + 2]! + med((left >> 16) & 255, (above >> 16) & 255, (corner >> 16) & 255)) & 255;
        p[i] = 0xff000000 | (blue << 16) | (green << 8) | red;
      }
    }
    this.store(x, y, w, h, p, 0);
  }

  private sparse(x: number, y: number, w: number, h: number): void {
    const n = this.colours(), size = w * h;
    const m = this.uvarint(size), runs = this.at;
    let changed = 0;
    for (let i = 0, at = 0; i < m; i++) {
      const skip = this.uvarint(size), run = this.uvarint(size);
      at += skip + run;
      if (!run || at > size) throw new FormatError("run");
      changed += run;
    }
    if (!m) throw new FormatError("run");
    if (n > 1) this.indices(0, changed, n);
    const end = this.at, out = this.pixels, { scratch } = this, one = this.palette[0]!;
    this.at = runs; // once more, now that the colours are known
    for (let i = 0, at = 0, from = 0; i < m; i++) {
      at += this.uvarint(size);
      for (let run = this.uvarint(size); run > 0; run--, at++) {
        out[(y + ((at / w) | 0)) * this.width + x + (at % w)] = n > 1 ? scratch[from++]! : one;
      }
    }
    this.at = end;
  }

  private text(x: number, y: number, w: number, h: number): void {
    for (let n = this.uvarint(256); n > 0; n--) {
      this.texts[this.textNext] = this.rgb(this.take(3));
      this.textNext = (this.textNext + 1) & 255;
    }
    let at = this.take(w * h);
    const out = this.pixels, { b, texts } = this;
    for (let column = x; column < x + w; column++) {
      for (let row = 0, i = y * this.width + column; row < h; row++, i += this.width) out[i] = texts[b[at++]!]!;
    }
  }

  private copy(x: number, y: number, w: number, h: number): void {
    const sx = x + this.varint(), sy = y + this.varint();
    if (sx < 0 || sy < 0 || sx + w > this.width || sy + h > this.height) throw new FormatError("outside");
    for (let i = 0; i < h; i++) {
      const row = sy < y ? h - 1 - i : i; // downwards: the last row first
      const from = (sy + row) * this.width + sx;
      this.pixels.copyWithin((y + row) * this.width + x, from, from + w);
    }
  }
}

function med(a: number, b: number, c: number): number {
  const low = a < b ? a : b, high = a < b ? b : a;
  return c >= high ? low : c <= low ? high : a + b - c;
}
