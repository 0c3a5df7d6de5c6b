// One case: who has it, what was noted, which sessions it became, and what may
// be done with it.

import { SignedOut } from "./api";
import { Case, CaseFile, CaseRequest, May, act, caseFile } from "./caseapi";
import { colleagueDialog, endCaseDialog } from "./deskdialogs";
import { actText, complain } from "./deskwords";
import { h, icon, setText, show } from "./dom";
import { severityChip, when } from "./feedrow";
import { NotesBox } from "./notesbox";
import { plain } from "./plain";
import { Key, endText, span, t } from "./strings";

export interface CasePort { back(): void; device(id: string): void; signedOut(): void }

/** A request of a case in a line: whether it became a session, whose, how it ended. */
export function requestLine(q: CaseRequest): HTMLElement {
  const running = q.state === "connected", who = plain(q.engineer?.name ?? "", 80);
  const what = q.begunMs ? running ? t("deskReqRuns", { name: who }) : t("deskReqWas", { name: who, time: span((q.endedMs || q.begunMs) - q.begunMs) })
    : q.state === "waiting" ? t("deskReqWaits") : t("deskReqWaited");
  return h("li", { "data-state": q.state }, h("span", { class: "mono muted" }, when(q.sinceMs)), h("span", { class: "grow" }, what,
    q.endedWhy ? h("span", { class: "line muted" }, endText(q.endedWhy)) : null));
}

export class CasePage {
  readonly element: HTMLElement;
  private readonly head = h("div", { class: "grow" }, h("h1", {}, ""));
  private readonly acts = h("div", { class: "case-acts" });
  private readonly facts = h("dl", { class: "facts" });
  private readonly requests = h("ul", { class: "case-lines" });
  private readonly story = h("ol", { class: "case-lines" });
  private readonly status = h("p", { class: "muted", role: "status" }, t("deskReading"));
  private readonly body: HTMLElement;
  private readonly backButton: HTMLButtonElement;
  private readonly notes: NotesBox;
  private shown = "";
  private closed = false;

  constructor(private readonly number: string, private readonly may: May, me: string, private readonly port: CasePort) {
    this.notes = new NotesBox({ again: () => void this.load(), signedOut: port.signedOut }, me, may.help);
    this.backButton = h("button", { id: "case-back", class: "quiet", type: "button", click: () => port.back() }, t("back")) as HTMLButtonElement;
    setText(this.head.querySelector("h1")!, t("deskOpen", { number }));
    this.body = h("div", { class: "case-grid", hidden: true },
      h("div", { class: "stack" },
        h("section", { class: "card detail", "aria-label": t("deskCase") }, this.facts, this.acts),
        h("section", { class: "card detail", "aria-labelledby": "case-requests" }, h("h2", { id: "case-requests" }, t("deskRequests")), this.requests),
        h("section", { class: "card detail", "aria-labelledby": "case-story" }, h("h2", { id: "case-story" }, t("deskActs")), this.story)),
      h("section", { class: "card detail", "aria-label": t("deskNotes") }, this.notes.element));
    this.element = h("main", { class: "page case-page", id: "content", "data-case": number },
      h("header", { class: "page-head" }, h("span", { class: "page-icon" }, icon("log")), this.head, this.backButton), this.status, this.body);
    void this.load();
  }

  focus(): void { this.backButton.focus(); }
  close(): void { this.closed = true; }
  typed(): boolean { return this.notes.typed; }

  /** The desk as it is now: what is shown is read again when this case changed. */
  cases(list: Case[]): void {
    const text = JSON.stringify(list.find((c) => c.number === this.number));
    if (text !== this.shown && this.shown) void this.load();
    this.shown = text ?? "gone";
  }

  private async load(): Promise<void> {
    try {
      const file = await caseFile(this.number);
      if (!this.closed) this.draw(file);
    } catch (error) {
      if (this.closed) return;
      if (error instanceof SignedOut) return this.port.signedOut();
      setText(this.status, t("deskFailed"));
      show(this.status, true);
    }
  }

