// The engineer's own part of the record: which sessions there were, and what
// was done in each (P14, P24).

import { OwnSession, RecordEvent, ownSessions } from "./api";
import { h, icon } from "./dom";
import { line } from "./events";
import { Roving } from "./roving";
import { skeleton } from "./skeleton";
import { Key, clock, endText, known, language, t } from "./strings";

/** How often a record that is still being written is read again. */
const again = 5_000;
/** How far a device's clock may be off before its time is told too. */
const clockOff = 2 * 60_000;
/** What a Date can hold at most, in milliseconds. */
const lastDate = 8.64e15;

const by: Record<string, Key> = { technician: "byTechnician", engineer: "byEngineer", service: "byService" };

const day = (ms: number): string => new Date(ms).toLocaleDateString(language, { weekday: "short", day: "numeric", month: "short", year: "numeric" });
const minute = (ms: number): string => new Date(ms).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const second = (ms: number): string => new Date(ms).toLocaleTimeString(language, { hourCycle: "h23" });

export class OwnRecord {
  readonly element: HTMLElement;
  private readonly list = h("ul", { id: "sessions", class: "sessions" });
  private readonly roving = new Roving(this.list, "button[data-id]");
  private readonly detail = h("section", { id: "session-detail", class: "card detail", "aria-live": "polite", "aria-label": t("recEvents") });
  private readonly back: HTMLButtonElement;
  private sessions: OwnSession[] = [];
  private shown = "";
  private timer = 0;
  private closed = false;

  /** chosen names the request whose session is opened; empty: the newest one. */
  constructor(private chosen: string, back: () => void, private readonly signedOut: () => void) {
    this.back = h("button", { id: "record-back", class: "quiet", type: "button", click: back }, t("toList")) as HTMLButtonElement;
    this.element = h("main", { class: "record", id: "content" },
      h("header", { class: "record-head" },
        h("div", { class: "grow" }, h("h1", {}, t("recordTitle")), h("p", { class: "muted" }, t("recordText"))), this.back),
      this.list, this.detail);
    this.list.append(h("li", {}, ...skeleton(6, "row")));
    this.detail.hidden = true;
    void this.load();
  }

  focus(): void { this.back.focus(); }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private async load(): Promise<void> {
    clearTimeout(this.timer);
    try {
      const list = await ownSessions();
      if (this.closed) return;
      if (!list) return this.signedOut();
      const text = JSON.stringify(list);
      if (text !== this.shown) {
        this.shown = text;
        this.sessions = list;
        this.draw();
      }
      // A session writes on until its request is over, and takes a moment to arrive.
      if (list.some((s) => s.open) || !this.find(this.chosen)) this.timer = window.setTimeout(() => void this.load(), again);
    } catch {
      if (!this.closed) this.failed();
    }
  }

  private failed(): void {
    this.shown = "";
    this.element.dataset.state = "failed";
    this.detail.hidden = true;
    this.list.replaceChildren(h("li", { class: "empty" }, icon("link"), h("strong", { role: "alert" }, t("recordFailed")),
      h("button", { id: "record-retry", type: "button", click: () => void this.load() }, t("retry"))));
  }

  private find(request: string): OwnSession | undefined { return this.sessions.find((s) => s.request === request); }

  private draw(): void {
    this.element.dataset.state = this.sessions.length ? "list" : "empty";
    if (!this.sessions.length) {
      this.detail.hidden = true;
      this.list.replaceChildren(h("li", { class: "empty" }, icon("shield"), h("strong", {}, t("recordNone")), h("p", {}, t("recordNoneText"))));
      return;
    }
    const focused = this.list.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.id : undefined;
    if (!this.chosen) this.chosen = this.sessions[0]!.request;
    this.list.replaceChildren(...this.sessions.map((s) => h("li", {}, this.row(s))));
    this.roving.refresh();
    if (focused) this.button(focused)?.focus();
    this.open();
  }

  private button(request: string): HTMLElement | null { return this.list.querySelector<HTMLElement>(`button[data-id="${CSS.escape(request)}"]`); }

