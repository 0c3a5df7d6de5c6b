// The first page: who waits for help, and which instruments there are.

import { alarmTitle } from "./alarmwords";
import { Device, DeviceAlarm, Live, Request, alarms } from "./api";
import type { Case, May } from "./caseapi";
import { arrange, h, icon, setText } from "./dom";
import { severityChip, stateText } from "./feedrow";
import { keepFocus } from "./focus";
import { Queue, QueuePort } from "./queue";
import { plain } from "./plain";
import { Roving } from "./roving";
import { skeleton } from "./skeleton";
import { logChip, logText, standingChip, standingText } from "./standing";
import { language, span, t } from "./strings";

/** Rows that are drawn in one go. */
const slice = 100;

export class Home {
  readonly element: HTMLElement;
  private readonly queue: Queue;
  private readonly fleet = h("div", { id: "fleet", class: "fleet", role: "group", "aria-labelledby": "fleet-title" });
  private readonly roving = new Roving(this.fleet, "summary");
  private readonly find = h("input", { type: "text", id: "fleet-find", class: "find", autocomplete: "off", spellcheck: "false", maxlength: "100",
    placeholder: t("fleetFind"), "aria-label": t("fleetFind"), input: () => this.drawDevices(slice) });
  private readonly found = h("p", { class: "visually-hidden", role: "status" });
  private readonly fleetCount = h("span", { class: "muted" });
  /** Null until the cloud has said it. */
  private live: { requests: Request[] | null; cases: Case[]; devices: Device[] | null } = { requests: null, cases: [], devices: null };
  private shown = "";
  private opened = new Set<string>();
  private rest = 0;

  constructor(may: May, regions: string[], port: QueuePort, private readonly open: (device: string) => void) {
    this.queue = new Queue(may, regions, port);
    // Who may not see the queue is not told that nobody waits.
    const queue = may.queue ? this.queue.element : h("h1", { class: "visually-hidden", tabindex: "-1" }, t("fleetTitle"));
    this.element = h("main", { class: may.queue ? "home" : "home alone", id: "content", "data-loading": true },
      regions.length ? null : h("p", { id: "untrained", class: "page-note" }, icon("shield"), t("admUntrained")), queue,
      h("section", { "aria-labelledby": "fleet-title" },
        h("header", { class: "section" }, h("h2", { id: "fleet-title" }, t("fleetTitle")), this.fleetCount, h("div", { role: "search", class: "grow" }, this.find)), this.found, this.fleet));
    this.fleet.append(...skeleton(6, "row"));
    setInterval(() => this.times(), 1000);
  }

  update(live: Live): void {
    this.live = { requests: live.requests ?? this.live.requests, cases: live.cases ?? this.live.cases, devices: live.devices ?? this.live.devices };
    delete this.element.dataset.loading;
    // What did not change keeps its elements: a button must not vanish under
    // the finger that presses it.
    if (this.live.requests) this.queue.update(this.live.requests, this.live.cases);
    const devices = JSON.stringify(this.live.devices);
    if (devices !== this.shown) this.drawDevices();
    this.shown = devices;
    this.times();
  }

