// Where the picture shows. The worker decodes and says what changed; the page's
// own thread only puts it there, in the message's own task: what a worker draws
// on an OffscreenCanvas waits for the compositor's next frame.

import type { Shown } from "./video";

/** What an update changed. */
export interface Patch {
  /** The picture's size, where all of it is new. */
  size: { width: number; height: number } | null;
  /** Rectangles, four numbers each: x, y, width, height. */
  places: number[];
  /** Their pixels (red, green, blue, alpha), one rectangle after the other. */
  pixels: Uint8ClampedArray<ArrayBuffer>;
  /** What comes over them. */
  frame: { x: number; y: number; w: number; h: number; shown: Shown } | null;
}

/** What goes to the page without being copied. */
export function transfers(p: Patch): Transferable[] {
  if (!p.frame) return [p.pixels.buffer];
  const { shown } = p.frame;
  return [p.pixels.buffer, "image" in shown ? shown.image : shown.pixels.buffer];
}

/** Lets go of a patch that is not shown. */
export function discard(p: Patch): void {
  if (p.frame && "image" in p.frame.shown) p.frame.shown.image.close();
}

export class Surface {
  private readonly context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

  constructor(private readonly canvas: HTMLCanvasElement | OffscreenCanvas) {
    const context = canvas.getContext("2d", { alpha: false }) as Surface["context"] | null;
    if (!context) throw new Error("no 2d context");
    this.context = context;
  }

  /** Puts it on the canvas, and gives back the memory of its video frame. */
  show(p: Patch): ArrayBuffer | null {
    if (p.size && (p.size.width !== this.canvas.width || p.size.height !== this.canvas.height)) Object.assign(this.canvas, p.size);
    for (let i = 0, at = 0; i < p.places.length; i += 4) {
      const [x, y, w, h] = p.places.slice(i, i + 4) as [number, number, number, number];
      this.context.putImageData(new ImageData(p.pixels.subarray(at, at += 4 * w * h), w, h), x, y);
    }
    if (!p.frame) return null;
    const { x, y, w, h, shown } = p.frame;
    if ("image" in shown) {
      this.context.drawImage(shown.image, x, y);
      shown.image.close();
      return null;
    }
    this.context.putImageData(new ImageData(shown.pixels, w, h), x, y);
    return shown.pixels.buffer;
  }

  /** The picture must not be seen without permission. */
  blank(): void {
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
  }
}
