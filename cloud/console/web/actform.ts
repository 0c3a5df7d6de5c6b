// Proposing an act: each kind has fields of its own.

import { Person, Training, propose } from "./admin_api";
import { forGood, kindTitle, lastDay, refusedText, siteName } from "./actwords";
import { SignedOut } from "./api";
import { reasonField } from "./askdialog";
import { h, setText, show } from "./dom";
import type { Places } from "./instruments_api";
import { DevicePicker } from "./pickdevice";
import { plain } from "./plain";
import { Key, t } from "./strings";

const kinds = ["staff.training", "staff.remove", "staff.restore", "device.retire", "device.release", "person.erase"] as const;
export type ActKind = typeof kinds[number];

const says: Record<ActKind, Key> = {
  "staff.training": "admTrainingText", "staff.remove": "admRemoveText", "staff.restore": "admRestoreText", "device.retire": "admRetireText", "device.release": "admReleaseText", "person.erase": "admEraseText",
};

/** What a kind of act asks for; params is null when a field is not filled. */
interface Fields { element: HTMLElement; params(): object | null; about?(account: string): void; close?(): void }

export class ActForm {
  readonly element: HTMLFormElement;
  private readonly kind: HTMLSelectElement;
  private readonly text = h("p", { class: "help" });
  private readonly place = h("div", { class: "act-fields" });
  private readonly reason = reasonField("act-reason");
  private readonly said = h("p", { id: "act-said", class: "feed-status muted", role: "status" });
  private readonly error = h("p", { id: "act-error", class: "error", role: "alert", hidden: true });
  private readonly go: HTMLButtonElement;
  private readonly accounts = h("datalist", { id: "act-accounts" });
  private fields: Fields;
  private people: Person[] = [];
  private places: Places | null = null;

  constructor(private readonly regions: string[], private readonly done: () => void, private readonly signedOut: () => void) {
    this.kind = h("select", { id: "act-kind", change: () => this.choose(this.kind.value as ActKind) }, ...kinds.map((k) => h("option", { value: k }, kindTitle(k))));
    this.go = h("button", { id: "act-propose", class: "primary", type: "submit" }, t("admPropose"));
    this.fields = this.make("staff.training");
    this.place.append(this.fields.element);
    setText(this.text, t(says["staff.training"]));
    this.element = h("form", { id: "act-form", class: "card detail", novalidate: true, submit: (e: Event) => { e.preventDefault(); void this.send(); } },
      h("h2", {}, t("admProposeTitle")),
      h("div", { class: "field-row" }, h("label", { class: "field" }, h("span", {}, t("admKind")), this.kind)), this.text, this.place, this.reason.element, this.accounts, this.error,
      h("div", { class: "actions" }, this.said, this.go));
  }

  close(): void { this.fields.close?.(); }

  typed(): boolean { return [...this.element.querySelectorAll<HTMLInputElement>("input[type='text'], input[type='email']")].some((f) => f.value !== ""); }

  /** Whom the cloud knows; what is typed stays. */
  know(people: Person[], places: Places | null): void {
    const first = !this.places && places !== null;
    this.people = people;
    this.places = places;
    this.accounts.replaceChildren(...people.map((p) => h("option", { value: p.account }, plain(p.name ?? "", 80))));
    if (first && !this.typed()) this.choose(this.kind.value as ActKind);
  }

  /** Opens the form for an act about somebody. */
  begin(kind: ActKind, account: string): void {
    this.kind.value = kind;
    this.choose(kind);
    this.fields.about?.(account);
    this.element.scrollIntoView({ block: "start" });
    this.reason.input.focus();
  }

  private choose(kind: ActKind): void {
    this.fields.close?.();
    this.fields = this.make(kind);
    this.place.replaceChildren(this.fields.element);
    setText(this.text, [t(says[kind]), forGood(kind)].filter(Boolean).join(" "));
    show(this.error, false);
    setText(this.said, "");
  }

  private make(kind: ActKind): Fields {
    switch (kind) {
      case "staff.training": return this.training();
      case "staff.remove": case "staff.restore": return this.account((account) => ({ account }));
      case "device.retire": return this.device(null);
      case "device.release": return this.device(field("act-to", "admTo", { placeholder: "https://", autocomplete: "off", spellcheck: "false", maxlength: "200" }));
      case "person.erase": {
        const who = field("act-subject", "admSubject", { autocomplete: "off", spellcheck: "false", maxlength: "254" });
        return { element: who.element, params: () => who.value() && { subject: who.value() } || null, about: (account) => { who.input.value = account; } };
      }
    }
  }