  /** Puts the focus where it was, in a row that was made anew meanwhile. */
  focusRow(was: HTMLElement | null): boolean {
    const id = was?.closest<HTMLElement>("[data-id]")?.dataset.id;
    const row = id ? this.element.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`) : null;
    const control = row?.querySelector<HTMLElement>(`[class="${CSS.escape(was!.className)}"]`) ?? row?.querySelector<HTMLElement>("button, summary");
    control?.focus({ preventScroll: true });
    return Boolean(control);
  }

  /** Draws as many of them as stand there, and at least so many: the rest
   * follows slice by slice, so that a large fleet never holds the page up. */
  private drawDevices(least = slice): void {
    clearTimeout(this.rest);
    if (!this.live.devices) return;
    const all = this.live.devices, words = this.find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (d: Device): boolean => {
      const text = [d.type, d.serial, d.name, d.region, d.id].join(" ").toLowerCase();
      return words.every((w) => text.includes(w));
    };
    const devices = all.filter(fits).sort((a, b) => Number(b.online) - Number(a.online) || a.type.localeCompare(b.type) || a.serial.localeCompare(b.serial));
    setText(this.fleetCount, all.length ? t("fleetCount", { online: all.filter((d) => d.online).length, n: all.length }) : "");
    setText(this.found, words.length ? t("fleetFound", { n: devices.length }) : "");
    const old = new Map([...this.fleet.querySelectorAll<HTMLElement>(".device")].map((e) => [e.dataset.content, e]));
    const n = Math.max(least, old.size);
    const rows = devices.length ? devices.slice(0, n).map((d) => this.again(d, old.get(JSON.stringify(d))))
      : [h("div", { class: "empty small" }, h("p", {}, t(all.length ? "fleetNotFound" : "fleetNone")))];
    keepFocus(this.fleet, this.find, () => arrange(this.fleet, rows));
    this.roving.refresh();
    if (n < devices.length) this.rest = window.setTimeout(() => this.drawDevices(n + slice));
  }

  /** The row that shows a device already, with its alarms as they are now. */
  private again(d: Device, row?: HTMLElement): HTMLElement {
    if (!row) return this.device(d);
    if (this.opened.has(d.id)) void this.loadAlarms(d.id, row.querySelector(".alarms")!);
    return row;
  }

  private device(d: Device): HTMLElement {
    const details = h("details", { class: "device", "data-id": d.id, "data-online": String(d.online), "data-content": JSON.stringify(d) },
      h("summary", {},
        h("span", { class: d.online ? "dot on" : "dot", "aria-hidden": "true" }),
        h("span", { class: "grow" }, h("strong", {}, plain(d.type)), " ", h("span", { class: "muted mono" }, plain(d.serial)),
          h("span", { class: "line muted" }, [plain(d.name), d.region.toUpperCase()].filter(Boolean).join(" · "))),
        h("span", { class: "device-marks" },
          d.status.class === "patient-data" ? h("span", { class: "chip note" }, t("patientData")) : null,
          standingChip(d), logChip(d),
          d.status.open > 0
            ? h("span", { class: `chip sev-${d.status.worst}` }, t("alarmsOpen", { n: d.status.open }))
            : null),
        d.online
          ? h("span", { class: "state" }, t("online"))
          : h("span", { class: "state muted", "data-offline": String(d.sinceMs) }, t("offline")),
        icon("chevron")),
      standingText(d), logText(d),
      // Above the alarms: they come later, and nothing may move under a finger.
      h("p", { class: "device-head" }, h("button", { class: "small open-device", type: "button", click: () => this.open(d.id) }, t("devOpen"))),
      h("div", { class: "alarms" })) as HTMLDetailsElement;
    details.addEventListener("toggle", () => {
      if (details.open) {
        this.opened.add(d.id);
        void this.loadAlarms(d.id, details.querySelector(".alarms")!);
      } else {
        this.opened.delete(d.id);
      }
    });
    details.open = this.opened.has(d.id);
    return details;
  }

  private async loadAlarms(id: string, into: Element): Promise<void> {
    if (!into.hasChildNodes()) into.append(h("p", { class: "muted" }, t("alarmsLoading")));
    try {
      const list = await alarms(id);
      into.replaceChildren(...(list.length ? list.map((n) => this.alarm(n)) : [h("p", { class: "muted" }, t("alarmsNone"))]));
    } catch {
      into.replaceChildren(h("p", { class: "muted" }, t("alarmsFailed")));
    }
  }

  private alarm(n: DeviceAlarm): HTMLElement {
    const at = new Date(n.lastMs || n.raisedMs).toLocaleString(language, { dateStyle: "short", timeStyle: "short" });
    return h("div", { class: "alarm", "data-state": n.state },
      severityChip(n.severity),
      h("span", { class: "grow" }, h("span", {}, alarmTitle(n)), n.count > 1 ? h("span", { class: "muted" }, ` ×${n.count}`) : null,
        h("span", { class: "line muted" }, [n.subject, stateText(n.state), at].filter(Boolean).join(" · "))));
  }

  private times(): void {
    const now = Date.now();
    for (const e of this.element.querySelectorAll<HTMLElement>("[data-since]")) setText(e, t("waitingFor", { time: span(now - Number(e.dataset.since)) }));
    for (const e of this.element.querySelectorAll<HTMLElement>("[data-running]")) setText(e, t("deskFor", { time: span(now - Number(e.dataset.running)) }));
    for (const e of this.element.querySelectorAll<HTMLElement>("[data-expires]")) {
      setText(e, t("expiresIn", { time: span(Number(e.dataset.expires) - now) }));
    }
    for (const e of this.element.querySelectorAll<HTMLElement>("[data-offline]")) {
      const since = Number(e.dataset.offline);
      if (since) setText(e, t("offlineSince", { time: span(now - since) }));
    }
  }
}
