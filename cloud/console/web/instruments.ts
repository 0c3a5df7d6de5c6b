// The registry: which instruments there are, by region, site, group, state and
// version. The cloud filters and pages; ten thousand are as quick as ten.

import { SignedOut } from "./api";
import { arrange, h, icon, setText } from "./dom";
import { keepFocus } from "./focus";
import { Instrument, InstrumentQuery, Places, allPlaces, instruments, instrumentsCSV } from "./instruments_api";
import { plain } from "./plain";
import { Roving } from "./roving";
import { skeleton } from "./skeleton";
import { Key, t } from "./strings";

/** How long typing must rest before it is looked for. */
const typed = 300;

const states: readonly [state: string, text: Key][] = [
  ["online", "insOnline"], ["offline", "insOffline"], ["unconfirmed", "insUnconfirmed"], ["copied", "insCopied"], ["revoked", "insRevoked"], ["retired", "insRetired"],
];

type Filter = "region" | "site" | "group" | "state" | "version";

export class InstrumentsPage {
  readonly element: HTMLElement;
  private readonly text = h("input", { type: "text", class: "feed-text", id: "instrument-find", maxlength: "100", placeholder: t("insSearch"), "aria-label": t("insSearch"), input: () => this.again(typed) }) as HTMLInputElement;
  private readonly filters: Record<Filter, HTMLSelectElement>;
  private readonly list = h("ol", { class: "feed-list instrument-list", "aria-label": t("insTitle") });
  private readonly roving = new Roving(this.list, ".instrument");
  private readonly waits = h("div", { class: "feed-list" }, ...skeleton(8, "row"));
  private readonly more = h("button", { class: "feed-older", type: "button", click: () => void this.load(true) }, t("insMore")) as HTMLButtonElement;
  private readonly status = h("p", { class: "feed-status muted", role: "status" });
  private readonly save = h("button", { id: "instruments-csv", type: "button", click: () => void this.export() }, icon("download"), t("insExport")) as HTMLButtonElement;
  private rows: Instrument[] = [];
  private next = "";
  private total = 0;
  private turn = 0;
  private timer = 0;
  private closed = false;

  constructor(private readonly open: (device: string) => void, private readonly signedOut: () => void) {
    const choice = (id: Filter, label: Key, any: Key): HTMLSelectElement =>
      h("select", { id: `instrument-${id}`, "aria-label": t(label), change: () => this.again(0) }, h("option", { value: "" }, t(any))) as HTMLSelectElement;
    this.filters = {
      region: choice("region", "insRegion", "insAnyRegion"), site: choice("site", "insSite", "insAnySite"), group: choice("group", "insGroup", "insAnyGroup"),
      state: choice("state", "insState", "insAnyState"), version: choice("version", "insVersion", "insAnyVersion"),
    };
    this.more.hidden = true;
    this.list.hidden = true;
    this.element = h("main", { class: "page", id: "content" },
      h("header", { class: "page-head" }, h("span", { class: "page-icon" }, icon("screen")), h("div", { class: "grow" }, h("h1", {}, t("insTitle")), h("p", { class: "muted" }, t("insText"))), this.save),
      h("div", { class: "feed" }, h("div", { class: "feed-filter registry-filter", role: "search" }, this.text, ...Object.values(this.filters)), this.waits, this.list, this.more, this.status));
    void this.places();
    void this.load(false);
  }

