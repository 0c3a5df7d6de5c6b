// The page "Events": what happened, for auditors and leads. Whatever a device
// or a person wrote is text here as everywhere.

import { SignedOut } from "./api";
import { arrange, h, icon, setText } from "./dom";
import { EventFilter, EventLine, EventPage, eventPage, exportAddress } from "./eventapi";
import { Roving } from "./roving";
import { skeleton } from "./skeleton";
import { Key, known, language, t } from "./strings";

/** How often it is looked for newer ones while following along. */
const every = 3000;
/** Short pages in a row that are followed by themselves. */
const follow = 20;
/** As many rows stand on the page at most. */
const most = 2000;

const kinds: Record<string, Key> = {
  "signin.ok": "evkSignin", "signin.refused": "evkSigninRefused", "signin.new-place": "evkSigninNewPlace", "signin.out": "evkSignOut",
  "abuse.network": "evkNetwork", "abuse.origin": "evkOrigin", "abuse.rate": "evkRate",
  "device.refused": "evkDeviceRefused", "device.registered": "evkRegistered", "device.confirmed": "evkConfirmed", "device.moved": "evkMoved", "device.retired": "evkRetired", "device.identity": "evkIdentity",
  "person.exported": "evkPersonExported", "person.erased": "evkPersonErased", "act.proposed": "evkProposed", "act.confirmed": "evkActConfirmed", "act.rejected": "evkRejected", "act.refused": "evkActRefused",
  "case.taken": "evkTaken", "case.handed-over": "evkHandedOver", "case.invited": "evkInvited", "case.noted": "evkNoted",
  "session.ended-by-staff": "evkEnded", "session.certificate": "evkCertificate", "session.event": "evkSession",
  "record.read": "evkRead", "record.exported": "evkExported", "record.expired": "evkExpired", "upload.refused": "evkUpload", "node.draining": "evkDraining", "mail.given-up": "evkMail",
};

function kindText(kind: string): string {
  const key = known(kinds, kind);
  return key ? t(key) : kind;
}

/** Why something was refused, where the cloud itself says so. */
const whys: Record<string, Key> = {
  "too-many-tries": "whyTooManyTries", "token-used": "whyTokenUsed", "other-browser": "whyOtherBrowser", "no-such-link": "whyNoSuchLink", "second-factor": "whySecondFactor", account: "whyAccount", "end-of-life": "whyEndOfLife",
};

/** A field of the record: the word that stands there, with what it means. */
function fieldText(name: string, value: string): string {
  const key = name === "why" ? known(whys, value) : undefined;
  return key ? `${value} (${t(key)})` : value;
}

function severity(n: number): HTMLElement {
  const [key, look]: [Key, string] = n <= 3 ? ["evSevAlert", "sev-high"] : n === 4 ? ["evSevWarning", "sev-medium"] : n === 5 ? ["evSevNotice", "sev-low"] : ["evSevInfo", "sev-info"];
  return h("span", { class: `chip sev ${look}` }, t(key));
}

function regionText(region: string): string { return region ? region.toUpperCase() : t("evCloud"); }

