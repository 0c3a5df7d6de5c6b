// The session's first line: which instrument, whose, why; the words of the
// connection; how the link feels; the way out.

import type { Request } from "./api";
import { h, icon, setText } from "./dom";
import { Quality } from "./quality";
import { clock, t } from "./strings";

export class Head {
  readonly element: HTMLElement;
  readonly quality = new Quality();
  readonly end: HTMLButtonElement;
  private readonly started = Date.now();
  private readonly status = h("span", { id: "status", role: "status" });
  private readonly time = h("span", { class: "muted mono" });
  private readonly said: HTMLElement;

  constructor({ type, serial, technician }: Request, reason: string, ticket: string, words: string, end: () => void, notes: (() => void) | null) {
    const about = [technician, reason, ticket].filter(Boolean).join(" · ");
    this.said = h("strong", { id: "words" }, words);
    this.end = h("button", { id: "end", class: "stop", type: "button", click: end }, icon("end"), t("end"));
    this.element = h("header", { class: "session-head" },
      h("img", { src: "/assets/mark.svg", alt: "", width: "28", height: "28" }),
      h("div", { class: "grow" }, h("h1", {}, type, " ", h("span", { class: "muted mono" }, serial)), h("p", { class: "muted", title: about }, about)),
      h("div", { class: "words small", title: t("compareText") }, icon("shield"), h("span", { class: "muted" }, t("wordsShort")), this.said),
      this.quality.element,
      h("div", { class: "pill" }, h("span", { class: "dot on", "aria-hidden": "true" }), this.status, this.time),
      notes ? h("button", { id: "session-notes", type: "button", click: notes }, icon("log"), t("deskNotes")) : null, this.end);
  }

  words(words: string): void { setText(this.said, words); }

  tick(lost: boolean): void {
    setText(this.status, lost ? t("statusLost") : t("statusSession"));
    setText(this.time, clock(Date.now() - this.started));
    this.quality.link(lost);
  }
}