  private draw(f: CaseFile): void {
    show(this.status, false);
    show(this.body, true);
    this.head.replaceChildren(h("h1", {}, f.number, " ", h("span", { class: "muted mono" }, plain(f.serial))), h("p", { class: "device-state" }, plain(f.type),
      f.severity ? severityChip(f.severity) : null, f.mine ? h("span", { class: "chip good" }, t("deskYours")) : null,
      f.state === "connected" ? h("span", { class: "chip violet" }, f.engineer ? t("deskWith", { name: plain(f.engineer.name, 80) }) : t("inSession")) : null));
    const row = (name: Key, value: string | undefined): HTMLElement[] => value ? [h("div", { class: "fact" }, h("dt", {}, t(name)), h("dd", {}, plain(value, 300)))] : [];
    this.facts.replaceChildren(...row("deskHolder", f.holder?.name ?? t("deskNobodys")), ...row("deskGuests", f.guests?.map((g) => g.name).join(", ")), ...row("recRegion", f.region.toUpperCase()));
    this.notes.set(f);
    this.requests.replaceChildren(...(f.requests ?? []).map(requestLine));
    this.story.replaceChildren(...(f.acts ?? []).map((a) => h("li", {}, h("span", { class: "mono muted" }, when(a.atMs)), h("span", { class: "grow" }, actText(a)))));
    const at = document.activeElement?.id;
    this.acts.replaceChildren(...this.buttons(f));
    if (at && document.activeElement === document.body) (this.acts.querySelector<HTMLElement>(`#${CSS.escape(at)}`) ?? this.backButton).focus();
  }

  private buttons(f: CaseFile): HTMLElement[] {
    const again = (): void => void this.load(), out: HTMLElement[] = [];
    const button = (id: string, text: Key, style: string, click: () => void): void => { out.push(h("button", { id, class: style, type: "button", click }, t(text))); };
    const own = f.mine === true && this.may.help, lead = this.may.assign;
    if (!f.holder && f.state === "waiting" && this.may.help) button("case-take", "deskTake", "primary", () => void this.run("take"));
    if (own || lead) {
      button("case-hand-over", "deskHandOver", "", () => colleagueDialog(f, "hand-over", again, this.port.signedOut));
      button("case-invite", "deskInvite", "", () => colleagueDialog(f, "invite", again, this.port.signedOut));
    }
    if (f.holder && (own || lead) && f.state !== "connected") button("case-give-back", "deskGiveBack", "quiet", () => void this.run("give-back"));
    if (f.state === "connected" && (own || lead)) button("case-end", "deskEnd", "stop", () => endCaseDialog(f, again, complain));
    button("case-device", "deskDevice", "quiet", () => this.port.device(f.device));
    return out;
  }

  private async run(what: "take" | "give-back"): Promise<void> {
    try {
      await act(this.number, what);
    } catch (error) {
      if (error instanceof SignedOut) return this.port.signedOut();
      complain(error);
    }
    void this.load();
  }
}

/** Notes and ticket over a session that runs. */
export function notesDialog(number: string, may: May, me: string, signedOut: () => void): HTMLDialogElement {
  const status = h("p", { class: "muted", role: "status" }, t("deskReading"));
  const box = new NotesBox({ again: () => void load(), signedOut }, me, may.help);
  const load = async (): Promise<void> => {
    try {
      box.set(await caseFile(number));
      show(status, false);
    } catch (error) {
      if (error instanceof SignedOut) return signedOut();
      setText(status, t("deskFailed"));
    }
  };
  const dialog: HTMLDialogElement = h("dialog", { id: "case-dialog", class: "dialog case-dialog", "aria-labelledby": "case-dialog-title" },
    h("header", {}, h("h2", { id: "case-dialog-title" }, t("deskOpen", { number })),
      h("button", { id: "case-dialog-close", class: "tool", type: "button", "aria-label": t("dismiss"), click: () => dialog.close() }, icon("end"))), status, box.element);
  dialog.addEventListener("close", () => dialog.remove());
  void load();
  return dialog;
}