  private row(s: OwnSession): HTMLElement {
    const at = s.begunMs ?? s.joinedMs;
    return h("button", { type: "button", class: "session-row", "data-id": s.request, click: () => this.choose(s.request) },
      h("span", { class: "grow" },
        h("strong", {}, s.type, " ", h("span", { class: "muted mono" }, s.serial)),
        h("span", { class: "line muted" }, [`${day(at)}, ${minute(at)}`, s.ticket].filter(Boolean).join(" · "))),
      this.length(s));
  }

  private length(s: OwnSession): HTMLElement {
    if (s.begunMs && s.endedMs) return h("span", { class: "mono" }, clock(s.endedMs - s.begunMs));
    if (!s.begunMs) return h("span", { class: "chip" }, t("recNoSession"));
    return s.open ? h("span", { class: "chip violet" }, t("recRunning")) : h("span", { class: "chip" }, t("recNoEnd"));
  }

  private choose(request: string): void {
    this.chosen = request;
    this.open();
  }

  private open(): void {
    for (const b of this.list.querySelectorAll<HTMLElement>("button[data-id]")) {
      if (b.dataset.id === this.chosen) b.setAttribute("aria-current", "true");
      else b.removeAttribute("aria-current");
    }
    const s = this.find(this.chosen);
    this.detail.hidden = false;
    this.detail.dataset.id = s?.request ?? "";
    this.detail.replaceChildren(...(s ? this.describe(s) : [h("p", { class: "muted" }, this.chosen ? t("recordUnknown") : t("recordChoose"))]));
  }

  private describe(s: OwnSession): HTMLElement[] {
    const row = (name: Key, value: string | undefined, mono = false): HTMLElement[] => value
      ? [h("div", { class: "fact" }, h("dt", {}, t(name)), h("dd", { class: mono ? "mono" : "" }, value))] : [];
    const when = (ms: number): string => `${day(ms)}, ${second(ms)}`, began = s.begunMs ?? s.joinedMs;
    const who = known(by, s.endedBy ?? "");
    return [
      h("h2", {}, s.type, " ", h("span", { class: "muted mono" }, s.serial)),
      h("dl", { class: "facts" },
        ...row("ticket", s.ticket), ...row("sumReason", s.reason),
        ...row(s.begunMs ? "recBegan" : "recJoined", when(began)),
        ...(s.endedMs ? row("recEnded", day(s.endedMs) === day(began) ? second(s.endedMs) : when(s.endedMs)) : []),
        ...(s.begunMs && s.endedMs ? row("recDuration", clock(s.endedMs - s.begunMs)) : []),
        ...(who ? row("recBy", t(who)) : []), ...(s.endedMs ? row("recWhy", endText(s.endedWhy ?? "")) : []),
        ...row("recRegion", s.region.toUpperCase()),
        ...row("recDevice", s.device, true), ...row("recRequest", s.request, true), ...row("recSession", s.session, true)),
      h("h3", {}, t("recEvents")),
      s.events.length ? h("ol", { class: "events" }, ...s.events.flatMap((e, i) => this.event(e, s.events[i - 1]))) : h("p", { class: "muted" }, t("recNoEvents")),
      ...(s.more ? [h("p", { class: "help" }, t("recMore"))] : []),
    ];
  }

  private event(e: RecordEvent, before: RecordEvent | undefined): HTMLElement[] {
    const { text, tone, rest } = line(e);
    const off = e.deviceMs > 0 && e.deviceMs < lastDate && Math.abs(e.deviceMs - e.timeMs) > clockOff;
    const date = before && day(before.timeMs) === day(e.timeMs) ? [] : [h("li", { class: "day" }, day(e.timeMs))];
    return [...date, h("li", { class: "event", "data-kind": e.kind, "data-tone": tone },
      h("time", { class: "mono muted" }, second(e.timeMs)),
      h("span", { class: "event-dot", "aria-hidden": "true" }),
      h("div", {}, h("p", {}, text),
        off ? h("p", { class: "help" }, t("recClock", { time: new Date(e.deviceMs).toLocaleString(language) })) : null,
        ...rest.map(([name, value]) => h("p", { class: "help" }, `${name}: `, h("span", { class: "mono" }, value)))))];
  }
}
