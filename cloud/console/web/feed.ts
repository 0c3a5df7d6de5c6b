// The notifications of the fleet, or of one device: filtered, page by page,
// and as they are now.

import { FeedQuery, FeedRow, SignedOut, feed } from "./api";
import { arrange, h, icon, setText } from "./dom";
import { feedRow } from "./feedrow";
import { keepFocus } from "./focus";
import { Roving } from "./roving";
import { skeleton } from "./skeleton";
import { Key, t } from "./strings";

/** The least time between two looks at the cloud, however much changes. */
const gap = 1000;
/** How long typing must rest before it is looked for. */
const typed = 300;
/** As many rows are kept up to date; older ones are as they were read. */
const most = 200;
/** Short pages in a row that are followed by themselves, when a text is looked for. */
const follow = 20;

export interface ListConfig {
  /** Empty: the whole fleet. */
  device: string;
  regions: string[];
  open: ((device: string) => void) | null;
  signedOut(): void;
}

export class NotificationList {
  readonly element: HTMLElement;
  private readonly text: HTMLInputElement;
  private readonly severity: HTMLSelectElement;
  private readonly state: HTMLSelectElement;
  private readonly region: HTMLSelectElement | null;
  private readonly list = h("ol", { class: "feed-list", "aria-label": t("feedTitle") });
  private readonly roving = new Roving(this.list, ".feed-device, .unfold, .feed-older");
  private readonly waits = h("div", { class: "feed-list" }, ...skeleton(6, "row"));
  private readonly older: HTMLButtonElement;
  private readonly status = h("p", { class: "feed-status muted", role: "status" });
  private rows: FeedRow[] = [];
  private next = "";
  private turn = 0;
  private timer = 0;
  private last = 0;
  private closed = false;
  private busy = false;
  private wanted = false;

  constructor(private readonly config: ListConfig) {
    this.text = h("input", { type: "text", class: "feed-text", maxlength: "100", placeholder: t("feedSearch"), "aria-label": t("feedSearch"), input: () => this.again(typed) }) as HTMLInputElement;
    const choice = (id: string, label: Key, all: Key, options: [string, string][]): HTMLSelectElement =>
      h("select", { class: id, "aria-label": t(label), change: () => this.again(0) }, h("option", { value: "" }, t(all)),
        ...options.map(([value, name]) => h("option", { value }, name)));
    this.severity = choice("feed-severity", "feedSeverity", "feedAnySeverity", [["high", t("sevHigh")], ["medium", t("sevMedium")], ["low", t("sevLow")], ["info", t("sevInfo")]]);
    this.state = choice("feed-state-choice", "feedState", "feedAnyState", [["raised,acknowledged,shelved", t("feedOpen")], ["raised", t("raised")], ["acknowledged", t("acknowledged")], ["shelved", t("shelved")], ["cleared", t("cleared")], ["digest", t("feedDigest")]]);
    this.region = !config.device && config.regions.length > 1
      ? choice("feed-region", "recRegion", "feedAnyRegion", config.regions.map((r) => [r, r.toUpperCase()])) : null;
    this.older = h("button", { class: "feed-older", type: "button", click: () => void this.more() }, t("feedOlder")) as HTMLButtonElement;
    this.older.hidden = true;
    this.element = h("div", { class: "feed" },
      h("div", { class: "feed-filter", role: "search" }, this.text, this.severity, this.state, this.region), this.waits, this.list, this.older, this.status);
    this.list.hidden = true;
    void this.load();
  }

