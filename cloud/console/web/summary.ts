// How a session ended, or why it did not begin.

import type { Request } from "./api";
import { h, icon } from "./dom";
import { clock, endText, t } from "./strings";

export interface SummaryPort {
  list(): void;
  record(request: string): void;
  /** Opens the case for its notes; null when it is not known. */
  notes: (() => void) | null;
}

/** What of a session there is to sum up. */
export interface Summed {
  reason: string; ticket: string; started: number; granted: string[]; files: string[];
}

/** Reasons after which the page starts anew: nobody is signed in, or nothing carries it. */
const anew = ["signed-out", "desk-gone"];

export function summary(request: Request, s: Summed | null, why: string, port: SummaryPort): HTMLElement {
  const row = (name: string, value: string): HTMLElement[] => [h("dt", {}, name), h("dd", {}, value)];
  const facts = h("dl", {}, ...row(t("sumDevice"), `${request.type} ${request.serial}`));
  if (s) {
    facts.append(...row(t("sumReason"), s.reason), ...(s.ticket ? row(t("ticket"), s.ticket) : []), ...row(t("sumTime"), clock(Date.now() - s.started)),
      ...row(t("sumGranted"), s.granted.join(", ") || t("nothing")), ...row(t("sumFiles"), s.files.join(", ") || t("nothing")));
  }
  const bad = why === "identity" || why === "turned-away";
  const done = h("button", { id: "to-list", class: "primary", type: "button", click: () => anew.includes(why) ? location.reload() : port.list() }, t("toList"));
  const record = s && !anew.includes(why)
    ? h("button", { id: "to-record", class: "quiet", type: "button", click: () => port.record(request.id) }, t("recordShow")) : null;
  const notes = s && port.notes && !anew.includes(why) ? h("button", { id: "to-case", type: "button", click: port.notes }, t("deskToNotes")) : null;
  return h("main", { class: "centre", id: "content" },
    h("div", { id: "summary", class: "card summary-card", "data-why": why },
      h("span", { class: bad ? "hero danger" : "hero" }, icon(bad ? "lock" : s ? "end" : "link")),
      h("h1", {}, s ? t("summaryTitle") : t("summaryJoin")),
      h("p", { id: "summary-why", role: "alert" }, endText(why)), facts, h("div", { class: "stack" }, done, notes, record)));
}

/** Why nothing can be shown at all, and the one thing to do about it. */
export function failure(why: string): HTMLElement {
  return h("main", { class: "centre", id: "content" },
    h("div", { class: "card summary-card" }, h("span", { class: "hero" }, icon("link")), h("h1", {}, t("failedTitle")), h("p", { role: "alert" }, why),
      h("button", { id: "retry", class: "primary", type: "button", click: () => location.reload() }, t("retry"))));
}
