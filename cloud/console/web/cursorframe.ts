// A FrameCursor, read: session/screen/cursor.go describes the format. Nothing
// it says is trusted; one that cannot be read is passed over.

const Hidden = 0, Moved = 1, Shape = 2;
const maxSide = 16384, maxCursor = 256;

export type CursorFrame =
  | { is: "cursor"; hidden: true }
  | { is: "cursor"; hidden: false; x: number; y: number }
  | { is: "cursor"; hidden: false; shape: ImageBitmap; hotX: number; hotY: number };

export async function readCursor(b: Uint8Array): Promise<CursorFrame | null> {
  const u16 = (at: number): number => b[at]! | (b[at + 1]! << 8);
  switch (b[0]) {
    case Hidden:
      return b.length === 1 ? { is: "cursor", hidden: true } : null;
    case Moved: {
      if (b.length !== 5) return null;
      const x = u16(1), y = u16(3);
      return x < maxSide && y < maxSide ? { is: "cursor", hidden: false, x, y } : null;
    }
    case Shape: {
      if (b.length < 9) return null;
      const hotX = u16(1), hotY = u16(3), width = u16(5), height = u16(7);
      if (!width || !height || width > maxCursor || height > maxCursor || hotX >= width || hotY >= height) return null;
      const rgba = await unpack(b.subarray(9), 4 * width * height);
      if (!rgba) return null;
      return { is: "cursor", hidden: false, shape: await createImageBitmap(new ImageData(rgba, width, height)), hotX, hotY };
    }
  }
  return null;
}

/** Exactly size bytes, or nothing. */
async function unpack(packed: Uint8Array, size: number): Promise<Uint8ClampedArray<ArrayBuffer> | null> {
  const reader = new Blob([packed as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const out = new Uint8ClampedArray(size);
  let at = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return at === size ? out : null;
      if (at + value.length > size) {
        void reader.cancel().catch(() => undefined);
        return null;
      }
      out.set(value, at);
      at += value.length;
    }
  } catch {
    return null;
  }
}
