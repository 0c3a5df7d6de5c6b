// One instrument: how it is, how it was there in the last 30 days, and what it
// reported.

import { Device, SignedOut, presence } from "./api";
import { deviceHistory } from "./devicehistory";
import { h, icon } from "./dom";
import { NotificationList } from "./feed";
import { plain } from "./plain";
import { timeline } from "./presence";
import { logCell, logChip, logText, standingChip, standingText } from "./standing";
import { Key, span, t } from "./strings";

export class DevicePage {
  readonly element: HTMLElement;
  private readonly head = h("div", { class: "grow" });
  private readonly facts = h("dl", { class: "facts" });
  private readonly history = h("div", { id: "presence" });
  private readonly notifications: NotificationList;
  private readonly back: HTMLButtonElement;
  private online: boolean | undefined;
  private shown = "";
  private closed = false;

  constructor(private readonly id: string, devices: Device[], back: () => void, write: ((device: string) => void) | null, private readonly signedOut: () => void, openCase: ((number: string) => void) | null) {
    this.back = h("button", { id: "device-back", class: "quiet", type: "button", click: back }, t("back")) as HTMLButtonElement;
    this.notifications = new NotificationList({ device: id, regions: [], open: null, signedOut });
    this.element = h("main", { class: "page", id: "content", "data-device": id },
      h("header", { class: "page-head" }, h("span", { class: "page-icon" }, icon("screen")), this.head,
        write ? h("button", { id: "device-write", type: "button", click: () => write(id) }, icon("send"), t("msgWrite")) : null, this.back),
      h("div", { class: "device-grid" },
        h("section", { class: "card detail", "aria-label": t("sumDevice") }, this.facts),
        h("section", { class: "card detail", "aria-labelledby": "presence-title" }, h("h2", { id: "presence-title" }, t("presenceTitle")), this.history)),
      openCase ? deviceHistory(id, openCase, signedOut) : null,
      h("section", { "aria-labelledby": "device-feed-title" }, h("h2", { id: "device-feed-title", class: "page-section" }, t("feedTitle")), this.notifications.element));
    this.fleet(devices);
    if (this.online === undefined) void this.load();
  }

  focus(): void { this.back.focus(); }

  close(): void {
    this.closed = true;
    this.notifications.close();
  }

  changed(): void { this.notifications.changed(); }

  /** The fleet as it is now. */
  fleet(devices: Device[]): void {
    const d = devices.find((x) => x.id === this.id);
    const text = JSON.stringify(d);
    if (text === this.shown && this.head.hasChildNodes()) return;
    this.shown = text;
    this.head.replaceChildren(
      h("h1", {}, plain(d?.type ?? this.id), " ", h("span", { class: "muted mono" }, plain(d?.serial ?? ""))),
      h("p", { class: "device-state" }, h("span", { class: d?.online ? "dot on" : "dot", "aria-hidden": "true" }),
        d ? d.online ? t("online") : d.sinceMs ? t("offlineSince", { time: span(Date.now() - d.sinceMs) }) : t("offline") : t("devUnknown"),
        d?.status.class === "patient-data" ? h("span", { class: "chip note" }, t("patientData")) : null, standingChip(d), logChip(d)),
      ...[standingText(d), logText(d)].filter((e) => e !== null));
    const row = (name: Key, value: string | undefined, mono = false): HTMLElement[] => value
      ? [h("div", { class: "fact" }, h("dt", {}, t(name)), h("dd", { class: mono ? "mono" : "" }, plain(value, 300)))] : [];
    this.facts.replaceChildren(...(d ? [
      ...row("devPerson", d.name), ...row("recRegion", d.region.toUpperCase()), ...row("reqVersion", d.status.version, true),
      ...row("devAlarms", t("alarmsOpen", { n: d.status.open })),
      h("div", { class: "fact" }, h("dt", {}, t("devLog")), logCell(d, Date.now())), ...row("recDevice", d.id, true)] : []));
    if (d && d.online !== this.online) {
      this.online = d.online;
      void this.load();
    }
  }

  private async load(): Promise<void> {
    try {
      const list = await presence(this.id);
      if (!this.closed) this.history.replaceChildren(timeline(list));
    } catch (error) {
      if (this.closed) return;
      if (error instanceof SignedOut) return this.signedOut();
      this.history.replaceChildren(h("p", { class: "muted" }, t("presenceFailed")));
    }
  }
}