  focus(): void { this.text.focus(); }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  /** Something changed in the cloud: several changes are one look. */
  changed(): void {
    if (this.busy) {
      this.wanted = true;
      return;
    }
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.load(true), Math.max(100, this.last + gap - Date.now()));
  }

  private again(after: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.load(), after);
  }

  private query(before: string): FeedQuery {
    return {
      device: this.config.device, region: this.region?.value ?? "", severity: this.severity.value, state: this.state.value,
      text: this.text.value.trim(), before,
    };
  }

  /** Reads from the newest on; keep: as many rows as stand there now. */
  private async load(keep = false): Promise<void> {
    const turn = ++this.turn, want = keep ? Math.min(this.rows.length, most) : 0;
    this.busy = true;
    this.wanted = false;
    this.last = Date.now();
    this.element.dataset.loading = String(!keep);
    try {
      let { rows, next } = await this.pages("", turn);
      while (next && rows.length < want && this.turn === turn) {
        const page = await feed(this.query(next));
        rows = rows.concat(page.rows);
        next = page.next;
      }
      if (this.closed || this.turn !== turn) return;
      const oldest = rows[rows.length - 1]?.seq ?? 0;
      if (keep && rows.length >= most && next) {
        // What is older than that stays as it was read.
        rows = rows.concat(this.rows.filter((r) => r.seq < oldest));
        next = this.next;
      }
      this.rows = rows;
      this.next = next;
      this.draw();
    } catch (error) {
      this.failed(error, turn);
    } finally {
      if (this.turn === turn) {
        this.busy = false;
        delete this.element.dataset.loading;
        if (this.wanted && !this.closed) this.changed();
      }
    }
  }

  /** One page with something on it: a search for a frequent text may have to look further. */
  private async pages(before: string, turn: number): Promise<{ rows: FeedRow[]; next: string }> {
    let rows: FeedRow[] = [], next = before;
    for (let i = 0; i < follow; i++) {
      const page = await feed(this.query(next));
      rows = rows.concat(page.rows);
      next = page.next;
      if (!next || rows.length >= 20 || this.turn !== turn) break;
    }
    return { rows, next };
  }

  private async more(): Promise<void> {
    if (!this.next || this.busy) return;
    const turn = ++this.turn;
    this.busy = true;
    this.older.classList.add("busy");
    try {
      const page = await this.pages(this.next, turn);
      if (this.closed || this.turn !== turn) return;
      this.rows = this.rows.concat(page.rows);
      this.next = page.next;
      this.draw();
    } catch (error) {
      this.failed(error, turn);
    } finally {
      this.older.classList.remove("busy");
      if (this.turn === turn) this.busy = false;
    }
  }

  private failed(error: unknown, turn: number): void {
    if (this.closed || this.turn !== turn) return;
    if (error instanceof SignedOut) return this.config.signedOut();
    this.waits.remove();
    setText(this.status, t("feedFailed"));
    this.element.dataset.failed = "true";
  }

  private draw(): void {
    delete this.element.dataset.failed;
    // A row that did not change keeps its element, and what was unfolded of it.
    const old = new Map([...this.list.children].map((e) => [(e as HTMLElement).dataset.content, e]));
    const items = this.rows.map((r) => {
      const content = JSON.stringify(r), kept = old.get(content);
      if (kept) return kept;
      const made = feedRow(r, { device: this.config.open, unfold: (row, into) => void this.unfold(row, into, "") });
      made.dataset.content = content;
      return made;
    });
    keepFocus(this.list, this.text, () => arrange(this.list, items));
    this.roving.refresh();
    this.waits.remove();
    this.list.hidden = !items.length;
    this.older.hidden = !this.next;
    this.element.dataset.rows = String(items.length);
    const narrowed = Boolean(this.text.value.trim() || this.severity.value || this.state.value || this.region?.value);
    setText(this.status, items.length ? "" : this.next ? t("feedSearching") : narrowed ? t("feedNoMatch") : t("feedNone"));
  }

  private async unfold(row: FeedRow, into: HTMLElement, before: string): Promise<void> {
    if (!before) {
      if (into.childElementCount) return; // it was read before
      into.append(h("p", { class: "muted" }, t("feedLoading")));
    }
    try {
      const page = await feed({ members: String(row.seq), before });
      if (this.closed) return;
      if (!before) into.replaceChildren();
      into.querySelector(":scope > .feed-older")?.remove();
      into.append(h("ol", { class: "feed-list" }, ...page.rows.map((r) => feedRow(r, { device: null, unfold: (inner, box) => void this.unfold(inner, box, "") }))));
      if (!before && !page.rows.length) into.replaceChildren(h("p", { class: "muted" }, t("feedFoldedNone")));
      this.roving.refresh();
      if (page.next) into.append(h("button", { class: "small feed-older", type: "button", click: () => void this.unfold(row, into, page.next) }, t("feedOlder")));
    } catch (error) {
      if (error instanceof SignedOut) return this.config.signedOut();
      into.replaceChildren(h("p", { class: "muted" }, t("feedFailed")));
    }
  }
}

/** The page with the notifications of all devices of one's regions. */
export class FeedPage {
  readonly element: HTMLElement;
  private readonly notifications: NotificationList;

  constructor(regions: string[], open: (device: string) => void, signedOut: () => void) {
    this.notifications = new NotificationList({ device: "", regions, open, signedOut });
    this.element = h("main", { class: "page", id: "content" },
      h("header", { class: "page-head" }, h("span", { class: "page-icon" }, icon("bell")), h("div", { class: "grow" }, h("h1", {}, t("feedTitle")), h("p", { class: "muted" }, t("feedText")))),
      this.notifications.element);
  }

  focus(): void { this.notifications.focus(); }
  close(): void { this.notifications.close(); }
  changed(): void { this.notifications.changed(); }
  fleet(): void { /* what it shows of devices comes with the rows */ }
}
