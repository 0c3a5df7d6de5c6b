// The page's own keys. While the engineer steers they begin with Ctrl+Alt, and
// none of them is one that AltGr writes with on a common layout.

import { h, icon } from "./dom";
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

/** What a key means to the page; typing says that it goes into a field. */
export function action(e: KeyboardEvent, typing: boolean): Action | null {
  if (e.ctrlKey && e.altKey && !e.metaKey && !e.getModifierState("AltGraph")) return Object.hasOwn(codes, e.code) ? codes[e.code]! : null;
  return e.key === "?" && !typing && !e.ctrlKey && !e.altKey && !e.metaKey ? "help" : null;
}

/** The list of them, as a dialog. */
export function helpDialog(): HTMLDialogElement {
  const dialog: HTMLDialogElement = h("dialog", { id: "help", class: "dialog help-dialog", "aria-labelledby": "help-title" },
    h("header", {}, h("h2", { id: "help-title" }, t("scTitle")),
      h("button", { id: "help-close", class: "tool", type: "button", "aria-label": t("dismiss"), click: () => dialog.close() }, icon("end"))),
    h("dl", { class: "shortcuts" }, ...shown.flatMap(([keys, text]) => [
      h("dt", {}, ...keys.map((k) => h("kbd", {}, t(k)))), h("dd", {}, t(text))])),
    h("p", { class: "help" }, t("scNote")));
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
