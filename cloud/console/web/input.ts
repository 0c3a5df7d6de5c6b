// The engineer's keyboard and mouse over the picture. Nothing is listened to
// unless control was granted and the picture has the focus, and the host looks
// at every event again.

import type { Input } from "./wire";

export class Capture {
  private enabled = false;
  private readonly held = new Map<string, string>();
  private buttons = new Set<number>();
  private queue: Input[] = [];
  private frame = 0;
  private wheel = { x: 0, y: 0 };

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly size: () => { width: number; height: number },
    private readonly send: (events: Input[]) => void,
    private readonly leave: () => void,
  ) {
    const on = <K extends keyof HTMLElementEventMap>(type: K, f: (e: HTMLElementEventMap[K]) => void): void =>
      canvas.addEventListener(type, (e) => { if (this.enabled) f(e); }, { passive: false });
    on("keydown", (e) => this.key(e, "keydown"));
    on("keyup", (e) => this.key(e, "keyup"));
    on("pointermove", (e) => this.move(e));
    on("pointerdown", (e) => this.button(e, "down"));
    on("pointerup", (e) => this.button(e, "up"));
    on("pointercancel", () => this.release());
    on("wheel", (e) => this.scroll(e));
    on("contextmenu", (e) => e.preventDefault());
    on("blur", () => this.release());
    window.addEventListener("blur", () => this.release());
  }

  get active(): boolean {
    return this.enabled && document.activeElement === this.canvas;
  }

  enable(on: boolean): void {
    if (on === this.enabled) return;
    if (!on) {
      this.release();
      this.queue = [];
    }
    this.enabled = on;
  }

  /** Lifts whatever is held down; a key must not hang on the other side. */
  release(): void {
    if (!this.enabled) return;
    for (const [code, key] of this.held) this.queue.push({ k: "keyup", c: code, key });
    for (const b of this.buttons) this.queue.push({ k: "up", b });
    this.held.clear();
    this.buttons.clear();
    this.flush();
  }

  private key(e: KeyboardEvent, kind: "keydown" | "keyup"): void {
    if (e.ctrlKey && e.altKey && e.code === "Home") {
      e.preventDefault();
      if (kind === "keydown") this.leave();
      return;
    }
    if (e.code === "Pause" || e.code === "" || e.isComposing) return; // the stop key is the technician's
    e.preventDefault();
    if (kind === "keydown") this.held.set(e.code, e.key);
    else if (!this.held.delete(e.code)) return;
    this.queue.push({ k: kind, c: e.code, key: e.key });
    this.flush();
  }

  private at(e: MouseEvent): { x: number; y: number } {
    const box = this.canvas.getBoundingClientRect(), { width, height } = this.size();
    const clamp = (v: number, max: number): number => Math.min(Math.max(Math.floor(v), 0), max - 1);
    return {
      x: clamp((e.clientX - box.left) / box.width * width, width),
      y: clamp((e.clientY - box.top) / box.height * height, height),
    };
  }

  private move(e: PointerEvent): void {
    if (!this.active) return;
    const move: Input = { k: "move", ...this.at(e) };
    if (this.queue.at(-1)?.k === "move") this.queue[this.queue.length - 1] = move;
    else this.queue.push(move);
    if (!this.frame) this.frame = requestAnimationFrame(() => this.flush());
  }

  private button(e: PointerEvent, kind: "down" | "up"): void {
    if (e.button > 2) return;
    e.preventDefault();
    if (kind === "down") {
      this.canvas.focus({ preventScroll: true });
      this.canvas.setPointerCapture(e.pointerId);
      this.buttons.add(e.button);
    } else if (!this.buttons.delete(e.button)) {
      return;
    }
    this.queue.push({ k: kind, b: e.button, ...this.at(e) });
    this.flush();
  }

  private scroll(e: WheelEvent): void {
    if (!this.active) return;
    e.preventDefault();
    const perNotch = e.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 100 : e.deltaMode === WheelEvent.DOM_DELTA_LINE ? 3 : 1;
    this.wheel.x += e.deltaX / perNotch;
    this.wheel.y += e.deltaY / perNotch;
    const wx = Math.trunc(this.wheel.x), wy = Math.trunc(this.wheel.y);
    if (!wx && !wy) return;
    this.wheel.x -= wx;
    this.wheel.y -= wy;
    this.queue.push({ k: "wheel", wx, wy, ...this.at(e) });
    this.flush();
  }

  private flush(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    while (this.queue.length) this.send(this.queue.splice(0, 100));
  }
}
