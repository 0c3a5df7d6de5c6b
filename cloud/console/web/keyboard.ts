// The engineer's keyboard, as it stands: the physical key and what it means to
// them. What an input method, a dead key or a picker of symbols makes is text,
// and goes as such: the host's layout need not know it.

import type { Input } from "./wire";

const modifiers: Record<string, "Shift" | "Control" | "Alt" | "Meta"> = {
  ShiftLeft: "Shift", ShiftRight: "Shift", ControlLeft: "Control", ControlRight: "Control",
  AltLeft: "Alt", AltRight: "Alt", MetaLeft: "Meta", MetaRight: "Meta",
};

/** Windows puts a Control before AltGr that nobody pressed, in the same moment. */
const altGrMS = 30;

export interface KeyboardPort {
  send(...events: Input[]): void;
  /** True for a key that is the page's own. */
  own(e: KeyboardEvent): boolean;
}

export class Keyboard {
  /** Takes a text that is being pasted; null when pasting is not for us. */
  pasteText: ((text: string) => void) | null = null;
  private enabled = false;
  private readonly held = new Map<string, string>();
  private taken = false; // the last key went out as a key
  private dead = false; // the next character comes as text
  private control: { event: Input; timer: number } | null = null;
  private pasting: Input | null = null;
  private readonly windows = navigator.platform.startsWith("Win");

  constructor(private readonly field: HTMLTextAreaElement, private readonly port: KeyboardPort) {
    const on = <K extends keyof HTMLElementEventMap>(type: K, f: (e: HTMLElementEventMap[K]) => void): void =>
      field.addEventListener(type, (e) => { if (this.enabled) f(e); });
    on("keydown", (e) => this.down(e));
    on("keyup", (e) => this.up(e));
    // A key that was sent writes nothing as well, whoever drives the browser.
    on("keypress", (e) => { if (this.taken) e.preventDefault(); });
    on("compositionstart", () => field.classList.add("composing"));
    on("compositionend", (e) => {
      field.classList.remove("composing");
      this.text(e.data);
    });
    on("input", (e) => {
      const { isComposing, inputType, data } = e as InputEvent;
      if (isComposing || inputType === "insertCompositionText") return; // its end brings the text
      this.text(inputType.startsWith("insert") ? data ?? "" : "");
    });
    on("paste", (e) => this.paste(e));
    for (const type of ["copy", "cut", "drop", "dragover"] as const) on(type, (e) => e.preventDefault());
  }

  enable(on: boolean): void {
    if (on === this.enabled) return;
    this.enabled = on;
    this.field.value = "";
    this.field.classList.remove("composing");
    this.dead = false;
  }

  /** What lifts all that is held down, which is then forgotten. */
  lift(): Input[] {
    if (this.control) clearTimeout(this.control.timer);
    this.control = this.pasting = null;
    const ups = [...this.held].map(([c, key]): Input => ({ k: "keyup", c, key }));
    this.held.clear();
    return ups;
  }

  /** Lifts modifiers whose release went elsewhere, to another window for one. */
  settle(e: KeyboardEvent | MouseEvent): void {
    const now = e instanceof KeyboardEvent ? e.code : "";
    for (const [code, key] of this.held) {
      const kind = modifiers[code];
      // AltGr is told of differently by each system; it is let be.
      if (!kind || code === now || key === "AltGraph" || e.getModifierState(kind)) continue;
      this.held.delete(code);
      this.port.send({ k: "keyup", c: code, key });
    }
  }

  private text(s: string): void {
    this.field.value = "";
    this.dead = false;
    if (!s) return;
    this.letControlGo();
    this.port.send({ k: "text", s });
  }

  private down(e: KeyboardEvent): void {
    this.taken = false;
    if (this.port.own(e)) return e.preventDefault();
    if (e.isComposing || e.key === "Process" || e.code === "") return; // the input method's
    if (e.code === "Pause" || e.code === "PrintScreen") return e.preventDefault(); // the technician's
    if (e.key === "Dead") {
      this.dead = true; // nothing goes out before the character is whole
      return;
    }
    if (this.dead && !modifiers[e.code]) {
      this.dead = false;
      if (e.key.length === 1 || e.key === "Unidentified") return; // comes as input
    }
    this.settle(e);
    const event: Input = { k: "keydown", c: e.code, key: e.key };
    if (this.windows && e.code === "ControlLeft" && !e.repeat && !this.held.has(e.code)) {
      e.preventDefault();
      this.letControlGo();
      this.control = { event, timer: window.setTimeout(() => this.letControlGo(), altGrMS) };
      return;
    }
    if (e.key === "AltGraph" && this.control) {
      clearTimeout(this.control.timer);
      this.control = null;
    }
    this.letControlGo();
    if (this.pasteText && (e.ctrlKey || e.metaKey) && !e.altKey && !e.shiftKey && e.key.toLowerCase() === "v" && !e.repeat) {
      this.pasting = event; // after the text: the browser's own paste event brings it
      return;
    }
    e.preventDefault();
    this.taken = true;
    this.press(event);
  }

  private up(e: KeyboardEvent): void {
    if (this.port.own(e)) return e.preventDefault();
    if (this.pasting?.c === e.code) this.pasted();
    if (this.control?.event.c === e.code) this.letControlGo();
    const key = this.held.get(e.code);
    if (key === undefined) return;
    e.preventDefault();
    this.held.delete(e.code);
    this.port.send({ k: "keyup", c: e.code, key: e.key });
    // macOS reports no release of what was pressed together with Command.
    if (e.key === "Meta") {
      for (const [c, k] of this.held) if (!modifiers[c]) {
        this.held.delete(c);
        this.port.send({ k: "keyup", c, key: k });
      }
    }
  }

  private press(event: Input): void {
    this.held.set(event.c!, event.key!);
    this.port.send(event);
  }

  /** Sends a Control that was held back for a moment. */
  letControlGo(): void {
    const control = this.control;
    if (!control) return;
    clearTimeout(control.timer);
    this.control = null;
    this.press(control.event);
  }

  private paste(e: ClipboardEvent): void {
    e.preventDefault();
    const text = e.clipboardData?.getData("text/plain") ?? "";
    if (text) this.pasteText?.(text);
    this.pasted();
  }

  private pasted(): void {
    const event = this.pasting;
    this.pasting = null;
    if (event) this.press(event);
  }
}
