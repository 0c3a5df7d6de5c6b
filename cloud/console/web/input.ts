// The engineer's hands on the picture. Nothing is listened to unless control
// or the pointer was granted, and the host looks at every event again.

import { Keyboard } from "./keyboard";
import type { Input, Message } from "./wire";

/** Off, all of keyboard and mouse, or only where the engineer points. */
export type Mode = "off" | "steer" | "point";

const pointEachMS = 34; // at most 30 a second
const maxNotches = 10;

export interface CapturePort {
  size(): { width: number; height: number };
  send(events: Input[]): void;
  point(m: Message): void;
  own(e: KeyboardEvent): boolean;
  /** Where the engineer's pointer is over the picture; null: not over it. */
  over(at: { x: number; y: number } | null): void;
}

export class Capture {
  readonly keyboard: Keyboard;
  private mode: Mode = "off";
  private readonly buttons = new Set<number>();
  private queue: Input[] = [];
  private frame = 0;
  private sentMove = 0;
  private wheel = { x: 0, y: 0 };
  private owed: Input[] = []; // releases the lost link did not take
  private pointTimer = 0;
  private pointing: { x: number; y: number } | null = null;
  private readonly lifted = (): void => this.release();
  private readonly hidden = (): void => { if (document.visibilityState === "hidden") this.release(); };

  constructor(private readonly canvas: HTMLCanvasElement, private readonly field: HTMLTextAreaElement, private readonly port: CapturePort,
    life: AbortSignal) {
    this.keyboard = new Keyboard(field, { send: (...events) => this.act(...events), own: (e) => port.own(e) });
    const on = <K extends keyof HTMLElementEventMap>(type: K, f: (e: HTMLElementEventMap[K]) => void): void =>
      canvas.addEventListener(type, (e) => { if (this.mode !== "off") f(e); }, { passive: false, signal: life });
    on("pointermove", (e) => this.move(e));
    on("pointerdown", (e) => this.button(e, "down"));
    on("pointerup", (e) => this.button(e, "up"));
    on("pointercancel", () => this.release());
    on("pointerleave", () => this.left());
    on("mousedown", (e) => e.preventDefault()); // the keyboard's field keeps the focus
    on("wheel", (e) => this.scroll(e));
    on("contextmenu", (e) => e.preventDefault());
    field.addEventListener("blur", this.lifted, { signal: life });
    window.addEventListener("blur", this.lifted, { signal: life });
    document.addEventListener("visibilitychange", this.hidden, { signal: life });
  }

  get active(): boolean {
    return this.mode === "steer" && document.activeElement === this.field;
  }

  focus(): void { this.field.focus({ preventScroll: true }); }

  /** Lost says that what is held down cannot be lifted now, but must be later. */
  set(mode: Mode, lost = false): void {
    if (mode === this.mode) return;
    if (this.mode === "steer") {
      if (lost) this.owed = this.lift();
      else this.release();
      this.queue = [];
    }
    if (this.mode === "point") this.left();
    this.mode = mode;
    this.keyboard.enable(mode === "steer");
    if (mode === "steer" && this.owed.length) this.act(...this.owed.splice(0));
  }

  /** Lifts whatever is held down; a key must not hang on the other side. */
  release(): void {
    if (this.mode !== "steer") return;
    this.act(...this.lift());
  }

  /** Keys that the browser or the engineer's own desktop would take, in order. */
  press(codes: [code: string, key: string][]): void {
    if (this.mode !== "steer") return;
    this.act(...codes.map(([c, key]): Input => ({ k: "keydown", c, key })), ...[...codes].reverse().map(([c, key]): Input => ({ k: "keyup", c, key })));
  }

  private lift(): Input[] {
    const ups = [...this.keyboard.lift(), ...[...this.buttons].map((b): Input => ({ k: "up", b, ...this.last }))];
    this.buttons.clear();
    return ups;
  }

  private last = { x: 0, y: 0 };

  private at(e: MouseEvent): { x: number; y: number } {
    const box = this.canvas.getBoundingClientRect(), { width, height } = this.port.size();
    const clamp = (v: number, max: number): number => Math.min(Math.max(Math.floor(v), 0), Math.max(max - 1, 0));
    this.last = {
      x: clamp((e.clientX - box.left) / box.width * width, width),
      y: clamp((e.clientY - box.top) / box.height * height, height),
    };
    return this.last;
  }

  private move(e: PointerEvent): void {
    const at = this.at(e);
    this.port.over(at);
    if (this.mode === "point") return this.point(at);
    if (!this.active) return;
    this.keyboard.settle(e);
    const move: Input = { k: "move", ...at };
    if (this.queue.at(-1)?.k === "move") this.queue[this.queue.length - 1] = move;
    else this.queue.push(move);
    // The first of a frame goes at once, the rest of it together.
    if (e.timeStamp - this.sentMove > 16) {
      this.sentMove = e.timeStamp;
      this.flush();
    } else if (!this.frame) {
      this.frame = requestAnimationFrame(() => this.flush());
    }
  }

  private button(e: PointerEvent, kind: "down" | "up"): void {
    if (e.button > 2) return;
    e.preventDefault();
    const at = this.at(e);
    this.port.over(at);
    if (this.mode === "point") return kind === "down" ? this.point(at) : undefined;
    if (kind === "down") {
      this.focus();
      try {
        this.canvas.setPointerCapture(e.pointerId);
      } catch {
        // A pointer that is gone already has nothing to capture.
      }
      this.buttons.add(e.button);
    } else if (!this.buttons.delete(e.button)) {
      return;
    }
    this.keyboard.letControlGo();
    this.keyboard.settle(e);
    this.act({ k: kind, b: e.button, ...at });
  }

  private scroll(e: WheelEvent): void {
    if (!this.active) return;
    e.preventDefault();
    const perNotch = e.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 100 : e.deltaMode === WheelEvent.DOM_DELTA_LINE ? 3 : 1;
    const add = (rest: number, delta: number): number => (Math.sign(rest) === -Math.sign(delta) ? 0 : rest) + delta / perNotch;
    this.wheel = { x: add(this.wheel.x, e.deltaX), y: add(this.wheel.y, e.deltaY) };
    const whole = (v: number): number => Math.max(-maxNotches, Math.min(maxNotches, Math.trunc(v)));
    const wx = whole(this.wheel.x), wy = whole(this.wheel.y);
    if (!wx && !wy) return;
    this.wheel.x -= wx;
    this.wheel.y -= wy;
    this.act({ k: "wheel", wx, wy, ...this.at(e) });
  }

  /** What must not wait: goes out now, after the moves before it. */
  private act(...events: Input[]): void {
    this.queue.push(...events);
    this.flush();
  }

  private flush(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    while (this.queue.length) this.port.send(this.queue.splice(0, 100));
  }

  private point(at: { x: number; y: number }): void {
    const first = !this.pointTimer;
    this.pointing = at;
    if (first) this.sendPoint();
  }

  private sendPoint(): void {
    this.pointTimer = 0;
    const at = this.pointing;
    if (!at || this.mode !== "point") return;
    this.pointing = null;
    this.port.point({ t: "point", ...at, on: true });
    this.pointTimer = window.setTimeout(() => this.sendPoint(), pointEachMS);
  }

  /** The pointer left the picture, or the tool was put down. */
  private left(): void {
    this.port.over(null);
    if (this.mode !== "point") return;
    clearTimeout(this.pointTimer);
    this.pointTimer = 0;
    this.pointing = null;
    this.port.point({ t: "point", on: false });
  }
}