  focus(): void { this.text.focus(); }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private again(after: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.load(false), after);
  }

  private query(after: string): InstrumentQuery {
    const f = this.filters;
    return { text: this.text.value.trim(), region: f.region.value, site: f.site.value, group: f.group.value, state: f.state.value, version: f.version.value, after };
  }

  private async places(): Promise<void> {
    try {
      const p = await allPlaces();
      if (!this.closed) this.offer(p);
    } catch (error) {
      if (error instanceof SignedOut && !this.closed) this.signedOut();
    }
  }

  /** What the filters offer, with how many there are of each. */
  private offer(p: Places): void {
    const add = (filter: Filter, options: [value: string, text: string][]): void => this.filters[filter].append(...options.map(([value, text]) => h("option", { value }, text)));
    add("region", p.regions.map((r) => [r.region, `${r.region.toUpperCase()} (${r.devices})`]));
    add("site", [["-", t("insNoSite", { n: p.regions.reduce((sum, r) => sum + r.unassigned, 0) })],
      ...p.regions.flatMap((r) => r.sites.map((s): [string, string] => [s.id, `${plain(s.name, 60)} (${s.devices})`]))]);
    add("group", p.groups.map((g) => [g.id, `${plain(g.name, 60)} (${g.devices})`]));
    add("state", states.map(([state, text]) => [state, t(text, { n: p.states[state] ?? 0 })]));
    const versions = new Map<string, number>();
    for (const v of p.versions) if (v.version) versions.set(v.version, (versions.get(v.version) ?? 0) + v.devices);
    add("version", [...versions].map(([version, n]) => [version, `${plain(version, 40)} (${n})`]));
    this.element.dataset.places = "true";
  }

  private async load(further: boolean): Promise<void> {
    const turn = ++this.turn;
    try {
      const page = await instruments(this.query(further ? this.next : ""));
      if (this.closed || this.turn !== turn) return;
      this.rows = further ? this.rows.concat(page.rows ?? []) : page.rows ?? [];
      this.next = page.next ?? "";
      this.total = page.total;
      this.draw();
    } catch (error) {
      if (this.closed || this.turn !== turn) return;
      if (error instanceof SignedOut) return this.signedOut();
      this.waits.remove();
      setText(this.status, t("insFailed"));
      this.element.dataset.failed = "true";
    }
  }

  private draw(): void {
    delete this.element.dataset.failed;
    const old = new Map([...this.list.children].map((e) => [(e as HTMLElement).dataset.content, e]));
    const items = this.rows.map((d) => {
      const content = JSON.stringify(d), kept = old.get(content);
      return kept ?? row(d, content, this.open);
    });
    keepFocus(this.list, this.text, () => arrange(this.list, items));
    this.roving.refresh();
    this.waits.remove();
    this.list.hidden = !items.length;
    this.more.hidden = !this.next;
    this.element.dataset.rows = String(items.length);
    const narrowed = Boolean(this.text.value.trim()) || Object.values(this.filters).some((f) => f.value);
    setText(this.status, items.length ? t("insCount", { n: items.length, total: this.total }) : narrowed ? t("insNone") : t("insEmpty"));
  }

  private async export(): Promise<void> {
    this.save.disabled = true;
    try {
      const address = URL.createObjectURL(await instrumentsCSV(this.query("")));
      const link = h("a", { href: address, download: "instruments.csv" });
      link.click();
      window.setTimeout(() => URL.revokeObjectURL(address), 60_000);
    } catch (error) {
      if (error instanceof SignedOut) return this.signedOut();
      setText(this.status, t("insFailed"));
    } finally {
      this.save.disabled = false;
    }
  }
}

function row(d: Instrument, content: string, open: (device: string) => void): HTMLElement {
  return h("li", { class: "feed-row", "data-id": d.id, "data-content": content },
    h("button", { class: "instrument", type: "button", click: () => open(d.id) },
      h("span", { class: d.online ? "dot on" : "dot", "aria-hidden": "true" }),
      h("span", { class: "instrument-what" }, h("strong", {}, plain(d.type)), h("span", { class: "mono muted" }, plain(d.serial))),
      h("span", { class: "instrument-where" }, h("span", {}, plain(d.siteName ?? "") || t("insUnassigned")), h("span", { class: "muted" }, d.region.toUpperCase())),
      h("span", { class: "instrument-version" }, h("span", { class: "mono" }, plain(d.status.version, 40) || t("insNoVersion")), h("span", { class: "muted" }, d.online ? t("online") : t("offline"))),
      h("span", { class: "instrument-marks" }, ...marks(d))));
}

/** What else is to be known of it, in words. */
export function marks(d: Instrument): HTMLElement[] {
  const chip = (on: boolean, key: Key, tone: string): HTMLElement[] => on ? [h("span", { class: `chip ${tone}` }, t(key))] : [];
  if (d.retiredMs) return chip(true, "insChipRetired", "");
  return [...chip(Boolean(d.revokedMs), "insChipRevoked", "sev-high"), ...chip(Boolean(d.copied), "insChipCopied", "sev-high"), ...chip(!d.confirmedMs, "insChipUnconfirmed", "attention")];
}