function eventRow(e: EventLine): HTMLElement {
  const facts: [string, string | undefined][] = [
    [t("evNumber"), String(e.seq)], [t("evTime"), e.time], [t("evKind"), e.kind], [t("evRegion"), regionText(e.region ?? "")], [t("evActor"), e.actor], [t("evAddress"), e.address],
    [t("evDevice"), e.device], [t("evRequest"), e.request], ...Object.entries(e.fields ?? {}).map(([name, value]): [string, string] => [name, fieldText(name, value)]).sort(([a], [b]) => a < b ? -1 : 1),
  ];
  return h("details", { class: "event-row", "data-seq": String(e.seq), "data-kind": e.kind },
    h("summary", {}, severity(e.severity),
      h("span", { class: "event-what" }, h("strong", {}, kindText(e.kind)), h("span", { class: "muted event-about", dir: "auto" }, [e.fields?.["kind"] ?? e.fields?.["what"], e.device, e.request].filter(Boolean).join(" · "))),
      h("span", { class: "event-who", dir: "auto" }, e.actor || h("span", { class: "muted" }, t("evNobody")), h("span", { class: "muted event-about" }, regionText(e.region ?? ""))),
      h("time", { class: "muted", datetime: e.time }, new Date(e.atMs).toLocaleString(language, { dateStyle: "short", timeStyle: "medium" }))),
    h("dl", { class: "event-facts", "aria-label": t("evDetails", { n: e.seq }) },
      ...facts.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", { dir: "auto" }, name), h("dd", { class: "mono", dir: "auto" }, value)])));
}

export class EventLog {
  readonly element: HTMLElement;
  private readonly list = h("div", { class: "event-list", role: "group", "aria-label": t("evTitle") });
  private readonly roving = new Roving(this.list, "summary");
  private readonly waits = h("div", { class: "event-list" }, ...skeleton(8, "row"));
  private readonly status = h("p", { class: "muted", id: "events-status", role: "status" });
  private readonly retry = h("button", { type: "button", id: "events-retry", click: () => void this.load() }, t("evRetry"));
  private readonly older = h("button", { type: "button", id: "events-older", click: () => void this.more() }, t("evOlder"));
  private readonly tail = h("button", { type: "button", id: "events-follow", class: "quiet", "aria-pressed": "false", click: () => this.toggle() }, t("evFollow"));
  private readonly fields = new Map<string, HTMLInputElement | HTMLSelectElement>();
  private readonly files = (["csv", "jsonl"] as const).map((format) => ({ format, link: h("a", { class: "button quiet", id: `events-${format}`, download: `events.${format}`, title: t("evExportBig") }, icon("download"), t(format === "csv" ? "evCSV" : "evJSON")) }));
  private rows: EventLine[] = [];
  private next = "";
  private turn = 0;
  private timer = 0;
  private following = false;
  private closed = false;
  private filter: EventFilter = {};

  constructor(private readonly signedOut: () => void) {
    const choice = (name: string, label: Key, all: Key, options: [string, string][]): HTMLElement => {
      const select = h("select", { id: `events-${name}`, change: () => void this.load() }, h("option", { value: "" }, t(all)), ...options.map(([value, text]) => h("option", { value }, text)));
      this.fields.set(name, select);
      return h("label", {}, h("span", {}, t(label)), select);
    };
    const text = (name: string, label: Key, type = "text"): HTMLElement => {
      const input = h("input", { id: `events-${name}`, type, maxlength: "200", autocomplete: "off", spellcheck: "false", step: type === "datetime-local" ? "1" : undefined });
      this.fields.set(name, input);
      return h("label", {}, h("span", {}, t(label)), input);
    };
    const form = h("form", { class: "event-filter", role: "search", submit: (e: Event) => { e.preventDefault(); void this.load(); } },
      choice("kind", "evKind", "evAnyKind", []), choice("severity", "evSeverity", "evAnySeverity", [["4", t("evWarning")], ["3", t("evAlert")]]),
      choice("region", "evRegion", "evAnyRegion", []), text("actor", "evActor"), text("device", "evDevice"), text("request", "evRequest"),
      text("from", "evFrom", "datetime-local"), text("to", "evTo", "datetime-local"),
      h("div", { class: "event-acts" }, h("button", { type: "submit", class: "primary" }, t("evSearch")), h("button", { type: "button", class: "quiet", id: "events-clear", click: () => this.clear() }, t("evClear"))));
    this.element = h("main", { class: "page events-page", id: "content" },
      h("header", { class: "page-head" }, h("span", { class: "page-icon" }, icon("shield")),
        h("div", { class: "grow" }, h("h1", {}, t("evTitle")), h("p", { class: "muted" }, t("evText"))),
        this.tail, ...this.files.map((f) => f.link)),
      form, this.waits, this.list, this.older, this.status, this.retry);
    this.list.hidden = this.older.hidden = this.retry.hidden = true;
    void this.load();
  }

  focus(): void { this.fields.get("kind")!.focus(); }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private clear(): void {
    for (const field of this.fields.values()) field.value = "";
    void this.load();
  }

  private asked(): EventFilter {
    const value = (name: string): string => this.fields.get(name)!.value.trim();
    const time = (name: string): string => value(name) ? String(new Date(value(name)).getTime() || "") : "";
    const filter: EventFilter = { kind: value("kind"), severity: value("severity"), actor: value("actor"), device: value("device"), request: value("request"), from: time("from"), to: time("to") };
    const region = value("region");
    if (region) filter["region"] = region === "-" ? "" : region;
    return filter;
  }

  private async pages(filter: EventFilter, before: string, turn: number): Promise<EventPage> {
    let rows: EventLine[] = [], page = await eventPage({ ...filter, before });
    rows = page.rows;
    for (let i = 0; i < follow && page.next && rows.length < 20 && this.turn === turn; i++) {
      page = await eventPage({ ...filter, before: page.next });
      rows = rows.concat(page.rows);
    }
    return { ...page, rows };
  }

  private async load(): Promise<void> {
    const turn = ++this.turn;
    clearTimeout(this.timer);
    this.filter = this.asked();
    this.element.dataset.state = "loading";
    for (const f of this.files) f.link.setAttribute("href", exportAddress(this.filter, f.format));
    try {
      const page = await this.pages(this.filter, "", turn);
      if (this.closed || this.turn !== turn) return;
      this.choices(page);
      this.rows = page.rows;
      this.next = page.next ?? "";
      this.draw();
      this.again();
    } catch (error) {
      this.failed(error, turn);
    }
  }

  /** The kinds and regions there are to choose from, once they are known. */
  private choices(page: EventPage): void {
    const fill = (name: string, options: [string, string][]): void => {
      const select = this.fields.get(name)!;
      if (select.childElementCount > 1) return;
      select.append(...options.map(([value, text]) => h("option", { value }, text)));
    };
    fill("kind", page.kinds.map((k): [string, string] => [k, kindText(k)]).sort(([, a], [, b]) => a.localeCompare(b, language)));
    fill("region", page.regions.map((r) => [r || "-", regionText(r)]));
  }

  private async more(): Promise<void> {
    if (!this.next) return;
    const turn = ++this.turn;
    try {
      const page = await this.pages(this.filter, this.next, turn);
      if (this.closed || this.turn !== turn) return;
      this.rows = this.rows.concat(page.rows);
      this.next = page.next ?? "";
      this.draw();
      this.again();
    } catch (error) {
      this.failed(error, turn);
    }
  }

  private toggle(): void {
    this.following = !this.following;
    this.tail.setAttribute("aria-pressed", String(this.following));
    setText(this.tail, this.following ? t("evFollowing") : t("evFollow"));
    if (this.following) void this.newer(); else clearTimeout(this.timer);
  }

  private again(): void {
    clearTimeout(this.timer);
    if (this.following && !this.closed) this.timer = window.setTimeout(() => void this.newer(), every);
  }

  /** What came since, put in front. */
  private async newer(): Promise<void> {
    const turn = ++this.turn;
    try {
      const page = await eventPage({ ...this.filter, after: String(this.rows[0]?.seq ?? 1) });
      if (this.closed || this.turn !== turn) return;
      if (page.next) return void this.load(); // more than a page: from the newest on
      this.rows = page.rows.concat(this.rows).slice(0, most);
      this.draw();
      this.again();
    } catch (error) {
      this.failed(error, turn);
    }
  }

  private failed(error: unknown, turn: number): void {
    if (this.closed || this.turn !== turn) return;
    if (error instanceof SignedOut) return this.signedOut();
    this.waits.remove();
    this.element.dataset.state = "failed";
    setText(this.status, t("evFailed"));
    this.retry.hidden = false;
    this.again();
  }

  private draw(): void {
    this.element.dataset.state = "shown";
    this.waits.remove();
    const old = new Map([...this.list.children].map((e) => [(e as HTMLElement).dataset.seq, e]));
    arrange(this.list, this.rows.map((e) => old.get(String(e.seq)) ?? eventRow(e)));
    this.roving.refresh();
    this.list.hidden = !this.rows.length;
    this.older.hidden = !this.next || this.rows.length >= most;
    this.retry.hidden = true;
    const narrowed = Object.values(this.filter).some(Boolean) || "region" in this.filter;
    setText(this.status, this.rows.length ? "" : this.next ? t("evSearching") : narrowed ? t("evNoMatch") : t("evNone"));
  }
}
