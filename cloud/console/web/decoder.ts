// The picture codec's other end: see the package comment of session/screen,
// which is the format's one description. Nothing an update says is trusted.

const Complete = 1, More = 2, Deflate = 4;
const Solid = 1, Palette = 2, Raw = 3, Copy = 4;
const headerSize = 12, tile = 64, maxBody = 2 << 20, maxSide = 16384, maxArea = 1 << 26;

export class FormatError extends Error {}

export interface Drawn {
  seq: number;
  settled: boolean;
  resized: boolean;
}

interface Area { x0: number; y0: number; x1: number; y1: number }

/** Keeps the picture and draws what changed. One update at a time. */
export class Decoder {
  private image: ImageData | null = null;
  private pixels = new Uint32Array(0);
  private seq = 0;
  private ready = false;
  private readonly context: OffscreenCanvasRenderingContext2D;
  private area: Area = { x0: 0, y0: 0, x1: 0, y1: 0 };

  constructor(private readonly canvas: OffscreenCanvas) {
    const context = canvas.getContext("2d", { alpha: false });
    if (!context) throw new Error("no 2d context");
    this.context = context;
  }

  /** Forgets the picture: it must not be seen without permission. */
  blank(): void {
    this.ready = false;
    this.image = null;
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
  }

  async apply(update: Uint8Array): Promise<Drawn> {
    const view = new DataView(update.buffer, update.byteOffset, update.byteLength);
    if (update.length < headerSize || update[0] !== 1 || view.getUint16(10, true) !== 0) throw this.bad("header");
    const flags = view.getUint8(1);
    const seq = view.getUint32(2, true);
    const width = view.getUint16(6, true), height = view.getUint16(8, true);
    if (flags > 15 || !width || !height || width > maxSide || height > maxSide || width * height > maxArea) {
      throw this.bad("size");
    }
    const complete = (flags & Complete) !== 0;
    if (!complete && (!this.ready || seq !== (this.seq + 1) >>> 0)) throw this.bad("gap");
    if (!complete && (width !== this.image?.width || height !== this.image.height)) throw this.bad("resized");
    this.ready = false; // until all of it went well
    let body = update.subarray(headerSize);
    if (flags & Deflate) body = await inflate(body);
    if (body.length > maxBody) throw this.bad("too large");
    let resized = false;
    this.area = { x0: width, y0: height, x1: 0, y1: 0 };
    if (complete) resized = this.reset(width, height);
    for (let at = 0; at < body.length;) at = this.operation(body, at);
    this.seq = seq;
    this.ready = true;
    const a = this.area;
    if (a.x1 > a.x0) this.context.putImageData(this.image!, 0, 0, a.x0, a.y0, a.x1 - a.x0, a.y1 - a.y0);
    return { seq, settled: (flags & More) === 0, resized };
  }

  private bad(what: string): FormatError {
    this.ready = false;
    return new FormatError(what);
  }

  private reset(width: number, height: number): boolean {
    const resized = this.canvas.width !== width || this.canvas.height !== height;
    if (resized) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    if (this.image?.width !== width || this.image.height !== height) {
      this.image = new ImageData(width, height);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    this.pixels.fill(0xff000000);
    this.touch(0, 0, width, height);
    return resized;
  }

  private touch(x: number, y: number, w: number, h: number): void {
    const a = this.area;
    a.x0 = Math.min(a.x0, x);
    a.y0 = Math.min(a.y0, y);
    a.x1 = Math.max(a.x1, x + w);
    a.y1 = Math.max(a.y1, y + h);
  }

  /** Applies the operation at `at` and gives where the next one begins. */
  private operation(b: Uint8Array, at: number): number {
    const width = this.image!.width, height = this.image!.height, out = this.pixels;
    if (at + 9 > b.length) throw this.bad("short");
    const u16 = (i: number): number => b[i]! | (b[i + 1]! << 8);
    const kind = b[at]!, x = u16(at + 1), y = u16(at + 3), w = u16(at + 5), h = u16(at + 7);
    at += 9;
    if (!w || !h || x + w > width || y + h > height) throw this.bad("outside");
    if (kind !== Copy && (w > tile || h > tile)) throw this.bad("tile");
    this.touch(x, y, w, h);
    const rgb = (i: number): number => (0xff000000 | (b[i + 2]! << 16) | (b[i + 1]! << 8) | b[i]!) >>> 0;
    switch (kind) {
      case Solid: {
        if (at + 3 > b.length) throw this.bad("short");
        const colour = rgb(at);
        for (let row = y; row < y + h; row++) out.fill(colour, row * width + x, row * width + x + w);
        return at + 3;
      }
      case Palette: {
        if (at >= b.length) throw this.bad("short");
        const n = b[at++]! + 1;
        const bits = n <= 2 ? 1 : n <= 4 ? 2 : n <= 16 ? 4 : 8;
        const stride = (w * bits + 7) >> 3;
        if (at + 3 * n + stride * h > b.length) throw this.bad("short");
        const colours = new Uint32Array(1 << bits);
        for (let i = 0; i < n; i++, at += 3) colours[i] = rgb(at);
        const mask = (1 << bits) - 1;
        for (let row = y; row < y + h; row++, at += stride) {
          let to = row * width + x;
          for (let bit = 0; bit < w * bits; bit += bits) {
            const index = (b[at + (bit >> 3)]! >> (8 - bits - (bit & 7))) & mask;
            if (index >= n) throw this.bad("colour");
            out[to++] = colours[index]!;
          }
        }
        return at;
      }
      case Raw: {
        if (at + 3 * w * h > b.length) throw this.bad("short");
        for (let row = y; row < y + h; row++) {
          for (let to = row * width + x, end = to + w; to < end; to++, at += 3) out[to] = rgb(at);
        }
        return at;
      }
      case Copy: {
        if (at + 4 > b.length) throw this.bad("short");
        const sx = u16(at), sy = u16(at + 2);
        if (sx + w > width || sy + h > height) throw this.bad("outside");
        for (let i = 0; i < h; i++) {
          const row = sy < y ? h - 1 - i : i; // downwards: the last row first
          const from = (sy + row) * width + sx;
          out.copyWithin((y + row) * width + x, from, from + w);
        }
        return at + 4;
      }
    }
    throw this.bad("operation");
  }
}

async function inflate(packed: Uint8Array): Promise<Uint8Array> {
  const stream = new DecompressionStream("deflate-raw");
  const writer = stream.writable.getWriter();
  // Errors reach us on the reading side.
  writer.write(packed as Uint8Array<ArrayBuffer>).catch(() => undefined);
  writer.close().catch(() => undefined);
  const reader = stream.readable.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    let next;
    try {
      next = await reader.read();
    } catch {
      throw new FormatError("deflate");
    }
    if (next.done) break;
    size += next.value.length;
    if (size > maxBody) {
      void reader.cancel().catch(() => undefined);
      throw new FormatError("too large");
    }
    parts.push(next.value);
  }
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
