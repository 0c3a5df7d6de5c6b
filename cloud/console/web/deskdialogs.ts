// The desk's questions: to whom, and whether really.

import { SignedOut } from "./api";
import { Case, act, colleagues } from "./caseapi";
import { refusal } from "./deskwords";
import { h, setText } from "./dom";
import { t } from "./strings";

function opened(dialog: HTMLDialogElement): HTMLDialogElement {
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (e) => { if (e.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Hands a case over to a colleague, or invites one. */
export function colleagueDialog(c: Case, what: "hand-over" | "invite", done: () => void, signedOut: () => void): void {
  const over = what === "hand-over", number = c.number;
  const says = h("p", { class: "help", role: "status" }, t("deskColleagues"));
  const list = h("select", { id: "colleague", disabled: true, autofocus: true }) as HTMLSelectElement;
  const go = h("button", { id: "colleague-do", class: "primary", type: "submit", disabled: true }, t(over ? "deskDo" : "deskDoInvite")) as HTMLButtonElement;
  const dialog: HTMLDialogElement = opened(h("dialog", { id: "colleague-dialog", class: "dialog", "aria-labelledby": "colleague-title" },
    h("form", { class: "stack", novalidate: true, submit: (e) => { e.preventDefault(); void give(); } },
      h("h2", { id: "colleague-title" }, t(over ? "deskHandOverTitle" : "deskInviteTitle", { number })),
      h("p", {}, t(over ? "deskHandOverText" : "deskInviteText")),
      h("label", { for: "colleague" }, t("deskColleague")), list, says,
      h("div", { class: "dialog-buttons" }, h("button", { id: "colleague-no", type: "button", click: () => dialog.close() }, t("deskCancel")), go))));
  const failed = (error: unknown): void => {
    if (error instanceof SignedOut) return signedOut();
    setText(says, refusal(error));
  };
  const give = async (): Promise<void> => {
    if (!list.value) return;
    go.disabled = true;
    try {
      await act(number, what, { to: list.value });
      dialog.close();
      done();
    } catch (error) {
      failed(error);
      go.disabled = false;
    }
  };
  colleagues(number).then((people) => {
    const others = people.filter((p) => over || !c.guests?.some((g) => g.account === p.account));
    setText(says, others.length ? "" : t("deskNobody"));
    list.append(...others.map((p) => h("option", { value: p.account }, `${p.name} (${p.account})`)));
    list.disabled = go.disabled = !others.length;
    (others.length ? list : dialog.querySelector<HTMLElement>("#colleague-no")!).focus();
  }, failed);
}

/** Asks before a session is ended from the desk. */
export function endCaseDialog(c: Case, done: () => void, complain: (error: unknown) => void): void {
  const end = async (): Promise<void> => {
    dialog.close();
    try {
      await act(c.number, "end");
      done();
    } catch (error) {
      complain(error);
    }
  };
  const dialog: HTMLDialogElement = opened(h("dialog", { id: "case-end-dialog", class: "dialog", "aria-labelledby": "case-end-title" },
    h("h2", { id: "case-end-title" }, c.mine || !c.engineer ? t("deskEndAskMine") : t("deskEndAsk", { name: c.engineer.name })), h("p", {}, t("deskEndText")),
    h("div", { class: "dialog-buttons" }, h("button", { id: "case-end-no", type: "button", autofocus: true, click: () => dialog.close() }, t("deskEndNo")),
      h("button", { id: "case-end-yes", class: "stop", type: "button", click: () => void end() }, t("deskEnd")))));
}
