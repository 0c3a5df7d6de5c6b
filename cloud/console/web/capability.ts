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
  off: "whyOff", never: "whyNever",
};

/** What can be done about it, below the button. */
const notes: Record<string, Key> = {
  timeout: "noteTimeout", "pin-missing": "notePinMissing", "pin-wrong": "notePinWrong", throttled: "noteThrottled", "no-scanner": "noteNoScanner",
};

/** How long the host shows no question of one who asked too often. */
const throttledMS = 60_000;

/** What to say about a no; empty for one that says nothing more. */
export function reason(why: string): string {
  const key = known(whys, why);
  return key ? t(key) : "";
}

export interface CapabilityConfig {
  id: string;
  icon: string;
  name: Key;
  text: Key;
  /** Said while granted, where no time tells more. */
  granted?: Key;
  /** One of the list under "More". */
  small?: boolean;
  /** Its neighbour says already what can be done about a no. */
  brief?: boolean;
  ask(): void;
  drop(): void;
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
  private askedAt = 0;
  private again = 0; // asking before this would be in vain
  private verdict = "ask"; // what the host says of asking at all
  id = "";

  constructor(private readonly conf: CapabilityConfig) {
    const { id } = conf;
    this.button = h("button", { id, class: conf.small ? "cap small" : "cap", type: "button", "data-state": "idle", "aria-describedby": `${id}-note`, click: () => { if (!this.closed) conf.ask(); } },
      h("span", { class: "cap-icon" }, icon(conf.icon)),
      h("span", { class: "cap-text" }, h("strong", {}, t(conf.name)), this.line),
      h("span", { class: "cap-light", "aria-hidden": "true" }));
    this.drop = h("button", { class: "cap-drop quiet", type: "button", hidden: true, click: conf.drop }, "");
    this.note = h("p", { id: `${id}-note`, class: "cap-note", role: "status", hidden: true });
    this.element = h("div", { class: "cap-box" }, this.button, this.drop, this.note);
    this.tick();
  }

  get busy(): boolean { return this.standing === "asked" || this.standing === "granted"; }
  private get off(): boolean { return this.verdict !== "ask" && !this.busy; }
  /** Asking would be in vain now. */
  private get closed(): boolean { return this.busy || this.off || this.again > Date.now(); }

  /** What the host says may be asked for: "ask", or why not. */
  may(verdict: string): void {
    if (verdict === this.verdict) return;
    this.verdict = verdict;
    this.tick();
  }

  set(standing: Standing, why = "", until = 0): void {
    this.standing = standing;
    this.why = why;
    this.until = until;
    this.again = 0;
    this.tick();
  }

  asked(id: string): void {
    this.id = id;
    this.askedAt = Date.now();
    this.set("asked");
  }

  answer(m: Message): void {
    if (m.granted) return this.set("granted", m.why, m.untilMs ?? 0);
    if (m.why === "withdrawn") return this.set("idle", m.why);
    this.set(m.why === "timeout" ? "timeout" : "denied", m.why ?? "denied");
    if (m.why === "throttled") this.again = Math.max(m.untilMs ?? 0, Date.now() + (m.untilMs ? 0 : throttledMS));
    this.tick();
  }

  /** Asking makes sense now. */
  get askable(): boolean { return !this.closed; }

  /** What is said about it beside its name. */
  get says(): string { return this.off || this.why ? this.describe() : ""; }

  /** Brings the countdown up to date. */
  tick(): void {
    if (this.again && this.again <= Date.now()) {
      this.again = 0;
      this.standing = "idle";
      this.why = "";
    }
    const { dataset } = this.button, state = this.off ? "off" : this.standing, why = this.off ? this.verdict : this.why;
    if (dataset.state !== state) dataset.state = state;
    if (dataset.why !== why) dataset.why = why;
    setText(this.line, this.describe());
    const closed = String(this.closed);
    if (this.button.getAttribute("aria-disabled") !== closed) this.button.setAttribute("aria-disabled", closed);
    const note = this.busy || (this.off && this.conf.brief) ? undefined : known(notes, why);
    setText(this.note, note ? t(note) : "");
    show(this.note, note !== undefined);
    show(this.drop, this.busy);
    setText(this.drop, this.standing === "asked" ? t("withdraw") : t("giveBack"));
  }

  private describe(): string {
    if (this.off) return reason(this.verdict) || t("whyNotNow");
    switch (this.standing) {
      case "asked": return t("asked", { n: Math.floor((Date.now() - this.askedAt) / 1000) });
      case "granted":
        if (this.conf.granted) return t(this.conf.granted);
        return this.until ? t("grantedUntil", { time: clock(this.until - Date.now()) }) : t("grantedSession");
      case "idle":
        if (!this.why) return t(this.conf.text);
        return reason(this.why) || t("whyEnded");
    }
    if (this.again) return t("againIn", { why: reason(this.why), time: clock(this.again - Date.now()) });
    if (this.standing === "timeout" && this.conf.granted) return t("fTimeout"); // a file is asked for again where it is listed
    return reason(this.why) || t("denied");
  }
}
