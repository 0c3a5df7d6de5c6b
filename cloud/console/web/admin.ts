// The administrators' page: acts that take two people, the staff, regions with
// their sites and groups, and what is kept about a person. An auditor has the
// last of it alone.

import { ActForm } from "./actform";
import { ActList } from "./actlist";
import { acts } from "./admin_api";
import { refusedText } from "./actwords";
import { PeopleList } from "./adminpeople";
import { PersonPart } from "./adminperson";
import { PlacesPart } from "./adminplaces";
import { SignedOut, Staff } from "./api";
import { h, icon, setText, show } from "./dom";
import { allPlaces } from "./instruments_api";
import { may } from "./roles";
import { skeleton } from "./skeleton";
import { Key, t } from "./strings";
import { Tab, Tabs } from "./tabs";

/** How long changes are gathered before the page reads them, in ms, and how long
 * it rests between two readings that nobody here asked for. */
const gather = 300, rest = 2000;

export class AdminPage {
  readonly element: HTMLElement;
  private readonly tabs: Tabs;
  private readonly form: ActForm;
  private readonly list: ActList;
  private readonly staff: PeopleList;
  private readonly sites: PlacesPart | null;
  private readonly person: PersonPart;
  private readonly waits = h("div", { class: "stack" }, ...skeleton(2, "card"));
  private readonly error = h("p", { id: "admin-error", class: "error", role: "alert", hidden: true });
  private readonly acting: boolean;
  private readonly out: () => void;
  private timer = 0;
  private turn = 0;
  private read = 0;
  private closed = false;

  constructor(who: Staff, signedOut: () => void) {
    this.acting = may(who, "administer");
    const out = (): void => { if (!this.closed) signedOut(); };
    const changed = (): void => void this.load();
    this.out = out;
    this.form = new ActForm(this.acting ? [...new Set(who.regions ?? [])].sort() : [], changed, out);
    this.list = new ActList({ decided: changed, signedOut: out }, () => document.getElementById("adm-acts-tab") ?? this.element);
    const begin = (kind: Parameters<ActForm["begin"]>[0], subject: string): void => {
      this.tabs.show("adm-acts");
      this.form.begin(kind, subject);
    };
    this.staff = new PeopleList({ propose: begin, changed, signedOut: out });
    this.sites = may(who, "registry") ? new PlacesPart({ changed, signedOut: out }) : null;
    this.person = new PersonPart({ erase: this.acting ? (subject) => begin("person.erase", subject) : null, signedOut: out });
    const tab = (id: string, title: Key, element: HTMLElement): Tab => ({ id, title: t(title), element });
    const heading = (id: string, title: Key): HTMLElement => h("h2", { id, class: "page-section" }, t(title));
    this.tabs = new Tabs(t("admTitle"), [
      ...(this.acting ? [
        tab("adm-acts", "admActs", h("div", { class: "stack admin-part" }, heading("acts-waiting-title", "admWaiting"), this.waits, this.list.none, this.list.waiting, this.form.element,
          heading("acts-history-title", "admHistory"), this.list.noHistory, this.list.history)),
        tab("adm-people", "admPeople", this.staff.element)] : []),
      ...(this.sites ? [tab("adm-places", "admPlaces", this.sites.element)] : []),
      ...(may(who, "export-person") ? [tab("adm-person", "admPerson", this.person.element)] : []),
    ]);
    this.list.none.hidden = this.list.noHistory.hidden = true;
    this.element = h("main", { class: "page admin-page", id: "content" },
      h("header", { class: "page-head" }, h("span", { class: "page-icon" }, icon("shield")), h("div", { class: "grow" }, h("h1", {}, t("admTitle")), h("p", { class: "muted" }, t(this.acting ? "admText" : "admTextAuditor")))),
      this.error, this.tabs.element);
    if (this.acting) void this.load();
    else this.element.dataset.state = "shown";
  }

  focus(): void { this.tabs.focus(); }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.form.close();
    this.sites?.close();
  }

  typed(): boolean { return this.form.typed() || this.sites?.typed() === true || this.person.typed(); }

  /** Something changed at the cloud: an act, most likely. */
  fleet(): void {
    if (!this.acting || !this.element.dataset.state) return;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.load(), Math.max(gather, this.read + rest - Date.now()));
  }

  private async load(): Promise<void> {
    const turn = ++this.turn;
    this.read = Date.now();
    try {
      const [list, places] = await Promise.all([acts(), allPlaces()]);
      if (this.closed || turn !== this.turn) return;
      const people = await this.staff.load(places);
      if (this.closed || turn !== this.turn) return;
      this.waits.remove();
      this.list.update(list, places);
      this.form.know(people, places);
      this.sites?.update(places);
      show(this.error, false);
      this.element.dataset.state = "shown";
    } catch (error) {
      if (this.closed || turn !== this.turn) return;
      if (error instanceof SignedOut) return this.out();
      this.waits.remove();
      setText(this.error, refusedText(error));
      show(this.error, true);
      this.element.dataset.state = "failed";
    }
  }
}
