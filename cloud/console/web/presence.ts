// A device's online status and its history: 30 days, each a column filled as
// far as it was online, and the interruptions in words.

import { Presence } from "./api";
import { h } from "./dom";
import { when } from "./feedrow";
import { language, span, t } from "./strings";

const days = 30;

interface Span { from: number; to: number; online: boolean }

/** The history as spans, oldest first, from the window's beginning to now. What came before the first change is not known. */
export function spans(changes: Presence[], from: number, now: number): Span[] {
  const list: Span[] = [];
  let to = now;
  for (const c of changes) { // newest first
    const at = Math.max(c.atMs, from);
    if (at < to) list.unshift({ from: at, to, online: c.online });
    to = Math.min(to, at);
    if (c.atMs <= from) break;
  }
  return list;
}

function share(list: Span[], from: number, to: number): { online: number; known: number } {
  let online = 0, known = 0;
  for (const s of list) {
    const length = Math.min(s.to, to) - Math.max(s.from, from);
    if (length <= 0) continue;
    known += length;
    if (s.online) online += length;
  }
  return { online, known };
}

/** 100 % only when it was never away. */
function percent(online: number, known: number): string {
  const p = online === known ? 100 : Math.min(99.9, 100 * online / known);
  return `${p.toLocaleString(language, { maximumFractionDigits: 1 })} %`;
}

const day = (ms: number): string => new Date(ms).toLocaleDateString(language, { day: "numeric", month: "short" });

export function timeline(changes: Presence[], now = Date.now()): HTMLElement {
  const first = new Date(now);
  first.setHours(0, 0, 0, 0);
  first.setDate(first.getDate() - days + 1);
  const list = spans(changes, first.getTime(), now), whole = share(list, first.getTime(), now);
  if (!whole.known) return h("p", { class: "muted" }, t("presenceNone"));
  const columns: Element[] = [];
  for (let i = 0; i < days; i++) {
    const from = new Date(first), to = new Date(first);
    from.setDate(first.getDate() + i);
    to.setDate(first.getDate() + i + 1);
    const d = share(list, from.getTime(), Math.min(to.getTime(), now)), x = String(i * 10 + 1);
    const filled = d.known ? 40 * d.online / d.known : 0;
    columns.push(h("g", { class: d.known ? "day" : "day unknown" },
      h("title", {}, `${day(from.getTime())}: ${d.known ? percent(d.online, d.known) : t("presenceUnknown")}`),
      h("rect", { x, y: "0", width: "8", height: "40", rx: "2", class: "away" }),
      h("rect", { x, y: String(40 - filled), width: "8", height: String(filled), rx: "2", class: "there" })));
  }
  const breaks = list.filter((s) => !s.online);
  const longest = Math.max(0, ...breaks.map((s) => s.to - s.from));
  return h("div", { class: "presence" },
    h("p", { class: "presence-sum" }, h("strong", {}, percent(whole.online, whole.known)), ` ${t("presenceOnline")}`,
      h("span", { class: "muted" }, breaks.length ? ` · ${t("presenceBreaks", { n: breaks.length, time: span(longest) })}` : "")),
    h("svg", { viewBox: `0 0 ${days * 10} 40`, class: "days", role: "img", "aria-label": t("presenceLabel", { percent: percent(whole.online, whole.known) }), preserveAspectRatio: "none" }, ...columns),
    h("p", { class: "axis muted" }, h("span", {}, day(first.getTime())), h("span", {}, t("today"))),
    breaks.length ? h("ul", { class: "breaks" }, ...breaks.slice(-5).reverse().map((s) => h("li", {},
      h("span", { class: "dot", "aria-hidden": "true" }), h("span", { class: "grow" }, `${when(s.from)} – ${s.to >= now ? t("now") : when(s.to)}`),
      h("span", { class: "muted" }, span(s.to - s.from))))) : null);
}
