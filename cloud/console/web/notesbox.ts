// The ticket number and the notes of a case, beside a session and after it.

import { SignedOut } from "./api";
import { CaseFile, CaseNote, act } from "./caseapi";
import { refusal } from "./deskwords";
import { h, setText } from "./dom";
import { when } from "./feedrow";
import { plain, plainLines } from "./plain";
import { t } from "./strings";

export interface NotesPort {
  /** Reads the case anew. */
  again(): void;
  signedOut(): void;
}

export class NotesBox {
  readonly element: HTMLElement;
  private readonly list = h("ol", { class: "notes" });
  private readonly ticket = h("input", { type: "text", id: "case-ticket", maxlength: "40", autocomplete: "off", spellcheck: "false", "aria-describedby": "case-ticket-help" }) as HTMLInputElement;
  private readonly text = h("textarea", { id: "case-note", rows: "3", maxlength: "2000", "aria-describedby": "case-note-help" }) as HTMLTextAreaElement;
  private readonly label = h("label", { for: "case-note" }, t("deskNewNote"));
  private readonly says = h("p", { class: "notes-says", role: "status" });
  private readonly add = h("button", { id: "case-note-add", class: "primary", type: "submit" }, t("deskAdd")) as HTMLButtonElement;
  private readonly stay = h("button", { class: "quiet", type: "button", hidden: true, click: () => this.amend(null) }, t("deskCancel")) as HTMLButtonElement;
  private readonly writing: HTMLElement;
  private number = "";
  private saved = "";
  private amends = 0;

  constructor(private readonly port: NotesPort, private readonly me: string, may: boolean) {
    const ticket = h("form", { class: "ticket-form", novalidate: true, submit: (e) => { e.preventDefault(); void this.saveTicket(); } },
      h("label", { for: "case-ticket" }, t("deskTicket")),
      h("div", { class: "field-line" }, this.ticket, h("button", { id: "case-ticket-save", type: "submit" }, t("deskSave"))), h("p", { id: "case-ticket-help", class: "help" }, t("deskTicketHelp")));
    const note = h("form", { class: "note-form", novalidate: true, submit: (e) => { e.preventDefault(); void this.write(); } },
      this.label, this.text, h("p", { id: "case-note-help", class: "help" }, t("deskNoteHelp")), h("div", { class: "dialog-buttons" }, this.stay, this.add));
    this.writing = h("div", { class: "stack", hidden: !may }, ticket, note);
    this.element = h("div", { class: "notes-box" }, this.writing, this.says, h("h3", {}, t("deskNotes")), this.list);
  }

  /** Something was typed that leaving would lose. */
  get typed(): boolean { return this.text.value.trim() !== "" || this.ticket.value !== this.saved; }

  set(file: CaseFile): void {
    this.number = file.number;
    if (document.activeElement !== this.ticket && this.ticket.value === this.saved) this.ticket.value = file.ticket ?? "";
    this.saved = file.ticket ?? "";
    const notes = file.noteList ?? [], newer = new Map(notes.filter((n) => n.amends).map((n) => [n.amends!, n]));
    // A note stands where it was written first; what it was before is below it.
    const items = notes.filter((n) => !n.amends).map((n) => this.note(n, newer));
    this.list.replaceChildren(...(items.length ? items : [h("li", { class: "muted" }, t("deskNotesNone"))]));
  }

  private note(first: CaseNote, newer: Map<number, CaseNote>): HTMLElement {
    const versions = [first];
    for (let next = newer.get(first.id); next; next = newer.get(next.id)) versions.push(next);
    const now = versions.pop()!;
    return h("li", { class: "note", "data-id": String(now.id) },
      h("p", { class: "note-head" }, h("strong", {}, plain(now.by.name, 80)), h("span", { class: "muted" }, when(now.atMs)),
        versions.length ? h("span", { class: "chip note" }, t("deskAmended")) : null, h("span", { class: "grow" }),
        now.by.account === this.me && !this.writing.hidden ? h("button", { class: "quiet small amend", type: "button", click: () => this.amend(now) }, t("deskAmend")) : null),
      h("p", { class: "note-text" }, plainLines(now.text)),
      versions.length ? h("details", { class: "note-was" }, h("summary", {}, t("deskWas")),
        ...versions.reverse().map((n) => h("p", { class: "note-text muted" }, `${when(n.atMs)}: ${plainLines(n.text)}`))) : null);
  }

  private amend(n: CaseNote | null): void {
    this.amends = n?.id ?? 0;
    this.text.value = n?.text ?? "";
    setText(this.label, t(n ? "deskAmendTitle" : "deskNewNote"));
    setText(this.add, t(n ? "deskAmend" : "deskAdd"));
    this.stay.hidden = !n;
    this.text.focus();
  }

  private async write(): Promise<void> {
    if (!this.text.value.trim()) return this.text.focus();
    await this.done(this.add, async () => {
      await act(this.number, "note", { text: this.text.value, ...(this.amends ? { note: this.amends } : {}) });
      this.amend(null);
    });
  }

  private async saveTicket(): Promise<void> {
    await this.done(this.ticket, async () => {
      const c = await act(this.number, "ticket", { text: this.ticket.value.trim() });
      this.saved = this.ticket.value = c.ticket ?? "";
    });
  }

  private async done(what: HTMLElement, run: () => Promise<void>): Promise<void> {
    what.classList.add("busy");
    try {
      await run();
      this.tell(t("deskSaved"), false);
      this.port.again();
    } catch (error) {
      if (error instanceof SignedOut) return this.port.signedOut();
      this.tell(refusal(error), true);
    } finally {
      what.classList.remove("busy");
    }
  }

  private tell(text: string, bad: boolean): void {
    setText(this.says, text);
    this.says.classList.toggle("bad", bad);
  }
}
