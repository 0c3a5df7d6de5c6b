// The page's own keys. While the engineer steers they begin with Ctrl+Alt, and
// none of them is one that AltGr writes with on a common layout.

import { h, icon } from "./dom";
import { keep, kept } from "./kept";
import { Key, t } from "./strings";

export type Action = "leave" | "full" | "fit" | "chat" | "paste" | "monitor" | "end" | "help";

const codes: Record<string, Action> = {
  Home: "leave", Enter: "full", NumpadEnter: "full", KeyF: "fit", KeyK: "chat", KeyV: "paste", PageDown: "monitor", End: "end", KeyH: "help",
};

const shown: [keys: Key[], text: Key][] = [
  [["kCtrl", "kAlt", "kHome"], "scLeave"], [["kCtrl", "kAlt", "kEnter"], "scFull"], [["kCtrl", "kAlt", "kF"], "scFit"], [["kCtrl", "kAlt", "kPageDown"], "scMonitor"],
  [["kCtrl", "kAlt", "kK"], "scChat"], [["kCtrl", "kAlt", "kV"], "scPaste"], [["kCtrl", "kAlt", "kEnd"], "scEnd"], [["kCtrl", "kAlt", "kH"], "scHelp"],
  [["kQuestion"], "scHelpIdle"],
];

const onPages: [keys: Key[], text: Key][] = [
  [["k1"], "waitingTitle"], [["k2"], "feedTitle"], [["k3"], "msgTitle"], [["k4"], "mySessions"], [["k6"], "insTitle"], [["k7"], "admTitle"],
  [["kSlash"], "scSearch"], [["kUp", "kDown"], "scList"], [["kEnter"], "scOpen"], [["kT"], "scTake"], [["kEsc"], "scBack"],
  [["kQuestion"], "scHelpPage"], [["kCtrl", "kAlt", "kH"], "scHelpPage"],
];

const remembered = "console.keys";

/** Keys that are a single character may be switched off: whoever speaks to the
 * computer, or whose hand trembles, presses them unasked. */
export function singleKeys(): boolean { return kept(remembered) !== "off"; }

/** What a key means to the page; typing says that it goes into a field. */
export function action(e: KeyboardEvent, typing: boolean): Action | null {
  if (e.ctrlKey && e.altKey && !e.metaKey && !e.getModifierState("AltGraph")) return Object.hasOwn(codes, e.code) ? codes[e.code]! : null;
  return e.key === "?" && singleKeys() && !typing && !e.ctrlKey && !e.altKey && !e.metaKey ? "help" : null;
}

/** The list of them, as a dialog: those of a session, or of the other pages. */
export function helpDialog(of: "session" | "page"): HTMLDialogElement {
  const id = of === "session" ? "help" : "help-page", list = of === "session" ? shown : onPages;
  const single = h("input", { type: "checkbox", id: `${id}-single`, change: () => keep(remembered, single.checked ? "" : "off") });
  const dialog: HTMLDialogElement = h("dialog", { id, class: "dialog help-dialog", "aria-labelledby": `${id}-title` },
    h("header", {}, h("h2", { id: `${id}-title` }, t("scTitle")),
      h("button", { id: `${id}-close`, class: "tool", type: "button", "aria-label": t("dismiss"), click: () => dialog.close() }, icon("end"))),
    h("dl", { class: "shortcuts" }, ...list.map(([keys, text]) => h("div", {},
      h("dt", {}, ...keys.map((k) => h("kbd", {}, t(k)))), h("dd", {}, t(text))))),
    h("label", { class: "check" }, single, h("span", {}, t("scSingle"))),
    of === "session" ? h("p", { class: "help" }, t("scNote")) : null);
  single.checked = singleKeys();
  closesOutside(dialog);
  return dialog;
}

/** Asks before a session ends: the technician would need a new code. */
export function endDialog(end: () => void): HTMLDialogElement {
  const dialog: HTMLDialogElement = h("dialog", { id: "end-dialog", class: "dialog", "aria-labelledby": "end-title" },
    h("h2", { id: "end-title" }, t("endAsk")), h("p", {}, t("endAskText")),
    h("div", { class: "dialog-buttons" },
      h("button", { id: "end-no", type: "button", click: () => dialog.close() }, t("endStay")),
      h("button", { id: "end-yes", class: "stop", type: "button", autofocus: true, click: () => {
        dialog.close();
        end();
      } }, t("end"))));
  closesOutside(dialog);
  return dialog;
}

function closesOutside(dialog: HTMLDialogElement): void {
  dialog.addEventListener("click", (e) => { if (e.target === dialog) dialog.close(); });
}
