// A question of the administration pages: what would happen, a field or two,
// and one button that does it. A refusal stands in the dialog, in words.

import { refusedText } from "./actwords";
import { SignedOut } from "./api";
import { h, setText, show } from "./dom";
import { t } from "./strings";

export interface Asked {
  id: string;
  title: string;
  /** What would happen. */
  text: (HTMLElement | string)[];
  fields?: HTMLElement[];
  button: string;
  /** How the button looks: "primary", or "stop" for what cannot be undone. */
  style: "primary" | "stop";
  /** Does it; null: a field is not filled as it must be, and says so itself. */
  act: () => Promise<void> | null;
  done: () => void;
  signedOut: () => void;
}

/** One line of text, which must be there. */
export function reasonField(id: string, label = t("admReason")): { element: HTMLElement; input: HTMLInputElement; value(): string } {
  const input = h("input", { id, type: "text", maxlength: "300", autocomplete: "off", "aria-required": "true", input: () => input.removeAttribute("aria-invalid") });
  return {
    element: h("label", { class: "field" }, h("span", {}, label), input), input,
    value: () => {
      const text = input.value.trim();
      if (text) return text;
      input.setAttribute("aria-invalid", "true");
      input.focus();
      return "";
    },
  };
}

export function askDialog(q: Asked): void {
  const says = h("p", { class: "error", role: "alert", hidden: true });
  const go = h("button", { id: `${q.id}-do`, class: q.style, type: "submit" }, q.button);
  const dialog: HTMLDialogElement = h("dialog", { id: q.id, class: "dialog case-dialog", "aria-labelledby": `${q.id}-title` },
    h("form", { class: "stack", novalidate: true, submit: (e: Event) => { e.preventDefault(); void run(); } },
      h("h2", { id: `${q.id}-title` }, q.title), ...q.text, ...(q.fields ?? []), says,
      h("div", { class: "dialog-buttons" }, h("button", { id: `${q.id}-no`, type: "button", click: () => dialog.close() }, t("deskCancel")), go)));
  const run = async (): Promise<void> => {
    if (go.disabled) return;
    const asked = q.act();
    if (!asked) return;
    go.disabled = true;
    show(says, false);
    try {
      await asked;
      dialog.close();
      q.done();
    } catch (error) {
      if (error instanceof SignedOut) {
        dialog.close();
        return q.signedOut();
      }
      setText(says, refusedText(error));
      show(says, true);
      go.disabled = false;
      go.focus();
    }
  };
  const from = document.activeElement as HTMLElement | null;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (from?.isConnected && document.activeElement === document.body) from.focus({ preventScroll: true });
  });
  dialog.addEventListener("click", (e) => { if (e.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
  (dialog.querySelector<HTMLElement>("input, textarea, select") ?? dialog.querySelector<HTMLElement>(`#${q.id}-no`)!).focus();
}
