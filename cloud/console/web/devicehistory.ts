// What was with an instrument: its cases with their sessions, the versions it
// ran, how much it reported.

import { SignedOut } from "./api";
import { history } from "./caseapi";
import { requestLine } from "./casepage";
import { h, setText } from "./dom";
import { severityChip, when } from "./feedrow";
import { plain } from "./plain";
import { t } from "./strings";

export function deviceHistory(device: string, open: (number: string) => void, signedOut: () => void): HTMLElement {
  const status = h("p", { class: "muted", role: "status" }, t("deskReading"));
  const list = h("ul", { class: "case-lines cases-of" }), versions = h("ul", { class: "case-lines" }), raised = h("p", { class: "marks" });
  const load = async (): Promise<void> => {
    try {
      const found = await history(device);
      const cases = found.cases ?? [];
      setText(status, cases.length ? "" : t("deskHistoryNone"));
      list.replaceChildren(...cases.map((c) => h("li", { class: "case-of" },
        h("span", { class: "mono muted" }, when(c.openedMs)),
        h("div", { class: "grow" }, h("button", { class: "small open-case", type: "button", click: () => open(c.number) }, c.number), " ",
          h("span", { class: "muted" }, [plain(c.holder?.name ?? "", 80), plain(c.ticket ?? "", 60), c.notes ? c.notes === 1 ? t("deskNoteOne") : t("deskNoteCount", { n: c.notes }) : ""].filter(Boolean).join(" · ")),
          h("ul", { class: "case-lines" }, ...(c.requests ?? []).map(requestLine))))));
      versions.replaceChildren(...(found.versions ?? []).map((v) => h("li", {}, h("span", { class: "mono" }, plain(v.version, 60) || "–"), h("span", { class: "muted" }, t("deskVersionSince", { date: when(v.sinceMs) })))));
      raised.replaceChildren(...["high", "medium", "low", "info"].filter((s) => found.raised?.[s]).map((s) => h("span", {}, severityChip(s), ` ${found.raised![s]}`)));
    } catch (error) {
      if (error instanceof SignedOut) return signedOut();
      setText(status, t("deskFailed"));
    }
  };
  void load();
  return h("div", { class: "device-grid", id: "device-history" },
    h("section", { class: "card detail", "aria-labelledby": "history-versions" }, h("h2", { id: "history-versions" }, t("deskVersions")), versions, h("h3", {}, t("deskRaised")), raised),
    h("section", { class: "card detail", "aria-labelledby": "history-cases" }, h("h2", { id: "history-cases" }, t("deskHistory")), status, list));
}
