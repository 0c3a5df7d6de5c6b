// One notification of the fleet, as a line: what, whose, how it stands. A
// device's words are text here as everywhere.

import { rowTitle } from "./alarmwords";
import { FeedRow, Notification } from "./api";
import { h, icon } from "./dom";
import { plain } from "./plain";
import { Key, known, language, span, t } from "./strings";

const severities: Record<string, Key> = { high: "sevHigh", medium: "sevMedium", low: "sevLow", info: "sevInfo" };
const states: Record<string, Key> = { raised: "raised", acknowledged: "acknowledged", shelved: "shelved", cleared: "cleared" };
const classes: Record<string, string> = { high: "sev-high", medium: "sev-medium", low: "sev-low", info: "sev-info" };

/** What a Date can hold at most, in milliseconds. */
const lastDate = 8.64e15;

/** When something was, for people: short, in their language. */
export function when(ms: number): string {
  return ms > 0 && ms <= lastDate ? new Date(ms).toLocaleString(language, { dateStyle: "short", timeStyle: "short" }) : "–";
}

export function stateText(state: string): string {
  const key = known(states, state);
  return key ? t(key) : state;
}

export function severityChip(severity: string): HTMLElement {
  const key = known(severities, severity);
  return h("span", { class: `chip sev ${known(classes, severity) ?? "sev-info"}` }, key ? t(key) : severity);
}

export interface RowPort {
  /** Opens the device's own page; null on that page itself. */
  device: ((id: string) => void) | null;
  /** Shows what is folded behind a row, below it. */
  unfold(row: FeedRow, into: HTMLElement): void;
}

export function feedRow(row: FeedRow, port: RowPort): HTMLElement {
  const n = row.notification, folded = row.digest ? total(row) : n.members ?? 0;
  const inside = h("div", { class: "feed-members" });
  inside.hidden = true;
  const more = folded > 0
    ? h("button", { class: "small unfold", type: "button", "aria-expanded": "false", click: () => {
      inside.hidden = !inside.hidden;
      more!.setAttribute("aria-expanded", String(!inside.hidden));
      if (!inside.hidden) port.unfold(row, inside);
    } }, icon("chevron"), t("feedMembers", { n: folded })) : null;
  return h("li", { class: "feed-row", "data-seq": String(row.seq), "data-state": n.state, "data-severity": n.severity },
    h("div", { class: "feed-line" },
      severityChip(n.severity),
      h("div", { class: "feed-what" },
        h("p", { class: "feed-title" }, title(row), n.count > 1 ? h("span", { class: "muted" }, ` ×${n.count}`) : null),
        h("p", { class: "line muted" }, about(row)),
        marks(n)),
      whose(row, port),
      h("span", { class: "feed-when muted" }, h("span", { class: "feed-state" }, row.digest ? t("feedDigest") : stateText(n.state)), h("time", {}, when(n.lastMs || n.raisedMs)))),
    more, inside);
}

function total(row: FeedRow): number {
  return Object.values(row.digest?.raised ?? {}).reduce((sum, n) => sum + n, 0);
}

function title(row: FeedRow): string {
  const d = row.digest;
  if (!d) return rowTitle(row);
  return t("digestLine", { time: span(d.toMs - d.fromMs), n: total(row), open: d.open });
}

function about(row: FeedRow): string {
  const n = row.notification;
  if (row.digest) return `${when(row.digest.fromMs)} – ${when(row.digest.toMs)}`;
  return [n.subject, n.title ? n.code : "", n.acknowledgedMs ? t("feedAcked", { time: when(n.acknowledgedMs) }) : "",
    n.state === "shelved" && n.shelvedUntilMs ? t("feedShelved", { time: when(n.shelvedUntilMs) }) : ""].filter(Boolean).join(" · ");
}

/** What else there is to know of it; in words, never by colour alone. */
function marks(n: Notification): HTMLElement | null {
  const list = [
    n.escalatedMs ? h("span", { class: "chip attention", title: t("escalatedText") }, t("escalated")) : null,
    n.chatters ? h("span", { class: "chip", title: t("chattersText") }, t("chatters")) : null,
    n.sample ? h("span", { class: "chip attention", title: t("sampleText") }, t("sample")) : null,
    n.verified === false && n.code !== "digest" ? h("span", { class: "chip", title: t("unverifiedText") }, t("unverified")) : null,
  ].filter((e) => e !== null);
  return list.length ? h("p", { class: "marks" }, ...list) : null;
}

function whose(row: FeedRow, port: RowPort): HTMLElement | null {
  if (!port.device) return null;
  const open = port.device;
  return h("button", { class: "feed-device", type: "button", title: t("devOpen"), click: () => open(row.device) },
    h("span", {}, plain(row.type)), h("span", { class: "line muted" }, h("span", { class: "mono" }, plain(row.serial)), ` · ${row.region.toUpperCase()}`));
}
