// Text from one clipboard to the other: each direction under its own grant, on
// the engineer's own act, and only while this page has the keyboard.

import type { Notices } from "./notices";
import { amount, t } from "./strings";
import { Message, maxClipboard } from "./wire";

const utf8 = new TextEncoder();

export class Clipboard {
  private last: string | null = null; // what both sides had last
  private focused: boolean | null = null;
  private open = false;

  constructor(private readonly say: (m: Message) => void, private readonly notices: Notices, life: AbortSignal) {
    const tell = (): void => this.focus();
    window.addEventListener("focus", tell, { signal: life });
    window.addEventListener("blur", tell, { signal: life });
    document.addEventListener("visibilitychange", tell, { signal: life });
  }

  /** The session stands, or its link is lost: then the host forgets. */
  link(open: boolean): void {
    this.open = open;
    this.focused = null;
    this.focus();
  }

  private focus(): void {
    const on = document.hasFocus() && document.visibilityState === "visible";
    if (!this.open || on === this.focused) return;
    this.focused = on;
    this.say({ t: "focus", on });
  }

  /** Pasting while steering: only what is new here, or what was copied on the
   * PC meanwhile would be overwritten. */
  paste(text: string): void {
    if (text !== this.last) this.put(text);
  }

  /** The button: what is in the engineer's clipboard, in any case. */
  async read(): Promise<void> {
    let text: string;
    try {
      text = await navigator.clipboard.readText();
    } catch {
      return this.notices.say({ id: "clipboard", icon: "paste", title: t("clipForbidden"), tone: "bad" });
    }
    if (!text) return this.notices.say({ id: "clipboard", icon: "paste", title: t("clipEmpty"), tone: "bad", passes: true });
    if (this.put(text)) this.notices.say({ id: "clipboard", icon: "paste", title: t("clipSent"), tone: "good", passes: true });
  }

  private put(text: string): boolean {
    const size = utf8.encode(text).length;
    if (size > maxClipboard) {
      this.notices.say({ id: "clipboard", icon: "paste", title: t("clipLarge", { size: amount(size), most: amount(maxClipboard) }), tone: "bad" });
      return false;
    }
    this.last = text;
    this.say({ t: "clipboard", text });
    return true;
  }

  /** From the PC. It goes nowhere before the engineer takes it. */
  arrived(text: string): void {
    this.notices.say({ id: "clipboard-in", icon: "copy", title: t("clipArrived"), quote: text, action: { id: "clipboard-take", name: t("clipTake"), run: () => void this.take(text) } });
  }

  private async take(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      return this.notices.say({ id: "clipboard-in", icon: "copy", title: t("clipNotWritten"), tone: "bad" });
    }
    this.last = text;
    this.notices.say({ id: "clipboard-in", icon: "copy", title: t("clipTaken"), tone: "good", passes: true });
  }

  /** Nothing of the PC's stays on the page once its grant is over. */
  over(): void { this.notices.drop("clipboard-in"); }
}
