// One thing an engineer may ask for, as a button that says how it stands.

import { h, icon, setText, show } from "./dom";
import { Key, clock, known, t } from "./strings";
import type { Message } from "./wire";

export type Standing = "idle" | "asked" | "granted" | "denied" | "timeout";

const whys: Record<string, Key> = {
  denied: "denied", timeout: "timeout", policy: "whyPolicy", throttled: "whyThrottled", pending: "whyPending", name: "whyName",
  "pin-missing": "whyPinMissing", "pin-wrong": "whyPinWrong", "not-allowed": "whyNotAllowed", "helper-lost": "whyHelper", "no-helper": "whyHelper", locked: "whyLocked",
  withdrawn: "whyWithdrawn", "link-lost": "whyLost", hash: "whyHash", size: "whyHash", disk: "whyDisk", "disk-full": "whyDisk", "too-many": "whyMany", infected: "whyInfected", "no-scanner": "whyNoScanner", "scan-failed": "whyScan", "scan-too-large": "whyScanSize", window: "whyWindow",
  changed: "whyChanged", "too-large-here": "whyTooLargeHere", "too-large": "whyScanSize", cancelled: "whyCancelled", gone: "whyEnded", expired: "whyExpired", revoked: "whyRevoked", released: "whyReleased", "run-started": "whyRun",
};

/** What can be done about it, below the button. */
const notes: Record<string, Key> = {
  timeout: "noteTimeout", "pin-missing": "notePinMissing", "pin-wrong": "notePinWrong", throttled: "noteThrottled",
};

/** What to say about a no; empty for one that says nothing more. */
export function reason(why: string): string {
  const key = known(whys, why);
  return key ? t(key) : "";
}

export class CapabilityButton {
  readonly element: HTMLElement;
  readonly button: HTMLButtonElement;
  private readonly line = h("span", { class: "cap-line" });
  private readonly note: HTMLElement;
  private readonly drop: HTMLButtonElement;
  standing: Standing = "idle";
  private why = "";
  private until = 0;
  id = "";

  constructor(id: string, symbol: string, name: Key, private readonly text: Key, ask: () => void, drop: () => void, private readonly granted?: Key) {
    this.button = h("button", { id, class: "cap", type: "button", "data-state": "idle", "aria-describedby": `${id}-note`, click: () => { if (!this.busy) ask(); } },
      h("span", { class: "cap-icon" }, icon(symbol)),
      h("span", { class: "cap-text" }, h("strong", {}, t(name)), this.line),
      h("span", { class: "cap-light", "aria-hidden": "true" })) as HTMLButtonElement;
    this.drop = h("button", { class: "cap-drop quiet", type: "button", hidden: true, click: drop }, "") as HTMLButtonElement;
    this.note = h("p", { id: `${id}-note`, class: "cap-note", role: "status", hidden: true });
    this.element = h("div", { class: "cap-box" }, this.button, this.drop, this.note);
    this.tick();
  }

  get busy(): boolean { return this.standing === "asked" || this.standing === "granted"; }

  set(standing: Standing, why = "", until = 0): void {
    this.standing = standing;
    this.why = why;
    this.until = until;
    this.button.dataset.state = standing;
    this.button.dataset.why = why;
    this.tick();
  }

  asked(id: string): void {
    this.id = id;
    this.set("asked");
  }

  answer(m: Message): void {
    if (m.granted) return this.set("granted", m.why, m.untilMs ?? 0);
    if (m.why === "withdrawn") return this.set("idle", m.why);
    this.set(m.why === "timeout" ? "timeout" : "denied", m.why ?? "denied");
  }

  /** What is said about it beside its name. */
  get says(): string { return this.why ? this.describe() : ""; }

  /** Brings the countdown up to date. */
  tick(): void {
    setText(this.line, this.describe());
    this.button.setAttribute("aria-disabled", String(this.busy));
    const note = this.busy ? undefined : known(notes, this.why);
    setText(this.note, note ? t(note) : "");
    show(this.note, note !== undefined);
    show(this.drop, this.busy);
    setText(this.drop, this.standing === "asked" ? t("withdraw") : t("giveBack"));
  }

  private describe(): string {
    switch (this.standing) {
      case "asked": return t("asked");
      case "granted":
        if (this.granted) return t(this.granted);
        return this.until ? t("grantedUntil", { time: clock(this.until - Date.now()) }) : t("grantedSession");
      case "idle":
        if (!this.why) return t(this.text);
        return reason(this.why) || t("whyEnded");
    }
    if (this.standing === "timeout" && this.granted) return t("fTimeout"); // a file is asked for again where it is listed
    return reason(this.why) || t("denied");
  }
}
