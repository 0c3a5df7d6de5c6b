import type { Device } from "./api";
import { h } from "./dom";
import { t } from "./strings";

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
  if (!d?.logTrouble) return null;
  return h("span", { class: "chip sev-high standing", title: t(d.logTrouble === "shrunk" ? "devLogShrunk" : d.logTrouble === "forked" ? "devLogForked" : "devLogSignature") }, t("devLogTrouble"));
}
