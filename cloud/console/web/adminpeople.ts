// The staff: who is signed in, what they are trained for and until when, where
// they may help, and who may do nothing here any more.

import { Person, Training, people, signOutAll } from "./admin_api";
import type { ActKind } from "./actform";
import { siteName, trainingText } from "./actwords";
import { askDialog, reasonField } from "./askdialog";
import { arrange, h, setText } from "./dom";
import { when } from "./feedrow";
import { keepFocus } from "./focus";
import type { Places } from "./instruments_api";
import { plain } from "./plain";
import { Key, known, t } from "./strings";

export interface PeoplePort { propose(kind: ActKind, account: string): void; changed(): void; signedOut(): void }

const roles: Record<string, Key> = { engineer: "admRoleEngineer", lead: "admRoleLead", auditor: "admRoleAuditor", administrator: "admRoleAdministrator" };

function roleName(role: string): string {
  const key = known(roles, role);
  return key ? t(key) : t("admRoleUnknown", { role: plain(role, 40) });
}

export class PeopleList {
  readonly element: HTMLElement;
  private readonly find: HTMLInputElement;
  private readonly list = h("ul", { id: "people", class: "feed-list people" });
  private readonly says = h("p", { class: "feed-status muted", role: "status" });
  private all: Person[] = [];
  private places: Places | null = null;

  constructor(private readonly port: PeoplePort) {
    this.find = h("input", { id: "people-find", type: "text", class: "find", maxlength: "100", autocomplete: "off", spellcheck: "false", placeholder: t("admFindPerson"), "aria-label": t("admFindPerson"), input: () => this.draw() });
    this.list.hidden = true;
    this.list.setAttribute("aria-label", t("admPeople"));
    this.element = h("section", { class: "feed" }, h("h2", { class: "visually-hidden" }, t("admPeople")), h("p", { class: "muted" }, t("admPeopleText")), h("div", { role: "search" }, this.find), this.list, this.says);
  }

  async load(places: Places | null): Promise<Person[]> {
    this.places = places;
    this.all = await people();
    this.draw();
    return this.all;
  }

  private draw(): void {
    const words = this.find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = this.all.filter((p) => {
      const text = [p.account, p.name, p.organisation, ...(p.roles ?? [])].join(" ").toLowerCase();
      return words.every((w) => text.includes(w));
    });
    const old = new Map([...this.list.children].map((e) => [(e as HTMLElement).dataset.content, e]));
    keepFocus(this.list, this.find, () => arrange(this.list, fits.map((p) => {
      const content = JSON.stringify([p, (p.sites ?? []).map((s) => siteName(s, this.places))]);
      return old.get(content) ?? this.row(p, content);
    })));
    this.list.hidden = !fits.length;
    setText(this.says, fits.length ? "" : this.all.length ? t("insNone") : t("admNobody"));
  }

  private row(p: Person, content: string): HTMLElement {
    const fact = (name: Key, value: string): HTMLElement[] => value ? [h("div", { class: "fact" }, h("dt", {}, t(name)), h("dd", {}, value))] : [];
    const list = (training: Training[] | undefined): string => trainingText(training ?? []);
    const sites = (ids: string[] | undefined): string => ids?.length ? ids.map((id) => siteName(id, this.places)).join(", ") : t("admEverySite");
    const on = Boolean(p.sessions), account = plain(p.account, 120);
    const button = (name: string, text: Key, click: () => void): HTMLElement => h("button", { class: `small ${name}`, type: "button", "aria-label": `${t(text)}: ${account}`, click }, t(text));
    return h("li", { class: "feed-row person-row", "data-id": p.account, "data-content": content },
      h("div", { class: "act-head" },
        h("div", { class: "grow" }, h("h3", {}, on ? plain(p.name ?? "", 80) : account), h("p", { class: "line muted" }, [on ? account : "", plain(p.organisation ?? "", 80)].filter(Boolean).join(" · "))),
        p.removed ? h("span", { class: "chip sev-high" }, t("admIsRemoved")) : null,
        ...(on ? (p.roles?.length ? p.roles : ["engineer"]).map((r) => h("span", { class: "chip note" }, roleName(r))) : []),
        h("span", { class: on ? "chip good" : "chip" }, on ? t("admSessions", { n: p.sessions ?? 0 }) : t("admNotSignedIn"))),
      h("dl", { class: "facts" },
        ...(on ? fact("admSaid", list(p.said)) : []), ...fact("admHere", p.trained ? list(p.training) : t("admAsSignedIn")),
        ...fact("admSites", p.sites?.length || !p.saidSites?.length ? sites(p.sites) : sites(p.saidSites)), ...fact("admUsed", on ? when(p.usedMs ?? 0) : "")),
      h("div", { class: "act-buttons" },
        on ? button("sign-out-all", "admSignOutAll", () => this.signOut(p)) : null,
        button("change-training", "admChangeTraining", () => this.port.propose("staff.training", p.account)),
        p.removed ? button("restore-person", "admRestoreShort", () => this.port.propose("staff.restore", p.account)) : button("remove-person", "admRemoveShort", () => this.port.propose("staff.remove", p.account))));
  }

  private signOut(p: Person): void {
    const reason = reasonField("sign-out-reason");
    askDialog({
      id: "sign-out-dialog", title: t("admSignOutTitle", { account: plain(p.account, 120) }), text: [h("p", {}, t("admSignOutText"))], fields: [reason.element], button: t("admSignOutAll"), style: "stop",
      act: () => {
        const text = reason.value();
        return text ? signOutAll(p.account, text).then(() => undefined) : null;
      },
      done: () => this.port.changed(), signedOut: () => this.port.signedOut(),
    });
  }
}
