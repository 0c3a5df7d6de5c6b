// The host's pointer. While the engineer steers, its shape is the cursor of
// their own hand, which waits for no network; where it stands on the host is
// drawn apart when it is not where their hand is: so they see what the
// technician does.

import { h, show } from "./dom";

/** The largest cursor a browser shows, in CSS pixels. */
const maxSide = 128;
/** Further than this from where the hand was, somebody else moved it. */
const elsewhere = 24;

export class HostCursor {
  /** Over the picture, moved by its transform alone. */
  readonly element = h("canvas", { id: "host-cursor", class: "host-cursor", hidden: true, "aria-hidden": "true" });
  private shape: ImageBitmap | null = null;
  private hot = { x: 0, y: 0 };
  private at: { x: number; y: number } | null = null;
  private hand: { x: number; y: number } | null = null;
  private handAt = 0;
  private scale = 1;
  private place = { x: 0, y: 0 };
  private steering = false;
  private url = "";
  private round = 0;
  private settle = 0;

  constructor(private readonly canvas: HTMLCanvasElement) {}

  close(): void {
    this.forget();
    clearTimeout(this.settle);
    this.canvas.style.removeProperty("cursor");
  }

  /** Without a picture there is no pointer either. */
  forget(): void {
    this.at = null;
    this.shape?.close();
    this.shape = null;
    this.own("");
    this.draw();
  }

  frame(m: { hidden: true } | { hidden: false; x: number; y: number } | { hidden: false; shape: ImageBitmap; hotX: number; hotY: number }): void {
    if (m.hidden) {
      this.at = null;
      if (this.steering) this.canvas.style.cursor = "none";
    } else if ("shape" in m) {
      this.shape?.close();
      this.shape = m.shape;
      this.hot = { x: m.hotX, y: m.hotY };
      this.paint();
    } else {
      if (!this.at) this.apply();
      this.at = { x: m.x, y: m.y };
    }
    this.draw();
  }

  /** Where the picture stands, and how large one of its pixels is. */
  layout(left: number, top: number, scale: number): void {
    const painted = this.size;
    this.scale = scale;
    this.place = { x: left, y: top };
    if (this.shape && painted !== this.size) this.paint();
    this.draw();
  }

  steer(on: boolean): void {
    if (on === this.steering) return;
    this.steering = on;
    this.apply();
    this.draw();
  }

  /** Where the engineer's own pointer is. */
  over(at: { x: number; y: number } | null): void {
    this.hand = at;
    this.handAt = performance.now();
    // The host's answer to this move is still under way.
    clearTimeout(this.settle);
    if (this.steering) this.settle = window.setTimeout(() => this.draw(), 350);
    this.draw();
  }

  /** As large as on the picture, but never too small to be seen. */
  private get size(): number { return Math.min(Math.max(this.scale, 0.6), 2); }

  private paint(): void {
    const shape = this.shape;
    if (!shape) return;
    const ratio = devicePixelRatio, size = Math.min(this.size, maxSide / Math.max(shape.width, shape.height));
    const canvas = this.element;
    canvas.width = Math.max(1, Math.round(shape.width * size * ratio));
    canvas.height = Math.max(1, Math.round(shape.height * size * ratio));
    canvas.style.width = `${canvas.width / ratio}px`;
    canvas.style.height = `${canvas.height / ratio}px`;
    const c = canvas.getContext("2d");
    if (!c) return;
    c.imageSmoothingQuality = "high";
    c.drawImage(shape, 0, 0, canvas.width, canvas.height);
    const round = ++this.round;
    const x = Math.round(this.hot.x * size), y = Math.round(this.hot.y * size);
    canvas.toBlob((blob) => {
      if (!blob || round !== this.round || !this.shape) return;
      this.own(`image-set(url("${URL.createObjectURL(blob)}") ${ratio}x) ${x} ${y}, default`);
    });
  }

  private own(css: string): void {
    const old = /url\("(.*)"\)/.exec(this.url)?.[1];
    if (old) URL.revokeObjectURL(old);
    if (!css) this.round++;
    this.url = css;
    this.apply();
  }

  private apply(): void {
    this.canvas.style.cursor = this.steering ? this.url : "";
  }

  private draw(): void {
    const at = this.at, hand = this.hand;
    // Steering, the hand itself carries the shape. Somebody else's move shows.
    const same = this.steering && hand !== null && at !== null &&
      (performance.now() - this.handAt < 300 || Math.hypot(at.x - hand.x, at.y - hand.y) < elsewhere);
    show(this.element, at !== null && this.shape !== null && !same);
    if (!at || !this.shape) return;
    const size = Math.min(this.size, maxSide / Math.max(this.shape.width, this.shape.height));
    const x = this.place.x + at.x * this.scale - this.hot.x * size, y = this.place.y + at.y * this.scale - this.hot.y * size;
    this.element.style.transform = `translate(${x}px, ${y}px)`;
  }
}
