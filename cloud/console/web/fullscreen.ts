// The picture alone on the engineer's screen. Where the browser lets a page,
// the keys that it and the desktop would keep go to the host meanwhile.

interface LockableKeyboard { lock?(): Promise<void>; unlock?(): void }

export class FullScreen {
  private locked = false;

  constructor(private readonly element: HTMLElement, changed: () => void, life: AbortSignal) {
    document.addEventListener("fullscreenchange", changed, { signal: life });
  }

  get on(): boolean { return document.fullscreenElement === this.element; }

  /** False when the browser does not allow it. */
  async toggle(): Promise<boolean> {
    try {
      if (document.fullscreenElement) await document.exitFullscreen();
      else await this.element.requestFullscreen({ navigationUI: "hide" });
      return true;
    } catch {
      return false;
    }
  }

  /** Steering, Alt+Tab and Escape are the host's; held down, Escape still leaves. */
  steer(on: boolean): void {
    const lock = on && this.on;
    if (lock === this.locked) return;
    this.locked = lock;
    const { keyboard } = navigator as { keyboard?: LockableKeyboard };
    if (lock) void keyboard?.lock?.().catch(() => undefined);
    else keyboard?.unlock?.();
  }

  close(): void {
    this.steer(false);
    if (this.on) void document.exitFullscreen().catch(() => undefined);
  }
}