  private device(to: Field | null): Fields {
    const picker = new DevicePicker("act", this.signedOut);
    return {
      element: h("div", { class: "stack" }, picker.element, to?.element),
      params: () => {
        if (!picker.value) return picker.find.focus(), this.fail(t("admNoDeviceChosen")), null;
        if (!to) return { device: picker.value };
        return to.value() ? { device: picker.value, to: to.value() } : null;
      },
      close: () => picker.close(),
    };
  }

  private account(params: (account: string) => object): Fields & { field: Field } {
    const who = field("act-account", "admLineAccount", { list: "act-accounts", autocomplete: "off", spellcheck: "false", maxlength: "254" });
    return { field: who, element: who.element, params: () => who.value() ? params(who.value()) : null, about: (account) => { who.input.value = account; } };
  }

  /** Regions with the last day of a training, and sites. */
  private training(): Fields {
    const rows = this.regions.map((region) => {
      const on = h("input", { type: "checkbox", id: `act-region-${region}`, change: () => { until.disabled = !on.checked; } });
      const until = h("input", { type: "date", id: `act-until-${region}`, disabled: true, "aria-label": t("admLastDayOf", { region: region.toUpperCase() }) });
      return { region, on, until };
    });
    const sites = h("fieldset", { class: "text-block act-sites" });
    const boxes = (chosen: readonly string[]): void => {
      const all = (this.places?.regions ?? []).flatMap((r) => r.sites.filter((s) => !s.closedMs).map((s): [string, string] => [s.id, `${plain(s.name)} · ${r.region.toUpperCase()}`]));
      for (const id of chosen) if (!all.some(([known]) => known === id)) all.push([id, siteName(id, this.places)]);
      sites.replaceChildren(h("legend", {}, t("admSitesOf")), h("p", { class: "help" }, all.length ? t("admSitesText") : t("admSitesNone")),
        ...all.map(([id, name]) => h("label", { class: "check" }, h("input", { type: "checkbox", value: id, checked: chosen.includes(id) }), h("span", {}, name))));
    };
    const set = (list: readonly Training[], chosen: readonly string[]): void => {
      for (const r of rows) {
        const now = list.find((x) => x.region === r.region);
        r.on.checked = now !== undefined;
        r.until.disabled = !now;
        r.until.value = now?.untilMs ? lastDay(now.untilMs) : "";
      }
      boxes(chosen);
    };
    /** What stands now is where a change begins. */
    const about = (account: string): void => {
      const p = this.people.find((x) => x.account === account.trim().toLowerCase());
      if (p) set(p.trained ? p.training ?? [] : p.said ?? [], p.sites ?? []);
    };
    const who = this.account(() => ({}));
    who.field.input.addEventListener("change", () => about(who.field.input.value));
    set([], []);
    return {
      element: h("div", { class: "stack" }, who.element,
        h("fieldset", { class: "text-block" }, h("legend", {}, t("admTrainedFor")), h("p", { class: "help" }, t("admTrainedForText")),
          ...rows.map((r) => h("div", { class: "act-region" }, h("label", { class: "check" }, r.on, h("span", {}, r.region.toUpperCase())), h("span", { class: "muted" }, t("admLastDay")), r.until))), sites),
      params: () => who.field.value() ? {
        account: who.field.value(), training: rows.filter((r) => r.on.checked).map((r) => ({ region: r.region, until: r.until.value })),
        sites: [...sites.querySelectorAll<HTMLInputElement>("input:checked")].map((b) => b.value),
      } : null,
      about: (account) => {
        who.field.input.value = account;
        about(account);
      },
    };
  }

  private fail(text: string): void {
    setText(this.error, text);
    show(this.error, true);
  }

  private async send(): Promise<void> {
    show(this.error, false);
    setText(this.said, "");
    const params = this.fields.params();
    if (!params) {
      if (this.error.hidden) this.fail(t("admFieldMissing"));
      return;
    }
    const reason = this.reason.value();
    if (!reason) return this.fail(t("admNoReason"));
    this.go.disabled = true;
    try {
      await propose(this.kind.value, params, reason);
      this.reason.input.value = "";
      this.choose(this.kind.value as ActKind);
      setText(this.said, t("insRetireDone"));
      this.done();
    } catch (error) {
      if (error instanceof SignedOut) return this.signedOut();
      this.fail(refusedText(error));
    } finally {
      this.go.disabled = false;
    }
  }
}

interface Field { element: HTMLElement; input: HTMLInputElement; value(): string }

/** One line that must be filled. */
function field(id: string, label: Key, more: Record<string, string>): Field {
  const input = h("input", { id, type: "text", "aria-required": "true", ...more, input: () => input.removeAttribute("aria-invalid") });
  return {
    element: h("label", { class: "field" }, h("span", {}, t(label)), input), input,
    value: () => {
      const text = input.value.trim();
      if (text) return text;
      input.setAttribute("aria-invalid", "true");
      input.focus();
      return "";
    },
  };
}
