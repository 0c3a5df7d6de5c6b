import type { Device } from "./api";
import { h } from "./dom";
import { Key, span, t } from "./strings";

const day = 24 * 3600_000;

/** A log grows at least once a week, by the check of itself: after that it is quiet. */
const quietAfter = 8 * day;

/** What is the matter with a device's identity, as a mark; null when nothing is. */
export function standingChip(d: Device | undefined): HTMLElement | null {
  if (d?.revokedMs) return h("span", { class: "chip sev-high standing", title: t("devRevokedText") }, t("devRevoked"));
  return d?.copied ? h("span", { class: "chip sev-high standing", title: t("devCopiedText") }, t("devCopied")) : null;
}

/** The same in a sentence that says what to do. */
export function standingText(d: Device | undefined): HTMLElement | null {
  if (!d?.revokedMs && !d?.copied) return null;
  return h("p", { class: "error standing-text", role: "status" }, t(d.revokedMs ? "devRevokedText" : "devCopiedText"));
}

/** What the witness found about a device's log, as a mark; null when all is well. */
export function logChip(d: Device | undefined): HTMLElement | null {
  const trouble = logTrouble(d);
  return trouble ? h("span", { class: "chip sev-high standing", title: t(trouble) }, t("devLogTrouble")) : null;
}

/** The same in a sentence that says what to do. */
export function logText(d: Device | undefined): HTMLElement | null {
  const trouble = logTrouble(d);
  return trouble ? h("p", { class: "error standing-text", role: "status" }, t(trouble), " ", t("devLogDo")) : null;
}

/** How a device's log stands with the witness: what it has seen, and when. A log that no entry came of for long, from a device that is there, is quiet. */
export function logCell(d: Device, now: number): HTMLElement {
  const seen = d.logWitnessedMs ?? 0, here = d.online && d.sinceMs > 0 ? now - d.sinceMs : 0;
  const words = seen ? t("devLogSeen", { n: d.logEntries ?? 0, time: age(now - seen) }) : t("devLogUnseen");
  const mark = logChip(d) ?? (here > (seen ? quietAfter : day) && now - seen > quietAfter
    ? h("span", { class: "chip sev-medium", title: t("devLogQuietText") }, t("devLogQuiet")) : null);
  return h("dd", { class: "log-cell", "data-log": d.logTrouble ?? (mark ? "quiet" : seen ? "witnessed" : "unseen") }, h("span", {}, words), mark);
}

function logTrouble(d: Device | undefined): Key | null {
  if (!d?.logTrouble) return null;
  return d.logTrouble === "shrunk" ? "devLogShrunk" : d.logTrouble === "forked" ? "devLogForked" : "devLogSignature";
}

/** An age for people: of days where it is of days. */
function age(ms: number): string {
  return ms < 2 * day ? span(ms) : t("days", { n: Math.floor(ms / day) });
}
