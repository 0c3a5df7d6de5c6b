// One thing an engineer may ask for, as a button that says how it stands.

import { h, icon, setText, show } from "./dom";
import { Key, clock, t } from "./strings";
import type { Message } from "./wire";

export type Standing = "idle" | "asked" | "granted" | "denied" | "timeout";

const whys: Record<string, Key> = {
  denied: "denied", timeout: "timeout", policy: "whyPolicy", throttled: "whyThrottled", pending: "whyPending", name: "whyName",
  withdrawn: "whyWithdrawn", "link-lost": "whyLost", hash: "whyHash", size: "whyHash", disk: "whyDisk", "disk-full": "whyDisk", "too-many": "whyMany", expired: "whyExpired", revoked: "whyRevoked", released: "whyReleased", "run-started": "whyRun",
};

/** What to say about a no; empty for one that says nothing more. */
export function reason(why: string): string {
  return why in whys ? t(whys[why]!) : "";
}

export class CapabilityButton {
  readonly element: HTMLElement;
  readonly button: HTMLButtonElement;
  private readonly line = h("span", { class: "cap-line" });
  private readonly drop: HTMLButtonElement;
  standing: Standing = "idle";
  private why = "";
  private until = 0;
  id = "";

  constructor(id: string, symbol: string, name: Key, private readonly text: Key, ask: () => void, drop: () => void, private readonly granted?: Key) {
    this.button = h("button", { id, class: "cap", type: "button", "data-state": "idle", click: () => { if (!this.busy) ask(); } },
      h("span", { class: "cap-icon" }, icon(symbol)),
      h("span", { class: "cap-text" }, h("strong", {}, t(name)), this.line),
      h("span", { class: "cap-light", "aria-hidden": "true" })) as HTMLButtonElement;
    this.drop = h("button", { class: "cap-drop quiet", type: "button", hidden: true, click: drop }, "") as HTMLButtonElement;
    this.element = h("div", { class: "cap-box" }, this.button, this.drop);
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

  /** Brings the countdown up to date. */
  tick(): void {
    setText(this.line, this.describe());
    this.button.setAttribute("aria-disabled", String(this.busy));
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
    return reason(this.why) || t("denied");
  }
}
