// Everything that is kept about one person (GDPR, article 15), to look at and to
// hand out. Each time is on record, with whose request it answers.

import { PersonData, personData } from "./admin_api";
import { refusedText } from "./actwords";
import { SignedOut } from "./api";
import { reasonField } from "./askdialog";
import { h, icon, setText, show } from "./dom";
import { when } from "./feedrow";
import { personHTML, personJSON } from "./personpage";
import { partErasure, partName, partPurpose } from "./personwords";
import { plain } from "./plain";
import { t } from "./strings";

export interface PersonPort {
  /** Opens the proposal of an erasure; null for who may not propose one. */
  erase: ((subject: string) => void) | null;
  signedOut(): void;
}

export class PersonPart {
  readonly element: HTMLElement;
  private readonly subject: HTMLInputElement;
  private readonly reason = reasonField("person-reason", t("admPersonReason"));
  private readonly found = h("div", { id: "person-found", class: "stack" });
  private readonly error = h("p", { id: "person-error", class: "error", role: "alert", hidden: true });
  private readonly go: HTMLButtonElement;

  constructor(private readonly port: PersonPort) {
    this.subject = h("input", { id: "person-subject", type: "text", maxlength: "254", autocomplete: "off", spellcheck: "false", "aria-required": "true", input: () => this.subject.removeAttribute("aria-invalid") });
    this.go = h("button", { id: "person-look", class: "primary", type: "submit" }, t("admLookUp"));
    this.element = h("section", { class: "stack" },
      h("form", { id: "person-form", class: "card detail", novalidate: true, submit: (e: Event) => { e.preventDefault(); void this.look(); } },
        h("h2", {}, t("admPersonTitle")), h("p", { class: "help" }, t("admPersonText")),
        h("div", { class: "field-row" }, h("label", { class: "field" }, h("span", {}, t("admSubject")), this.subject), this.reason.element), this.error,
        h("div", { class: "actions" }, h("span", {}), this.go)), this.found);
    this.found.hidden = true;
  }

  typed(): boolean { return this.subject.value !== "" || this.reason.input.value !== ""; }

  private asked(): [subject: string, reason: string] | null {
    const subject = this.subject.value.trim();
    if (!subject) {
      this.subject.setAttribute("aria-invalid", "true");
      this.subject.focus();
      return this.fail(t("admFieldMissing")), null;
    }
    const reason = this.reason.value();
    return reason ? [subject, reason] : (this.fail(t("admNoReason")), null);
  }

  private fail(text: string): void {
    setText(this.error, text);
    show(this.error, true);
  }

  private async look(): Promise<void> {
    show(this.error, false);
    const q = this.asked();
    if (!q) return;
    this.go.disabled = true;
    this.found.hidden = true;
    try {
      this.draw(await personData(...q));
    } catch (error) {
      if (error instanceof SignedOut) return this.port.signedOut();
      this.fail(refusedText(error));
    } finally {
      this.go.disabled = false;
    }
  }

  private draw(d: PersonData): void {
    const kept = (d.parts ?? []).filter((p) => p.records?.length);
    const erase = this.port.erase;
    const name = `person-${d.subject.replace(/[^A-Za-z0-9.@_-]/g, "_").slice(0, 80)}`;
    this.found.replaceChildren(
      h("div", { class: "act-head" }, h("h2", { class: "grow" }, t("admKeptAbout", { subject: plain(d.subject, 254) })), h("span", { class: "muted" }, when(d.atMs))),
      kept.length ? h("ul", { class: "feed-list" }, ...kept.map((p) => h("li", { class: "feed-row person-part", "data-part": p.name },
        h("div", { class: "act-head" }, h("h3", { class: "grow" }, partName(p.name)), h("span", { class: "chip" }, t("admRecords", { n: p.records?.length ?? 0 }))),
        h("p", { class: "line muted" }, `${partPurpose(p.name)} – ${partErasure(p.name)}`)))) : h("p", { class: "muted" }, t("admNothingKept")),
      h("div", { class: "case-acts" },
        h("button", { id: "person-json", type: "button", click: () => save(personJSON(d), `${name}.json`) }, icon("download"), t("admSaveJSON")),
        h("button", { id: "person-page", type: "button", click: () => save(personHTML(d), `${name}.html`) }, icon("download"), t("admSavePage")),
        erase ? h("button", { id: "person-erase", type: "button", click: () => erase(d.subject) }, t("admProposeErase")) : null));
    this.found.hidden = false;
  }
}

function save(what: Blob, name: string): void {
  const address = URL.createObjectURL(what);
  h("a", { href: address, download: name }).click();
  window.setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
